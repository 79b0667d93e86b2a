package flows

import (
	"fmt"
	"strings"
	"time"

	"github.com/expr-lang/expr/vm"
)

// env is what expressions see when they are evaluated: the names of a flow, and what it
// was started by. It reads the world as it is at each evaluation, and is not safe for
// use by several goroutines.
type env struct {
	*surroundings
	set   map[string]any // names of a frame; read, never written
	cause *cause         // what topic, event, events and interest mean; nil: nothing

	// What with added to another env.
	parent *env
	name   string
	value  any
}

// surroundings are what all envs of a turn share.
type surroundings struct {
	p        *Program
	w        *World
	language string

	location *time.Location // of the person; nil until asked for
	zoneName string         // the name it was made of
	machine  *vm.VM         // nil until something is to be computed
	vars     map[string]any // what it reads
	spent    *int           // of the turn's effort; nil until there is some
}

func newEnv(p *Program, w *World, language string) *env {
	return &env{surroundings: &surroundings{p: p, w: w, language: language}}
}

// with adds one name.
func (e *env) with(name string, v any) *env {
	return &env{surroundings: e.surroundings, parent: e, name: name, value: v}
}

// names adds a frame's names; the map is read, never written.
func (e *env) names(m map[string]any) *env {
	return &env{surroundings: e.surroundings, parent: e, set: m}
}

// spoken is the same env, speaking another language.
func (e *env) spoken(language string) *env {
	if language == "" || language == e.language {
		return e
	}
	other := *e
	other.surroundings = &surroundings{p: e.p, w: e.w, language: language, spent: e.spent}
	return &other
}

// look finds the value of a name that is not contact or data: of what was added last,
// the flow's own names, and what the flow was started by.
func (e *env) look(name string) any {
	for at := e; at != nil; at = at.parent {
		if at.name == name && name != "" {
			return at.value
		}
		if v, ok := at.set[name]; ok {
			return v
		}
		if c := at.cause; c != nil {
			switch name {
			case "topic":
				return c.Topic
			case "event":
				return c.Event
			case "events":
				return c.all()
			case "interest":
				return c.Interest
			}
		}
	}
	return nil
}

// resolve follows a path from its first name; what is missing on the way is nil.
func (e *env) resolve(path []string) any {
	var v any
	rest := path[1:]
	switch path[0] {
	case "contact":
		if len(rest) == 0 {
			return nil
		}
		v, rest = e.contact(rest[0]), rest[1:]
	case "data":
		if len(rest) == 0 || e.w.Data == nil {
			return nil
		}
		v, rest = e.w.Data.tables[rest[0]], rest[1:]
	default:
		v = e.look(path[0])
	}
	for _, name := range rest {
		m, ok := v.(map[string]any)
		if !ok {
			return nil
		}
		v = m[name]
	}
	return v
}

// contact is one field of the person. An unset boolean is false and an unset list
// empty; everything else unset is nil.
func (e *env) contact(name string) any {
	if text, own := e.own(name); own {
		return orNil(text)
	}
	c := &e.w.Contact
	switch name {
	case "id":
		return c.ID
	case "created_at":
		return c.CreatedAt.UTC().Format(time.RFC3339)
	}
	if v, ok := c.Fields[name]; ok && v != nil {
		return v
	}
	if f := e.p.Bot.field(name); f != nil {
		switch f.Type {
		case "boolean":
			return false
		case "list":
			return []any{}
		}
	}
	return nil
}

// own is a text that every contact may have; known says that there is such a one.
func (e *env) own(name string) (text string, known bool) {
	c := &e.w.Contact
	switch name {
	case "first_name":
		return c.FirstName, true
	case "last_name":
		return c.LastName, true
	case "locale":
		return c.Locale, true
	case "timezone":
		return c.Timezone, true
	case "channel":
		return c.Channel, true
	}
	return "", false
}

func orNil(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// zone is the person's time zone, else the bot's.
func (e *env) zone() *time.Location {
	name := e.w.Contact.Timezone
	if name == "" {
		name = e.p.Bot.Timezone
	}
	if e.location != nil && e.zoneName == name {
		return e.location
	}
	location, err := loadZone(name)
	if err != nil {
		location = time.UTC
		if fallback, err := loadZone(e.p.Bot.Timezone); err == nil {
			location = fallback
		}
	}
	e.location, e.zoneName = location, name
	return location
}

// loadZone is the zone of an IANA name. The empty name and Local are none.
func loadZone(name string) (*time.Location, error) {
	if name == "" || name == "Local" {
		return nil, fmt.Errorf("no time zone")
	}
	return time.LoadLocation(name)
}

// tag is how the person writes numbers and dates: their own locale, which knows the
// country, if it is of the language they are spoken to in.
func (e *env) tag() string {
	if alike(e.w.Contact.Locale, e.language) {
		return e.language
	}
	own := hyphened(e.w.Contact.Locale)
	if strings.EqualFold(base(own), base(e.language)) {
		return own
	}
	return e.language
}

// show is a value as people read it. kind says what the text of a date is.
func (e *env) show(v any, kind typeKind) string {
	switch x := v.(type) {
	case nil:
		return ""
	case string:
		if kind == dateKind || kind == timeKind || kind == instantKind {
			layout := "long"
			if kind == timeKind {
				layout = "time"
			}
			if s, ok := formatDate(x, layout, e.tag(), e.zone()); ok {
				return s
			}
		}
		return x
	case bool:
		if x {
			return e.p.Text("relance.yes", e.language, nil)
		}
		return e.p.Text("relance.no", e.language, nil)
	case []any:
		var b strings.Builder
		e.list(&b, x)
		return clip(b.String(), maxTemplate)
	case map[string]any:
		return ""
	}
	if n, ok := asNumber(v); ok {
		return formatNumber(n, e.tag(), false)
	}
	return fmt.Sprint(v)
}

// list writes the items of a list behind one another, as far as a text goes.
func (e *env) list(b *strings.Builder, items []any) {
	for i, item := range items {
		if b.Len() > maxTemplate {
			return
		}
		if i > 0 {
			b.WriteString(", ")
		}
		if inner, ok := item.([]any); ok {
			e.list(b, inner)
			continue
		}
		b.WriteString(e.show(item, anyKind))
	}
}
