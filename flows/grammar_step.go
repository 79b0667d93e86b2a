package flows

import "slices"

// What several steps have in common.
var (
	idKey = Key{
		Name: "id", Takes: aPattern(stepID, "Begin with a letter; letters, digits, _ and - may follow."), Example: "question",
		Summary: "Names the step, for go: flow#id, for figures, and for people who stand there when the flow changes",
	}
	timeoutKey   = Key{Name: "timeout", Takes: aDuration(), Example: "2h", Summary: "How long to wait"}
	onTimeoutKey = Key{Name: "on_timeout", Takes: someSteps(), Needs: "timeout", Example: `[{say: "Still there?"}]`, Summary: "Steps when nothing came in that time; without them the flow ends there"}
	withKey      = Key{Name: "with", Takes: someValues(), Example: "{model: Tern}", Summary: "What the flow is given: values for its inputs"}
	saveKey      = Key{Name: "save", Takes: aName("name"), Example: "contact.size", Summary: "Where the answer goes: contact.x for a field of the person, or a name of this flow"}
	personaKey   = Key{Name: "persona", Takes: aName("persona"), Example: "zoe", Summary: "Who says it, one of bot.yaml's personas"}
	typingKey    = Key{Name: "typing", Takes: []Shape{{Kind: DurationValue, Signed: true}}, Example: "1s", Summary: "How long the typing dots show first"}
	buttonsKey   = Key{Name: "buttons", Takes: aList(maxButtons, aPart("button")), Example: `[{label: Shop, open: "https://shop.example"}]`, Summary: "What can be tapped below it; it stays with the message"}
	repliesKey   = Key{Name: "quick_replies", Takes: aList(maxQuickReplies, aPart("quick reply")), Example: "[{label: Sizes, go: sizes}]", Summary: "Answers to tap; they vanish with the next message"}
)

