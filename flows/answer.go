package flows

import (
	"regexp"
	"slices"
	"strings"
)

// parseAnswer reads what a person typed as a value of a field's type, with its
// bounds; ok is false if it is none.
func (m *machine) parseAnswer(of *Field, text string) (v any, ok bool) {
	text = strings.TrimSpace(text)
	if text == "" {
		return nil, false
	}
	switch of.Type {
	case "number":
		if v, ok = typedNumber(text, m.tag()); !ok {
			v, ok = typedNumeral(text, m.tags()...)
		}
	case "boolean":
		v, ok = m.typedYes(text)
	case "date":
		v, ok = typedDate(text, m.w.Now.In(m.zone()), m.tags()...)
	case "time":
		v, ok = typedTime(text, m.tags()...)
	case "email":
		v, ok = typedEmail(text)
	case "phone":
		v, ok = typedPhone(text, m.countries()...)
	case "list":
		v, ok = typedList(text, m.tags()...)
	case "image", "location": // these are sent, not typed
	default:
		v, ok = text, true
	}
	if !ok {
		return nil, false
	}
	return of.accept(v)
}

// tag is how the person writes: their own locale, which knows the country, else the
// language they are spoken to in.
func (m *machine) tag() string {
	if m.w.Contact.Locale != "" {
		return strings.ReplaceAll(m.w.Contact.Locale, "_", "-")
	}
	return m.language
}

// typedYes reads yes and no, in whichever of our languages, and signs everybody
// knows. What says both is neither.
func (m *machine) typedYes(text string) (any, bool) {
	folded := fold(text)
	if folded == "" {
		yes, no := false, false
		for _, sign := range []string{"👍", "✅", "👌", "✔"} {
			yes = yes || strings.Contains(text, sign)
		}
		for _, sign := range []string{"👎", "❌", "🙅"} {
			no = no || strings.Contains(text, sign)
		}
		return yes, yes != no
	}
	switch {
	case len(text) > maxPhrase:
		return nil, false
	case folded == fold(m.text("relance.yes", nil)):
		return true, true
	case folded == fold(m.text("relance.no", nil)):
		return false, true
	}
	for _, v := range tongues {
		if slices.Contains(v.yes, folded) {
			return true, true
		}
		if slices.Contains(v.no, folded) {
			return false, true
		}
	}
	return nil, false
}

// tags are the languages the person may answer in: their own, and the one they are
// spoken to in. English is tried last.
func (m *machine) tags() []string { return []string{m.tag(), m.language, "en"} }

// Bounds of what is read as a value among other words.
const (
	maxPhrase = 80 // bytes of a number, date, time, or yes
	maxAround = 5  // words beside it
)

// emailShape is what nearly every address looks like; the rest bounces.
var emailShape = regexp.MustCompile(`^[^\s@<>(),;:"\[\]]+@[^\s@<>(),;:"\[\]]+\.[^\s@<>(),;:"\[\].]{2,}$`)

// typedEmail reads an address, also among a few words.
func typedEmail(text string) (any, bool) {
	found, count := "", 0
	words := strings.Fields(text)
	if len(words) > maxAround+1 {
		return nil, false
	}
	for _, w := range words {
		w = strings.TrimPrefix(strings.Trim(w, "<>.,;:!?()\"'"), "mailto:")
		if strings.Contains(w, "@") {
			found, count = w, count+1
		}
	}
	return found, count == 1 && len(found) <= 254 && emailShape.MatchString(found)
}

// typedList splits at commas, semicolons and lines; behind a comma, "and" splits the
// last two.
func typedList(text string, tags ...string) (any, bool) {
	var out []any
	parts := strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ';' || r == '\n' })
	for i, item := range parts {
		item = strings.TrimSpace(item)
		if i > 0 && i == len(parts)-1 {
			for _, and := range spoken(tags, func(v *tongue) []string { return v.and }) {
				if first, last, ok := strings.Cut(item, " "+and+" "); ok {
					if first = strings.TrimSpace(first); first != "" {
						out = append(out, first)
					}
					item = strings.TrimSpace(last)
					break
				}
				item = strings.TrimSpace(strings.TrimPrefix(item, and+" "))
			}
		}
		if item != "" {
			out = append(out, item)
		}
	}
	return out, len(out) > 0
}
