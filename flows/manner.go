package flows

import "time"

// manner is how a step sends its message: in whose name, and after how much typing.
type manner struct {
	persona word
	typing  time.Duration
}

// manner decodes persona: and typing:.
func (d *decoder) manner(f *fields) manner {
	m := manner{persona: f.optionalWord("persona"), typing: f.duration("typing", 0)}
	if m.typing < 0 || m.typing > maxTyping {
		d.errorf("duration", f.at("typing"), "write 1s or 2s", "typing lasts from 0 to %v", maxTyping)
	}
	return m
}

func (m manner) check(c *checker) {
	name := m.persona
	if _, known := c.bot.Personas[name.text]; name.text == "" || known {
		return
	}
	var names []string
	for one := range c.bot.Personas {
		names = append(names, one)
	}
	hint := didYouMean(name.text, names, "bot.yaml declares ")
	if hint == "" {
		hint = "declare it in bot.yaml: personas: {" + name.text + ": {name: …}}"
	}
	c.errorf("persona-unknown", name.span, hint, "unknown persona %q", name.text)
}

// of sets what a message says of its sending.
func (m manner) of(msg Message) Message {
	msg.Persona, msg.Typing = m.persona.text, int(m.typing.Milliseconds())
	return msg
}
