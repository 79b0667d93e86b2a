package flows

// partGrammar is what stands inside of steps.
func partGrammar() []Construct {
	label := func(most string) Key {
		return Key{Name: "label", Takes: aText(), Required: true, Example: "Shop", Summary: "What stands on it, " + most + " characters at most"}
	}
	profileLabel := func(most int) Key {
		return Key{Name: "label", Takes: aFixed(most), Required: true, Example: "Shop", Summary: "What stands on it"}
	}
	goKey := Key{Name: "go", Takes: aName("flow"), Example: "sizes", Summary: `Starts a flow, or goes to a step of one: flow#id, or "#id" (quoted)`}
	with := withKey
	with.Needs = "go"
	openKey := Key{Name: "open", Takes: aLink(TemplateValue), Example: `"https://shop.example"`, Summary: "Opens a page"}
	phoneKey := Key{Name: "phone", Takes: []Shape{{Kind: TemplateValue, Pattern: `^\+[0-9][0-9 .()-]{4,24}$|\{\{`, Hint: "Write it with its country: +33 1 23 45 67 89."}}, Example: `"+33 1 23 45 67 89"`, Summary: "Calls this number"}
	optOutKey := Key{Name: "opt_out", Takes: aName("topic"), Example: "restock", Summary: "Withdraws consent to this topic, or to all"}
	fixedOpen, fixedPhone := openKey, phoneKey
	fixedOpen.Takes, fixedPhone.Takes = aLink(FixedValue), aFixed(0)
	return []Construct{
		{
			Place: PlacePart, Name: "button", Summary: "Something to tap below a message. It does one thing.",
			ExactlyOne: []string{"go", "open", "phone", "opt_out"}, Keys: []Key{label(itoa(maxLabel)), goKey, with, openKey, phoneKey, optOutKey},
		},
		{
			Place: PlacePart, Name: "quick reply", Summary: "An answer to tap. It goes to a flow, or opts out.",
			ExactlyOne: []string{"go", "opt_out"}, Keys: []Key{label(itoa(maxLabel)), goKey, with, optOutKey},
		},
		{
			Place: PlacePart, Name: "menu button", Summary: "An entry of the menu beside the chat. It does one thing.",
			ExactlyOne: []string{"go", "open", "phone", "opt_out"}, Keys: []Key{profileLabel(maxMenuLabel), goKey, with, fixedOpen, fixedPhone, optOutKey},
		},
		{
			Place: PlacePart, Name: "ice breaker", Summary: "A question to tap before the first message. It starts a flow.",
			Keys: []Key{profileLabel(80), needed(goKey), withKey},
		},
		{
			Place: PlacePart, Name: "option", Summary: "One entry of choose:. After its steps the flow goes on with the next step.",
			AtMostOne: []string{"steps", "go"},
			Keys: []Key{
				label(itoa(maxLabel)),
				{Name: "steps", Takes: someSteps(), Example: "[{say: From ten to seven.}]", Summary: "Steps when it is chosen"},
				goKey, with,
			},
		},
		{
			Place: PlacePart, Name: "variant", Summary: "One of the things a split tries.",
			Keys: []Key{
				{Name: "name", Takes: aFixed(0), Required: true, Example: "warm", Summary: "What it is called in the figures"},
				{Name: "weight", Takes: aNumber(), Default: "1", Example: "2", Summary: "How many people get it, compared with the others"},
				{Name: "steps", Takes: someSteps(), Required: true, Example: "[{say: Hello you!}]", Summary: "Steps for those people"},
			},
		},
		addressGrammar(),
		{
			Place: PlacePart, Name: "one of several", Summary: "Texts of which one is said.",
			Keys: []Key{
				{Name: "one_of", Takes: aList(0, aText()), Required: true, Example: "[Hello, Hi]", Summary: "The texts"},
			},
		},
		{
			Place: PlacePart, Name: "wait", Summary: "What is waited for: a time, or an event.",
			ExactlyOne: []string{"until", "event"},
			Keys: []Key{
				{Name: "until", Takes: aValue(), Example: `"09:00"`, Summary: "A time of day (the next one), a date, or both, where the person lives"},
				{Name: "event", Takes: aName("event"), Example: "paid", Summary: "An event of bot.yaml about this person"},
				{Name: "where", Takes: anExpression(), Needs: "event", Example: "event.total > 50", Summary: "Which events count"},
				{Name: "timeout", Takes: aDuration(), Needs: "event", Example: "2d", Summary: "How long to wait for the event"},
				{Name: "on_timeout", Takes: someSteps(), Needs: "timeout", Example: `[{say: "Still there?"}]`, Summary: "Steps when it did not come; it may stand beside wait: as well"},
			},
		},
		{
			Place: PlacePart, Name: "interest", Summary: "One interest of a consent, to be dropped.",
			Keys: []Key{
				{Name: "topic", Takes: aName("topic"), Required: true, Example: "restock", Summary: "The topic"},
				{Name: "about", Takes: someValues(), Required: true, Example: "{model: Tern}", Summary: "Which interest"},
			},
		},
	}
}
