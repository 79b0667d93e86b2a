package flows

// botGrammar is bot.yaml and what stands in it.
func botGrammar() []Construct {
	return []Construct{
		{
			Place: PlaceFile, Name: "bot",
			Summary: "The bot: its name, what it knows about people, what they can subscribe to, and how it may write to them.",
			Keys: []Key{
				{Name: "name", Takes: aFixed(0), Required: true, Example: "Foulée", Summary: "What the bot is called"},
				{Name: "locale", Takes: aFixed(0), Default: "en", Example: "fr", Summary: "The language the flows are written in, as in fr or pt_BR"},
				{Name: "timezone", Takes: aName("time zone"), Default: "UTC", Example: "Europe/Paris", Summary: "The time zone of people whose own is unknown"},
				{Name: "region", Takes: aPattern(regionPattern.String(), "Write two capitals: EU, UK, US."), Default: "EU", Example: "EU", Summary: "Where the Page is: EU, UK, JP, KR, AU, US, or another country in two letters; it decides which lanes are lawful"},
				{Name: "fields", Takes: typesOf(fieldTypes), Example: "{size: {type: number, min: 35, max: 48}, vip: boolean}", Summary: "What the bot keeps about each person: names with their types"},
				{Name: "topics", Takes: aMap(namePattern.String(), aPart("topic")), Example: "{news: {title: The news of the week}}", Summary: "What people can agree to hear about"},
				{Name: "events", Takes: aMap(eventPattern().String(), typesOf(dataTypes)), Example: "{restock: {model: text, size: number}}", Summary: "What the shop's systems may tell the bot: names of events with the types of their data"},
				{Name: "handlers", Takes: aMap(eventPattern().String(), aPart("handler")), Example: `{stock.find: {post: "https://shop.example/stock", in: {size: number}, out: {left: number}}}`, Summary: "Addresses of the shop that call: may ask"},
				{Name: "webhooks", Takes: aMap(namePattern.String(), aPart("webhook")), Example: `{crm: {url: "https://shop.example/relance", events: [opt_in, opt_out], secret: $SHOP_SECRET}}`, Summary: "Addresses of the shop that are told what happened"},
				{Name: "quiet_hours", Takes: aPattern(hoursPattern.String(), "Write a time to a time: 21:00-08:00."), Example: "21:00-08:00", Summary: "The hours of the person's day in which no notification goes out; what falls there is held"},
				{Name: "budget", Takes: aPart("budget"), Example: "{max: 1, per: 24h}", Summary: "How many notifications a person gets at most, over all topics"},
				{Name: "baseline", Takes: aPart("baseline"), Example: "{ctr: 0.02, revenue_per_contact: 0.4}", Summary: "What relance stats compares the figures with, as what the shop's e-mails bring"},
				{Name: "rate", Takes: aPattern(ratePattern.String(), "Write messages a second, minute or hour: 40/s, 30/m, 100/h."), Example: "40/s", Summary: "How fast the Page writes: messages a second, minute (30/m) or hour (100/h)"},
				{Name: "stop_words", Takes: aList(0, aFixed(0)), Example: "[enough]", Summary: "Words that end everything, beside the built-in ones"},
				{Name: "personas", Takes: aMap(namePattern.String(), aPart("persona")), Example: `{zoe: {name: Zoé, picture: "https://shop.example/zoe.png"}}`, Summary: "Who may speak for the bot, with a name and picture of their own"},
				{Name: "templates", Takes: aMap(namePattern.String(), aPart("template")), Example: `{shipped: {text: {en_US: "Your order {{order}} has left."}, example: {order: "1042"}}}`, Summary: "Messages that the platform approves before they are sent, for show: template"},
				{Name: "channels", Takes: aMap(namePattern.String(), aPart("channel")), Example: "{messenger: {greeting: Welcome!}}", Summary: "Where the bot talks: messenger, instagram, or any names with a type:, one for each Page and account"},
				{Name: "data_retention", Takes: aPattern(retentionPattern.String(), "Write a number and d, w, mo or y: 13mo."), Example: "13mo", Summary: "How long a person is remembered after the last thing they did: 30d, 8w, 13mo or 2y"},
			},
		},
		{
			Place: PlacePart, Name: "field",
			Summary: "A field of a person, or of some data: its type and bounds.",
			Keys: []Key{
				{Name: "type", Takes: anyOf(fieldTypes...), Required: true, Example: "number", Summary: "What its values are"},
				{Name: "min", With: []string{"number", "text"}, Takes: aNumber(), Example: "35", Summary: "The smallest number; of a text, the fewest characters"},
				{Name: "max", With: []string{"number", "text"}, Takes: aNumber(), Example: "48", Summary: "The largest number; of a text, the most characters"},
				{Name: "options", With: []string{"choice"}, Takes: aList(0, aFixed(0)), Required: true, Example: "[red, blue]", Summary: "All there is to choose from"},
				{Name: "unique", Takes: aBoolean(), Default: "false", Example: "true", Summary: "No two people have the same, so that a shop may name a person by it"},
			},
		},
		{
			Place: PlacePart, Name: "topic",
			Summary: "A subject people can agree to hear about.",
			Keys: []Key{
				{Name: "title", Takes: aFixed(maxTitle), Required: true, Example: "Your size is back", Summary: "What people read when they are asked, and agree to"},
				{Name: "image", Takes: aLink(FixedValue), Example: "https://shop.example/restock.png", Summary: "The address of a picture for the request"},
				{Name: "cadence", Takes: aList(3, anyOf(cadences...)), Default: "[daily]", Example: "[daily, weekly, monthly]", Summary: "How often at most, by the calendar of the person's own time zone: one a day, one a week from Monday to Sunday, one a month. A person chooses among these, and the first is the default"},
				{Name: "interest", Takes: typesOf(dataTypes), Example: "{model: text, size: number}", Summary: "What a consent is about: names with their types, which opt_in fills in with about:"},
				{Name: "once", Takes: aBoolean(), Default: "false", Example: "true", Needs: "interest", Summary: "An interest ends with its first notification; the consent stays"},
				{Name: "priority", Takes: aWhole(), Default: "0", Example: "10", Summary: "Who wins when several topics compete for one person's budget: the larger number"},
				{Name: "pause_if", Takes: aPart("pause_if"), Example: "{opt_outs: 5%, errors: 10%, after: 50}", Summary: "When a campaign of the topic pauses itself, until somebody resumes or cancels it"},
			},
		},
		{
			Place: PlacePart, Name: "pause_if",
			Summary: "When a campaign of a topic pauses itself. A share counts once it is certain enough (95 %) that it is larger than its bound.",
			Keys: []Key{
				{Name: "opt_outs", Takes: aPattern(sharePattern, "Write a share: 5%."), Default: "5%", Example: "5%", Summary: "The share of messages after which people stopped, or that found somebody who cannot be reached; 100% is never"},
				{Name: "errors", Takes: aPattern(sharePattern, "Write a share: 10%."), Default: "10%", Example: "10%", Summary: "The share of messages that went wrong otherwise; 100% is never"},
				{Name: "after", Takes: aCount(), Default: "50", Example: "50", Summary: "How many messages are settled before it is judged"},
			},
		},
		{
			Place: PlacePart, Name: "handler",
			Summary:    "An address of the shop that call: may ask.",
			ExactlyOne: methods,
			Keys: []Key{
				{Name: "post", Takes: aLink(TemplateValue), Example: `"https://shop.example/stock"`, Summary: "The address that is asked, with what the call gives as JSON; {{ }} in it is replaced behind the host"},
				{Name: "get", Takes: aLink(TemplateValue), Example: `"https://shop.example/stock/{{ size }}"`, Summary: "The address that is read; what it does not name itself is added as a query"},
				{Name: "put", Takes: aLink(TemplateValue), Example: `"https://shop.example/stock"`, Summary: "As post:, with another method"},
				{Name: "patch", Takes: aLink(TemplateValue), Example: `"https://shop.example/stock"`, Summary: "As post:, with another method"},
				{Name: "delete", Takes: aLink(TemplateValue), Example: `"https://shop.example/stock/1"`, Summary: "As get:, with another method"},
				{Name: "in", Takes: aMap(localPattern, []Shape{{Kind: TypeValue, Values: inTypes}}), Example: "{size: number}", Summary: "What it is told, with the types"},
				{Name: "out", Takes: either(answerOf(), aList(0, answerOf())), Example: "{left: number}", Summary: "What it answers, with the types; in brackets, a list of such; left out, its answer is of no interest"},
				{Name: "headers", Takes: aMap(headerName().String(), aPattern(headerValue().String(), "Write $NAME, an environment variable; Bearer, Basic or Token may stand in front.")), Example: "{Authorization: Bearer $SHOP_TOKEN}", Summary: "Headers of the request; each value is the name of an environment variable behind a $"},
				{Name: "body", Takes: someValues(), Example: `{pointure: "{{ size }}"}`, Summary: "What is sent as JSON; all that the call gives, if left out"},
				{Name: "timeout", Takes: aDuration(), Example: "5s", Summary: "How long one try may take"},
				{Name: "retries", Takes: aWhole(), Default: "2", Example: "1", Summary: "How often its calls are tried again, unless they say otherwise"},
				{Name: "allow_private", Takes: aBoolean(), Default: "false", Example: "true", Summary: "It may be in the network that the bot runs in"},
			},
		},
		{
			Place: PlacePart, Name: "webhook",
			Summary: "An address of the shop that is told what happened.",
			Keys: []Key{
				{Name: "url", Takes: aLink(FixedValue), Required: true, Example: `"https://shop.example/relance"`, Summary: "The address"},
				{Name: "events", Takes: aList(0, anyOf(webhookEvents...)), Required: true, Example: "[opt_in, opt_out, sent]", Summary: "What it is told: opt_in, opt_out, sent (a notification that the platform took), purchase"},
				{Name: "secret", Takes: aPattern(secretPattern().String(), "Write $NAME, an environment variable."), Required: true, Example: "$SHOP_SECRET", Summary: "The environment variable that it is signed with"},
				{Name: "allow_private", Takes: aBoolean(), Default: "false", Example: "true", Summary: "It may be in the network that the bot runs in"},
			},
		},
		{
			Place: PlacePart, Name: "answer",
			Summary: "A list of records in what a handler answers.",
			Keys: []Key{
				{Name: "type", Takes: anyOf("list"), Example: "list", Summary: "Write list, or leave it out"},
				{Name: "of", Takes: answerOf(), Required: true, Example: "{model: text, price: number}", Summary: "What each of its items has, with the types"},
			},
		},
		{
			Place: PlacePart, Name: "budget",
			Summary: "How many notifications a person gets at most, over all topics.",
			Keys: []Key{
				{Name: "max", Takes: aCount(), Required: true, Example: "1", Summary: "How many"},
				{Name: "per", Takes: aDuration(), Required: true, Example: "24h", Summary: "In how long a time"},
			},
		},
		{
			Place: PlacePart, Name: "baseline",
			Summary: "What the figures are compared with: what the shop's e-mails bring. One of the two is enough.",
			Keys: []Key{
				{Name: "ctr", Takes: aNumber(), Example: "0.02", Summary: "Clicks for each one delivered, from 0 to 1"},
				{Name: "revenue_per_contact", Takes: aNumber(), Example: "0.4", Summary: "Revenue for each person reached, in the shop's currency"},
			},
		},
		{
			Place: PlacePart, Name: "persona",
			Summary: "Somebody who speaks for the bot.",
			Keys: []Key{
				{Name: "name", Takes: aFixed(maxPersonaName), Required: true, Example: "Zoé", Summary: "The name people see"},
				{Name: "picture", Takes: aLink(FixedValue), Required: true, Example: `"https://shop.example/zoe.png"`, Summary: "The address of their picture"},
			},
		},
		{
			Place: PlacePart, Name: "template",
			Summary: "A message about an order, an account or an appointment, which the platform approves before it is sent (`relance templates push`). It cannot be changed afterwards: give the new one another name.",
			Keys: []Key{
				{Name: "text", Takes: aMap(modelLanguage.String(), aFixed(maxApproved)), Required: true, Example: `{en_US: "Your order has left."}`, Summary: "The message in each language, as the platform knows those; {{name}} or {{1}} is filled in by with:, and stands neither first nor last"},
				{Name: "example", Takes: aMap(`^[A-Za-z0-9_]+$`, aFixed(0)), Example: `{customer: Ann, order: "1042"}`, Summary: "A value for each place, for those who approve it"},
				{Name: "buttons", Takes: aList(maxButtons, aFixed(maxLabel)), Example: "[Track]", Summary: "What its buttons are called; what they do is said where it is shown"},
			},
		},
		{
			Place: PlacePart, Name: "channel",
			Summary: "A Page or Instagram account the bot talks on. Its secrets come from the environment, never from this file.",
			Keys: []Key{
				{Name: "type", Takes: anyOf("messenger", "instagram"), Example: "messenger", Summary: "What it is, if its name does not say so"},
				{Name: "region", Takes: aPattern(regionPattern.String(), "Write two capitals: EU, UK, US."), Example: "US", Summary: "Where this Page is, if it is elsewhere than the others"},
				{Name: "rate", Takes: aPattern(ratePattern.String(), "Write messages a second, minute or hour: 40/s, 30/m, 100/h."), Example: "10/s", Summary: "How fast this Page writes, if it has a pace of its own"},
				{Name: "notifications", Takes: aList(0, anyOf(lanes...)), Example: "[recurring, marketing]", Summary: "The ways this Page may write to people after 24 hours, the preferred one first"},
				{Name: "greeting", Takes: []Shape{{Kind: TextValue, Most: maxGreeting}}, Example: "Welcome!", Summary: "What people read before the first message; {{user_first_name}} in it is theirs"},
				{Name: "ice_breakers", Takes: aList(maxIceBreakers, aPart("ice breaker")), Example: "[{label: My size, go: restock}]", Summary: "Questions people may tap before the first message"},
				{Name: "menu", Takes: aList(maxMenu, aPart("menu button")), Example: "[{label: My size, go: restock}]", Summary: "What the menu beside the chat offers"},
			},
		},
	}
}

// answerOf is what a handler answers: names with their types, or lists of records.
func answerOf() []Shape {
	return aMap(localPattern, []Shape{{Kind: TypeValue, Values: inTypes, Of: "answer"}})
}

// sharePattern is a share of messages, from 0% to 100%.
const sharePattern = `^(\d{1,2}(\.\d+)?|100)\s*%$`
