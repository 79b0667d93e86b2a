package flows

import "slices"

// showGrammar is show: with the keys of each kind it can send.
func showGrammar() Construct {
	const of = "{{ item.model }}"
	var kinds []string
	for _, one := range exhibits() {
		kinds = append(kinds, string(one.kind))
	}
	on := func(names ...string) []string { return names }
	return Construct{Name: "show", Summary: "Sends something that is not a text: a picture, cards, a receipt.", Keys: []Key{
		{Name: "show", Takes: anyOf(kinds...), Required: true, Example: "image", Summary: "What is shown"},
		{Name: "url", With: on("image", "video", "audio", "file", "media"), Takes: aLink(TemplateValue), Required: true, Example: `"https://www.facebook.com/shop/photos/42"`, Summary: "The address of the file; of media, an address of Facebook"},
		{Name: "type", With: on("media"), Takes: anyOf("image", "video"), Example: "video", Summary: "What the address leads to, if it does not say so"},
		{Name: "each", With: on("cards", "receipt"), Takes: anExpression(), Example: "data.shoes", Summary: "A list: each of its items, called item, is a card or stands on the receipt"},
		{Name: "order", With: on("receipt"), Takes: aValue(), Required: true, Example: `"{{ event.number }}"`, Summary: "The number of the order; each goes once"},
		{Name: "currency", With: on("receipt"), Takes: aValue(), Required: true, Example: "EUR", Summary: "The currency, a code of three capitals"},
		{Name: "payment", With: on("receipt"), Takes: aText(), Required: true, Example: "Visa 1234", Summary: "How it was paid"},
		{Name: "total", With: on("receipt"), Takes: aValue(), Required: true, Example: `"{{ event.total }}"`, Summary: "What was paid in all, a number"},
		{Name: "title", With: on("cards", "coupon", "receipt"), Takes: aText(), Required: true, Example: `"` + of + `"`, Summary: "What stands on the card, coupon or line"},
		{Name: "subtitle", With: on("cards", "coupon", "receipt"), Takes: aText(), Example: `"{{ money(item.price, 'EUR') }}"`, Summary: "What stands below the title"},
		{Name: "image", With: on("cards", "coupon", "receipt"), Takes: aLink(TemplateValue), Example: `"{{ item.image }}"`, Summary: "The address of its picture"},
		{Name: "price", With: on("receipt"), Takes: aValue(), Required: true, Example: `"{{ item.price }}"`, Summary: "What it cost, a number"},
		{Name: "quantity", With: on("receipt"), Takes: aValue(), Example: `"{{ item.count }}"`, Summary: "How many of it"},
		{Name: "code", With: on("coupon"), Takes: aValue(), Required: true, Example: "SPRING10", Summary: "What is typed to use the coupon; without blanks"},
		{Name: "open", With: on("cards", "coupon", "receipt"), Takes: aLink(TemplateValue), Example: `"{{ item.url }}"`, Summary: "The page that opens: of the card, the shop, the order"},
		{Name: "label", With: on("coupon"), Needs: "open", Takes: aText(), Example: "To the shop", Summary: "What stands on the button that opens the page"},
		{Name: "intro", With: on("coupon"), Takes: aText(), Example: "For you!", Summary: "The line above the coupon; without it the platform writes one, in English"},
		{Name: "customer", With: on("receipt"), Takes: aValue(), Default: "the person's name", Example: "Zoe", Summary: "Who ordered"},
		{Name: "merchant", With: on("receipt"), Takes: aText(), Example: "Tern", Summary: "Who sold it"},
		{Name: "date", With: on("receipt"), Takes: aValue(), Example: `"2026-03-27"`, Summary: "When it was ordered: a date or moment"},
		{Name: "address", With: on("receipt"), Takes: aPart("address"), Example: `{street: 1 rue du Bac, city: Lyon, postcode: "69001", country: FR}`, Summary: "Where it goes"},
		{Name: "subtotal", With: on("receipt"), Takes: aValue(), Example: "99.90", Summary: "The sum of the prices, a number"},
		{Name: "shipping", With: on("receipt"), Takes: aValue(), Example: "4.90", Summary: "What sending it cost, a number"},
		{Name: "tax", With: on("receipt"), Takes: aValue(), Example: "16.65", Summary: "The tax in it, a number"},
		{Name: "discounts", With: on("receipt"), Takes: someValues(), Example: "{Welcome: 10}", Summary: "What was taken off, with its name; ten at most"},
		{Name: "name", With: on("template"), Takes: aFixed(0), Required: true, Example: "order_update", Summary: "The name the template was approved under"},
		{Name: "language", With: on("template"), Takes: []Shape{{Kind: FixedValue, Pattern: modelLanguage.String(), Hint: "Write it as the platform does: fr_FR, en_US."}}, Default: "the person's, or the nearest the template has", Example: "fr_FR", Summary: "The language it was approved in"},
		{Name: "with", With: on("template"), Takes: slices.Concat(someValues(), aList(maxValues, aText())), Example: `{order: "42"}`, Summary: "What fills its places: names with values, or a list if they have numbers"},
		{Name: "buttons", With: on("cards", "media", "template"), Takes: buttonsKey.Takes, Example: "[{label: Buy, go: order}]", Summary: "What can be tapped below it; of a template, as they were approved, with go: or opt_out:"},
		repliesKey, personaKey, typingKey,
	}}
}

// addressGrammar is where an order goes.
func addressGrammar() Construct {
	line := func(name, example, summary string, needed bool) Key {
		return Key{Name: name, Takes: aValue(), Required: needed, Example: example, Summary: summary}
	}
	return Construct{Place: PlacePart, Name: "address", Summary: "Where an order goes.", Keys: []Key{
		line("street", "1 rue du Bac", "The street and number", true),
		line("street2", "Door 4", "What else leads there", false),
		line("city", "Lyon", "The town", true),
		line("postcode", `"69001"`, "Its code", true),
		line("state", "CA", "The state, where there are any", false),
		line("country", "FR", "The country", true),
	}}
}