// stepGrammar is every step. Each may have an id besides.
func stepGrammar() []Construct {
	steps := []Construct{
		{Name: "say", Summary: "Sends a text.", Keys: []Key{
			{Name: "say", Takes: either(aText(), aPart("one of several")), Required: true, Example: "Hello!", Summary: "The text, or {one_of: [..]} to pick one of several"},
			buttonsKey, repliesKey, personaKey, typingKey,
		}},
		showGrammar(),
		{Name: "ask", Summary: "Sends a question and waits for the answer.", Keys: []Key{
			{Name: "ask", Takes: aText(), Required: true, Example: `"Which size do you wear?"`, Summary: "The question"},
			saveKey,
			{Name: "unless", Takes: anExpression(), Example: "contact.size != nil", Summary: "The question is not asked when this holds"},
			{Name: "type", Takes: anyOf(answerTypes...), Example: "number", Summary: "What an answer must be; if left out, what the field it is saved to takes, else any text"},
			{Name: "suggest", Takes: aBoolean(), Default: "false", Example: "true", Summary: "Offers the person's own e-mail address or telephone number to tap, where the platform knows it; for type: email and phone"},
			{Name: "choices", Takes: slices.Concat(aList(maxQuickReplies, aText()), someValues(), aValue()), Example: "[39, 40, 41]", Summary: `Answers to tap: a list, labels with values ({Small: S, Large: L}), or "{{ a list }}". They are suggestions, except for type: choice`},
			{Name: "check", Takes: anExpression(), Example: "value > 0", Summary: "What the answer, called value, must fulfil"},
			{Name: "retry", Takes: aText(), Example: `"A size from 35 to 48, please."`, Summary: "What a wrong answer is told, with the choices again; else the question is repeated"},
			{Name: "attempts", Takes: aCount(), Default: "3", Example: "2", Summary: "Which wrong answer, counted from 1, runs otherwise:"},
			{Name: "otherwise", Takes: someSteps(), Example: "[{say: Never mind.}]", Summary: "Steps after too many wrong answers; without them the flow ends there"},
			timeoutKey, onTimeoutKey, personaKey, typingKey,
		}},
		{Name: "choose", Summary: "Shows a menu whose options carry their own steps.", Keys: []Key{
			{Name: "choose", Takes: aText(), Required: true, Example: `"What would you like?"`, Summary: "The question"},
			{Name: "options", Takes: aList(maxQuickReplies, aPart("option")), Required: true, Example: "[{label: Sizes, go: sizes}]", Summary: "What there is to choose from"},
			{Name: "otherwise", Takes: someSteps(), Example: "[{say: Pick one of them.}]", Summary: "Steps when the answer is no option; without them the menu is shown again, three times at most"},
			timeoutKey, onTimeoutKey, personaKey, typingKey,
		}},
		{Name: "if", Summary: "Goes one way or the other.", AtLeastOne: []string{"then", "else"}, Keys: []Key{
			{Name: "if", Takes: anExpression(), Required: true, Example: "contact.size > 45", Summary: "The condition; one that fails on something unset does not hold"},
			{Name: "then", Takes: someSteps(), Example: "[{say: Large}]", Summary: "Steps if it holds"},
			{Name: "else", Takes: someSteps(), Example: "[{say: Small}]", Summary: "Steps if it does not"},
		}},
		{Name: "set", Summary: "Saves values, in order: to fields of the person, or to names of this flow.", Keys: []Key{
			{Name: "set", Takes: someValues(), Required: true, Example: `{contact.size: 42, found: "{{ data.shoes }}"}`, Summary: "Names with their values; contact.x is a field of the person"},
		}},
		{Name: "call", Summary: "Asks a handler: an address of bot.yaml's handlers, or a Go function.", Keys: []Key{
			{Name: "call", Takes: aName("handler"), Required: true, Example: "stock.find", Summary: "The handler"},
			{Name: "with", Takes: someValues(), Example: `{size: "{{ contact.size }}"}`, Summary: "What it is told"},
			{Name: "save", Takes: aName("name"), Example: "stock", Summary: "Where its answer goes: a name of this flow, or contact.x"},
			{Name: "timeout", Takes: aDuration(), Default: "10s", Example: "5s", Summary: "How long to wait for it"},
			{Name: "retries", Takes: aWhole(), Default: "2", Example: "1", Summary: "How often it is asked again when it fails"},
			{Name: "on_error", Takes: someSteps(), Example: "[{say: I cannot find out just now.}]", Summary: "Steps when it failed for good; without them the flow ends there"},
		}},
		{Name: "wait", Summary: "Pauses the flow, beside whatever else the person does.", Keys: []Key{
			{Name: "wait", Takes: either(aDuration(), aPart("wait")), Required: true, Example: "{event: paid, timeout: 2d}", Summary: `How long, as in 3d; or {until: "09:00"}, or {event: NAME, timeout: 2d}`},
			{Name: "on_timeout", Takes: someSteps(), Example: `[{say: "Still there?"}]`, Summary: "Steps when the event did not come within its timeout:; without them the flow ends there"},
		}},
		{Name: "opt_in", Summary: "Asks for consent to a topic, with the platform's own request.", Keys: []Key{
			{Name: "opt_in", Takes: aName("topic"), Required: true, Example: "restock", Summary: "The topic"},
			{Name: "about", Takes: someValues(), Example: `{model: Tern, size: "{{ contact.size }}"}`, Summary: "What they want to hear of: values for the topic's interest"},
			{Name: "cadence", Takes: aList(3, anyOf(cadences...)), Example: "[daily, weekly]", Summary: "What the person may choose; asked first when there are several"},
			{Name: "accepted", Takes: someSteps(), Example: "[{say: Noted!}]", Summary: "Steps after a yes"},
			{Name: "declined", Takes: someSteps(), Example: "[{say: All right.}]", Summary: "Steps after a no; without them the flow ends quietly"},
			{Name: "timeout", Takes: aDuration(), Default: "20h", Example: "2h", Summary: "How long to wait for the answer; a later yes still counts"},
			{Name: "on_timeout", Takes: someSteps(), Example: "[{say: My offer stands.}]", Summary: "Steps when nothing came in that time; without them the flow ends quietly"},
		}},
		{Name: "opt_out", Summary: "Withdraws consent at once, and says so unless an opted_out flow does.", Keys: []Key{
			{Name: "opt_out", Takes: either(aName("topic"), aPart("interest")), Required: true, Example: "restock", Summary: "The topic, or all; {topic, about} drops one interest and keeps the consent"},
		}},
		{Name: "preferences", Summary: "Opens the built-in preference centre: topics, how often, quiet hours, language, what the bot knows, and delete me.", Keys: []Key{
			{Name: "preferences", Takes: onlyTrue(), Required: true, Example: "true", Summary: "Write true"},
		}},
		{Name: "go", Summary: "Moves to another flow, or to a step; nothing comes back.", Keys: []Key{
			{Name: "go", Takes: aName("flow"), Required: true, Example: "sizes", Summary: `The flow; flow#id or "#id" (quoted) is a step`},
			withKey,
		}},
		{Name: "run", Summary: "Runs another flow, and goes on when that ends.", Keys: []Key{
			{Name: "run", Takes: aName("flow"), Required: true, Example: "sizes", Summary: `The flow; flow#id or "#id" (quoted) is a step`},
			withKey,
		}},
		{Name: "split", Summary: "Tries variants against each other: each person is given one, and keeps it.", Keys: []Key{
			{Name: "split", Takes: aFixed(0), Required: true, Example: "tone", Summary: "What the trial is called in the figures"},
			{Name: "variants", Takes: aList(0, aPart("variant")), Required: true, Example: "[{name: warm, steps: [{say: Hello you!}]}, {name: plain, steps: [{say: Hello.}]}]", Summary: "What there is to try"},
		}},
		{Name: "track", Summary: "Records that a goal was reached, for the figures.", Keys: []Key{
			{Name: "track", Takes: aFixed(0), Required: true, Example: "bought", Summary: "What the goal is called"},
			{Name: "value", Takes: aValue(), Example: `"{{ event.total }}"`, Summary: "What it is worth, a number"},
		}},
		{Name: "hand_over", Summary: "Gives the conversation to people in the Page inbox; the bot is silent until it comes back.", Keys: []Key{
			{Name: "hand_over", Takes: onlyTrue(), Required: true, Example: "true", Summary: "Write true"},
			{Name: "note", Takes: aText(), Example: "Wants to return an order", Summary: "What the people in the inbox should know"},
			{Name: "resume_after", Takes: aDuration(), Example: "12h", Summary: "When the bot takes over again by itself"},
		}},
		{Name: "end", Summary: "Ends the flow.", Keys: []Key{
			{Name: "end", Takes: onlyTrue(), Required: true, Example: "true", Summary: "Write true"},
		}},
	}
	for i := range steps {
		steps[i].Place = PlaceStep
		steps[i].Keys = append(steps[i].Keys, idKey)
	}
	return steps
}
