package flows

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// save gives a name of the language a value: contact.x, or one of the flow's own.
// nil takes it away.
func (m *machine) save(name string, v any) error {
	if err := m.sees.keep(v); err != nil {
		return err
	}
	v = plain(v)
	field, ofContact := strings.CutPrefix(name, "contact.")
	switch {
	case !ofContact:
		m.frame().save(name, v)
		return nil
	case slices.Contains(ownFields[:], field):
		return m.saveOwn(field, v)
	}
	given := v
	v, err := m.own.ConvertField(field, given)
	if err != nil {
		return errors.New("the value does not fit the field")
	}
	if m.own != m.p { // today's flows read it
		if today, err := m.p.ConvertField(field, given); err == nil {
			v = today
		}
	}
	if !m.fields {
		m.w.Contact.Fields, m.fields = cloneMap(m.w.Contact.Fields), true
	}
	if v == nil {
		delete(m.w.Contact.Fields, field)
	} else {
		m.w.Contact.Fields[field] = v
	}
	m.effects = append(m.effects, SetField{Name: field, Value: v})
	return nil
}

// saveOwn saves what every contact has. The rest of the turn speaks the new
// language.
func (m *machine) saveOwn(field string, v any) error {
	s, ok := v.(string)
	if !ok && v != nil {
		return fmt.Errorf("contact.%s takes a text", field)
	}
	c := &m.w.Contact
	switch field {
	case "first_name":
		c.FirstName = s
	case "last_name":
		c.LastName = s
	case "locale":
		c.Locale = s
		m.speak(m.own)
	case "timezone":
		if _, err := loadZone(s); err != nil && s != "" {
			return errors.New("contact.timezone takes the name of a zone, as in Europe/Paris")
		}
		c.Timezone = s
	}
	m.effects = append(m.effects, SetField{Name: field, Value: v})
	return nil
}

// zone is where the person lives, as far as is known.
func (m *machine) zone() *time.Location { return m.see(nil).zone() }

// cloneMap is a copy to write to, of nil as well.
func cloneMap(m map[string]any) map[string]any {
	out := make(map[string]any, len(m)+1)
	maps.Copy(out, m)
	return out
}
