package flows

import (
	"slices"
	"strings"
)

// flow finds a flow by its id and reports an unknown one. "#id" is not part of the name.
func (c *checker) flow(name word) *draft {
	if d := c.flows[name.text]; d != nil {
		return d
	}
	if name.text == "" || len(c.flows) == 0 {
		return nil
	}
	hint := didYouMean(name.text, append(slices.Clone(c.order), preferencesFlow), "there are ")
	id := strings.TrimSuffix(strings.TrimSuffix(strings.TrimPrefix(name.text, "flows/"), ".yml"), ".yaml")
	if id != name.text && c.flows[id] != nil {
		hint = `did you mean "` + id + `"?`
	}
	if strings.HasPrefix(name.text, "https://") || strings.HasPrefix(name.text, "http://") {
		hint = "a page opens by open: " + name.text
	}
	c.errorf("flow-unknown", name.span, hint, "unknown flow %q", name.text)
	return nil
}

// topic finds a topic and reports an unknown one.
func (c *checker) topic(name word) *Topic {
	if c.shaky[name.text] {
		return nil
	}
	if t := c.bot.topic(name.text); t != nil {
		return t
	}
	if c.unsure || name.text == "" || c.slipped[name.text] {
		return nil
	}
	var known []string
	for _, t := range c.bot.Topics {
		known = append(known, t.Name)
	}
	hint := didYouMean(name.text, known, "bot.yaml has ")
	if len(known) == 0 {
		hint = "declare it in bot.yaml under topics:"
	}
	for _, t := range c.bot.Topics {
		if fold(t.Title) == fold(name.text) { // people call it by what they read
			hint = `did you mean "` + t.Name + `"?`
		}
	}
	c.errorf("topic-unknown", name.span, hint, "unknown topic %q", name.text)
	return nil
}

// event is what an event of a name holds. An unknown one is reported.
func (c *checker) event(name word) typ {
	if e := c.bot.event(name.text); e != nil && !c.unsure {
		return record("event "+e.Name, e.Data)
	}
	if c.unsure || name.text == "" || c.slipped[name.text] {
		return anyType
	}
	var known []string
	for _, e := range c.bot.Events {
		known = append(known, e.Name)
	}
	hint := didYouMean(name.text, known, "bot.yaml has ")
	if len(known) == 0 {
		hint = "declare it in bot.yaml: events: {" + name.text + ": {model: text}}"
	}
	c.errorf("event-unknown", name.span, hint, "unknown event %q", name.text)
	return anyType
}

// field finds a declared contact field and reports an unknown one; the name stands
// without "contact.".
func (c *checker) field(name word) *Field {
	if f := c.bot.field(name.text); f != nil {
		return f
	}
	if !c.unsure && name.text != "" {
		c.unknownField(name)
	}
	return nil
}

func (c *checker) unknownField(name word) {
	if c.slipped[name.text] {
		return
	}
	known := slices.Clone(builtinFields)
	for _, f := range c.bot.Fields {
		known = append(known, f.Name)
	}
	hint := didYouMean(name.text, known, "")
	switch fold(name.text) {
	case "name", "firstname", "full name", "fullname", "username", "user name", "prenom", "vorname", "nombre":
		hint = `did you mean "first_name"?`
	}
	if hint == "" || !strings.HasPrefix(hint, "did") {
		hint = "declare it in bot.yaml: fields: {" + name.text + ": {type: text}}"
		if c.undeclared[name.text] {
			return // one line in bot.yaml mends all places
		}
		if c.undeclared == nil {
			c.undeclared = make(map[string]bool)
		}
		c.undeclared[name.text] = true
	}
	c.errorf("field-unknown", name.span, hint, "contacts have no field %q", name.text)
}

// reserved are names that mean something already, or are operators.
var reserved = strings.Fields(`contact data event events interest topic item value error true false nil
	and or not in contains matches startsWith endsWith let if else`)

// taken says whether a name means something in expressions already.
func (c *checker) taken(name word) bool {
	return contains(reserved, name.text) || usage[name.text] != ""
}

// localName checks a name that a flow saves something to.
func (c *checker) localName(name word) bool {
	switch {
	case name.text == "":
		return false
	case contains(reserved, name.text):
		c.errorf("name", name.span, "choose another name", "%q means something in expressions already", name.text)
		return false
	case !isLocal(name.text):
		hint := "begin with a letter; letters, digits and _ may follow"
		if c.bot.field(name.text) != nil {
			hint = "did you mean contact." + name.text + "?"
		}
		c.errorf("name", name.span, hint, "%q cannot be the name of a value", name.text)
		return false
	case c.taken(name):
		c.warnf("name", name.span, "choose another name", "%q is a function of expressions as well", name.text)
	case c.bot.field(name.text) != nil:
		c.warnf("name", name.span, "write contact."+name.text+" to keep it with the person", "%q is a name of this flow only, and the contacts have a field of that name", name.text)
	}
	return true
}
