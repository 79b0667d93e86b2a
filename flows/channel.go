package flows

import "strings"

// personaList reads personas:.
func (d *decoder) personaList(f *fields, b *botFile) {
	for _, p := range f.entries("personas", "persona") {
		one := d.fields(p.value, "persona")
		var persona Persona
		if !one.n.broken {
			persona.Name = d.required(one, "name", "the name people see, as in name: Zoé")
		}
		if n := runes(persona.Name); n > maxPersonaName {
			d.errorf("too-long", one.at("name"), "shorten it by "+itoa(n-maxPersonaName), "the name has %d characters; the platform takes %d", n, maxPersonaName)
		}
		if w := one.plainText("picture"); w != nil {
			persona.Picture = w.text
			d.link(*w)
		}
		if one.lacks("picture") {
			d.warnf("key-missing", p.key.span, "add picture: and the address of a picture of 8 MB at most", "the platform takes no persona without a picture: its messages would go in the Page's own name")
		}
		one.finish()
		if b.bot.Personas == nil {
			b.bot.Personas = make(map[string]Persona)
		}
		b.bot.Personas[p.key.text] = persona
	}
}

// channelList reads channels:.
func (d *decoder) channelList(f *fields, b *botFile) {
	for _, p := range f.entries("channels", "channel") {
		if p.value.broken || d.slipped(f.n.get("channels"), p, "channel", "type", "region", "rate", "notifications", "greeting", "ice_breakers", "menu") {
			continue
		}
		one := d.fields(p.value, "channel")
		c := Channel{Name: p.key.text, Type: p.key.text}
		switch {
		case one.has("type"):
			c.Type = one.oneOf("type", typeMessenger, channelKinds()...)
		case !one.n.broken && !contains(channelKinds(), p.key.text):
			hint := "add type: " + strings.Join(channelKinds(), ", or type: ")
			switch best := nearest(p.key.text, channelKinds()); {
			case best == "":
			case strings.HasPrefix(p.key.text, best): // instagram_paris
				hint = "add type: " + best
			default:
				hint = `did you mean "` + best + `"? a channel of another name needs type: ` + best
			}
			d.errorf("key-missing", p.key.span, hint, "the channel %q has no type", p.key.text)
		}
		if b.channels == nil {
			b.channels = make(map[string]Span)
		}
		b.channels[c.Name] = p.key.span
		of := traitsOf(c.Type)
		c.Region, c.Rate = d.region(one), d.rate(one)
		for _, w := range one.words("notifications") {
			switch {
			case w.text == "human_agent":
				d.errorf("value-unknown", w.span, "take it out; with hand_over: people answer in the inbox, where the platform gives them seven days", "%q is no lane for notifications: only what a person writes by hand may go by it", w.text)
			case !contains(lanes, w.text):
				d.errorf("value-unknown", w.span, didYouMean(w.text, lanes, "it can be "), "unknown lane %q", w.text)
			case contains(c.Notifications, w.text):
				d.errorf("value-twice", w.span, "delete one of the two", "%q stands here twice", w.text)
			case !contains(of.lanes, w.text):
				d.errorf("channel", w.span, "delete it: "+of.title+" carries nothing to people who have not written for 24 hours", "%s has no lane %q", of.title, w.text)
			default:
				if of.ended != "" {
					d.warnf("channel", w.span, "delete it; an emulated account of an earlier year is all that carries them (--era)",
						"%s ended %s notifications on %s", of.title, w.text, of.ended)
				}
				c.Notifications = append(c.Notifications, w.text)
			}
		}
		if n := one.scalar("greeting", "a text"); n != nil {
			c.Greeting = n.text
			if !of.greeting {
				d.warnf("channel", one.key("greeting"), "delete it; ice_breakers: are shown there before the first message", "%s shows no greeting", of.title)
			}
			b.shown = append(b.shown, shownText{in: n, most: maxGreeting, what: "the greeting", greeting: true})
			if n.swallowed() {
				d.commentBehind(n, "a text")
			}
			if count := runes(n.text); count > maxGreeting {
				d.errorf("too-long", n.span, "shorten it by "+itoa(count-maxGreeting), "the greeting has %d characters; the platform shows %d", count, maxGreeting)
			}
		}
		c.IceBreakers = d.profileButtons(one, "ice_breakers", maxIceBreakers, maxIceBreaker, b)
		c.Menu = d.profileButtons(one, "menu", maxMenu, maxMenuLabel, b)
		if len(c.Notifications) == 0 && !one.has("notifications") && !one.n.broken && of.kind == c.Type && of.ended == "" {
			b.laneless = append(b.laneless, p.key)
		}
		one.finish()
		b.bot.Channels = append(b.bot.Channels, c)
	}
}

