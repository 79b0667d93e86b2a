package flows

// inputTypes are what an input of a flow may be.
var inputTypes = []string{"text", "number", "boolean", "date", "time", "list"}

// flowGrammar is a file of flows/.
func flowGrammar() []Construct {
	return []Construct{{
		Place: PlaceFile, Name: "flow",
		Summary: "One conversation. Its id is the file's path below flows/, without .yaml.",
		Keys: []Key{
			{Name: "description", Takes: aFixed(0), Example: "Finds a size", Summary: "What the flow is for, for people who read the file"},
			{Name: "inputs", Takes: typesOf(inputTypes), Example: "{model: text}", Summary: "What go: and run: may give it: names with their types"},
			{Name: "triggers", Takes: []Shape{{Kind: TriggersValue}}, Example: "[{keywords: [size]}]", Summary: "What starts it; a flow that only others lead to has none"},
			{Name: "steps", Takes: someSteps(), Required: true, Example: "[{say: Hello}]", Summary: "What it does, one step after the other"},
			{Name: "moved", Takes: aMap("", aName("step")), Example: "{old: new}", Summary: "Ids that steps once had, with those they have now, so that people who stand there go on"},
		},
	}}
}

// about a topic's people: what triggers that notify have in common.
var (
	topicKey = Key{
		Name: "topic", Takes: aName("topic"), Example: "restock",
		Summary: "Makes the first message a notification to everybody who agreed to this topic",
	}
	whereKey = Key{
		Name: "where", Takes: anExpression(), Example: "contact.size != nil",
		Summary: "Whom it concerns: a condition on contact and, beside a topic, on interest; on event, where one starts the flow",
	}
	holdoutKey = Key{
		Name: "holdout", Takes: aPattern(`^\d{1,2}(\.\d+)?\s*%$`, "Write a share of people: 10%."), Needs: "topic", Example: "10%",
		Summary: "Keeps a share of people out, always the same, to compare with",
	}
)

// expiresKey says how late a notification may still go.
func expiresKey(def string) Key {
	return Key{
		Name: "expires", Takes: aDuration(), Default: def, Example: "2d",
		Summary: "How late the notification may still go out; later it is skipped",
	}
}

// needed is a key that must be there.
func needed(k Key) Key {
	k.Required = true
	return k
}

// triggerGrammar is what may stand in a flow's triggers.
func triggerGrammar() []Construct {
	return []Construct{
		{Place: PlaceTrigger, Name: "start", Summary: "Starts the flow with Get Started, or with a first message that nothing else matches.", Keys: []Key{
			{Name: "start", Takes: onlyTrue(), Required: true, Example: "true", Summary: "Write true"},
		}},
		{Place: PlaceTrigger, Name: "keywords", Summary: "Starts the flow when the whole message is one of these words; case, accents, punctuation and emoji make no difference.", Keys: []Key{
			{Name: "keywords", Takes: aList(maxKeywords, aFixed(0)), Required: true, Example: "[size, stock]", Summary: "Locale files may add words of their language"},
			{Name: "match", Takes: anyOf("whole", "start", "word"), Default: "whole", Example: "word", Summary: "How much of the message: the whole, its start, or a word of it"},
		}},
		{Place: PlaceTrigger, Name: "pattern", Summary: "Starts the flow when a message matches a regular expression; named groups become names.", Keys: []Key{
			{Name: "pattern", Takes: []Shape{{Kind: RegexpValue, Most: maxPattern}}, Required: true, Example: `'order (?P<order>\d+)'`, Summary: "The expression is one of RE2; case makes no difference"},
		}},
		{Place: PlaceTrigger, Name: "postback", Summary: "Starts the flow when a button with this payload is tapped, of a message that another tool has sent.", Keys: []Key{
			{Name: "postback", Takes: aFixed(0), Required: true, Example: "HELLO", Summary: "The payload, letter by letter"},
		}},
		{Place: PlaceTrigger, Name: "referral", Summary: "Starts the flow when somebody comes by an m.me link, an ad or a plugin.", Keys: []Key{
			{Name: "referral", Takes: aFixed(0), Required: true, Example: "summer", Summary: "It names the ref of the link; promo* is every ref that begins so"},
		}},
		{Place: PlaceTrigger, Name: "comment", Summary: "Starts the flow when a comment on the Page's posts holds a word; the first message is the private reply.", Keys: []Key{
			{Name: "comment", Takes: aFixed(0), Required: true, Example: "size", Summary: "The word, or words that follow one another; case, accents, punctuation and emoji make no difference"},
		}},
		{Place: PlaceTrigger, Name: "opted_in", Summary: "Starts the flow when consent to a topic was given, from any source; not for an opt_in step that has accepted:.", Keys: []Key{
			{Name: "opted_in", Takes: aName("topic"), Required: true, Example: "restock", Summary: "The topic"},
		}},
		{Place: PlaceTrigger, Name: "opted_out", Summary: "Starts the flow when consent to a topic was withdrawn; it speaks instead of the built-in confirmation.", Keys: []Key{
			{Name: "opted_out", Takes: aName("topic"), Required: true, Example: "restock", Summary: "The topic"},
		}},
		{Place: PlaceTrigger, Name: "event", Summary: "Starts the flow when the shop sends an event: for the contact it names, or for everybody who agreed to a topic.", Keys: []Key{
			{Name: "event", Takes: aName("event"), Required: true, Example: "restock", Summary: "The event, as bot.yaml declares it"},
			topicKey, whereKey, expiresKey("7d"), holdoutKey,
		}},
		{Place: PlaceTrigger, Name: "cron", Summary: "Starts the flow at set times, in each person's own zone.", Keys: []Key{
			{Name: "cron", Takes: aFixed(0), Required: true, Example: "0 9 * * MON", Summary: `It is minute, hour, day of month, month, day of week (0 or SUN to 6 or SAT); or "@daily", "@weekly", "@monthly", "@yearly", "@hourly"`},
			needed(topicKey),
			{Name: "timezone", Takes: aName("time zone"), Example: "Europe/Paris", Summary: "One zone for all, instead of each person's own"},
			whereKey, expiresKey("6h"), holdoutKey,
		}},
		{Place: PlaceTrigger, Name: "date", Summary: "Starts the flow when a date field of a person comes round.", Keys: []Key{
			{Name: "date", Takes: aName("contact field"), Required: true, Example: "contact.birthday", Summary: "The field, a date"},
			needed(topicKey),
			{Name: "yearly", Takes: aBoolean(), Default: "false", Example: "true", Summary: "Every year on that day, not only on the date itself"},
			{Name: "offset", Takes: []Shape{{Kind: DurationValue, Signed: true}}, Example: "-3d", Summary: "Days before (-3d) or after (3d) the date"},
			{Name: "at", Takes: aPattern(timeOfDay.String(), `Write a time of day in quotes: "10:00".`), Default: "10:00", Example: `"10:00"`, Summary: "The time of day, in the person's zone"},
			whereKey, expiresKey("12h"), holdoutKey,
		}},
		{Place: PlaceTrigger, Name: "idle", Summary: "Starts the flow when a person has been silent for a time after writing, once per silence.", Keys: []Key{
			{Name: "idle", Takes: aDuration(), Required: true, Example: "20h", Summary: "How long"},
			whereKey,
		}},
		{Place: PlaceTrigger, Name: "fallback", Summary: "Starts the flow when nothing else matched.", Keys: []Key{
			{Name: "fallback", Takes: onlyTrue(), Required: true, Example: "true", Summary: "Write true"},
		}},
	}
}