// profileButtons reads the buttons of a menu or the ice breakers. They belong to no
// conversation, so nothing in them is a template.
func (d *decoder) profileButtons(f *fields, key string, most, width int, b *botFile) []Button {
	items := f.list(key)
	if len(items) > most {
		d.errorf("too-many", items[most].span, "leave out "+itoa(len(items)-most), "%q has %d entries; the platform takes %d", key, len(items), most)
	}
	var out []Button
	for _, n := range items {
		if n.broken {
			continue
		}
		one := d.labelled(n, "button")
		if one.n.broken {
			continue
		}
		button := Button{Label: d.required(one, "label", "label: and the words on it")}
		if count := runes(button.Label); count > width {
			d.errorf("too-long", one.at("label"), "shorten it by "+itoa(count-width), "the label has %d characters; the platform shows %d", count, width)
		}
		if label := one.n.get("label"); label != nil && label.kind == scalarNode && button.Label != "" {
			b.shown = append(b.shown, shownText{in: label, most: width, what: "the label"})
		}
		d.target(one, &button, key, b)
		one.finish()
		out = append(out, button)
	}
	return out
}

// target reads what a profile button does.
func (d *decoder) target(f *fields, button *Button, key string, b *botFile) {
	var found []string
	lacking := true
	for _, does := range []string{"go", "open", "phone", "opt_out"} {
		lacking = lacking && f.lacks(does)
		if !f.has(does) {
			continue
		}
		found = append(found, does)
		w := f.plainText(does)
		if w == nil || w.text == "" {
			continue
		}
		switch does {
		case "go":
			button.Payload = Payload{Go: w.text, With: d.literals(f)}.Encode()
			b.links = append(b.links, mention{"flow", *w})
		case "opt_out":
			button.Payload = Payload{OptOut: w.text}.Encode()
			if w.text != "all" {
				b.links = append(b.links, mention{"topic", *w})
			}
		case "open":
			button.Open = w.text
			d.link(*w)
		case "phone":
			button.Phone = w.text
			if key == "menu" {
				b.dialled = append(b.dialled, f.key(does))
			}
		}
		if key == "ice_breakers" && does != "go" {
			d.errorf("key-unknown", f.key(does), "write go: and a flow", "an ice breaker starts a flow and does nothing else")
		}
	}
	switch len(found) {
	case 0:
		if !lacking {
			return // it is there under another name
		}
		d.errorf("key-missing", f.n.span, "add go:, open:, phone: or opt_out:", "the button does nothing")
	case 1:
	default:
		d.errorf("button", f.key(found[1]), "make two buttons of it", "a button does one thing: %s or %s", found[0], found[1])
	}
	if f.has("with") && !f.has("go") {
		d.errorf("key-unknown", f.key("with"), "delete it", "with belongs to go")
	}
}

// literals are the values of with: where nothing can be computed.
func (d *decoder) literals(f *fields) map[string]any {
	var out map[string]any
	for _, s := range f.settings("with") {
		if _, ok := s.value.literal(); !ok {
			d.errorf("not-literal", s.value.span, "write the value itself", "%q takes a fixed value here", s.name.text)
			continue
		}
		if out == nil {
			out = make(map[string]any)
		}
		out[s.name.text] = s.value.fixed
	}
	return out
}
