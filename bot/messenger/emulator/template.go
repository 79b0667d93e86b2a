package emulator

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// Templates for utility messages: made by calls, approved at once or refused for good.
// Where no template of a name was ever made here, Config.Templates says what is approved.
const (
	subQuickReplyButton = 2018416
	subPostbackExample  = 2388051

	maxTemplateBody = 1024

	templateApproved = "APPROVED"
	templateRejected = "REJECTED"
)

// approval is one message in one language. It cannot be changed, only deleted.
type approval struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Language string `json:"language"`
	Category string `json:"category"`
	Body     string `json:"body"`
	Named    bool   `json:"named,omitempty"`
	Places   int    `json:"places,omitempty"`
	Buttons  int    `json:"buttons,omitempty"`
	Status   string `json:"status"`
	Reason   string `json:"reason,omitempty"`
	Gone     bool   `json:"gone,omitempty"`
}

func (t *approval) key() string { return t.Name + "/" + t.Language }

var (
	templateName  = regexp.MustCompile(`^[a-z0-9_]+$`)
	templatePlace = regexp.MustCompile(`\{\{\s*([A-Za-z0-9_]+)\s*\}\}`)
	// sellingWords are some of those by which the platform tells advertising.
	sellingWords = regexp.MustCompile(`(?i)\b(sale|discount|promo|offer|coupon|soldes|remise|rabatt|angebot|oferta|descuento|sconto)\b|-?\d+ ?%`)
)

// templateCall answers calls of PAGE/message_templates.
func (p *Platform) templateCall(method string, in params) answer {
	switch method {
	case http.MethodPost:
		return p.createTemplate(in)
	case http.MethodDelete:
		return p.deleteTemplates(in.take("name"), in.take("hsm_id"))
	}
	name := in.take("name")
	data := []map[string]any{}
	for _, key := range slices.Sorted(keys(p.templates)) {
		t := p.templates[key]
		if name != "" && t.Name != name {
			continue
		}
		one := map[string]any{"id": t.ID, "name": t.Name, "language": t.Language, "category": t.Category, "status": t.Status}
		if t.Reason != "" {
			one["rejected_reason"] = t.Reason
		}
		data = append(data, one)
	}
	return answer{value: map[string]any{"data": data}}
}

func keys[V any](m map[string]V) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

func (p *Platform) createTemplate(in params) answer {
	r := &reader{}
	top := object{"", in}
	r.only(top, "name", "language", "category", "parameter_format", "components")
	t := &approval{Name: r.needed(top, "name", maxText), Language: r.needed(top, "language", maxLabel)}
	t.Category = r.choice(top, "category", "UTILITY", "MARKETING", "AUTHENTICATION")
	t.Named = r.choice(top, "parameter_format", "NAMED", "POSITIONAL") == "NAMED"
	if !templateName.MatchString(t.Name) || len(t.Name) > 512 {
		r.wrong("name", "must be small letters, digits and _", "A template has a name of small letters, digits and _.")
	}
	sample := false
	for _, c := range r.list(top, "components", 1, 3, "components") {
		sample = r.templatePart(c, t) || sample
	}
	switch {
	case r.refusal != nil:
		return answer{refusal: r.refusal}
	case p.cfg.NoUtility:
		return answer{refusal: refuse(13, codePermission, 0, "", "The Page lacks the permission pages_utility_messaging (Config.NoUtility).")}
	case t.Category != "UTILITY":
		return answer{refusal: refuse(13, codeParameter, 0, "Param category must be UTILITY", "Messenger has utility templates only.")}
	case t.Body == "":
		return answer{refusal: refuse(13, codeParameter, 0, "Param components must have a BODY", "A template has a body.")}
	case p.templates[t.key()] != nil:
		return answer{refusal: refuse(13, codeParameter, 0, "A template with this name and language exists", "The template %q exists in %s and cannot be changed; delete it first.", t.Name, t.Language)}
	}
	t.ID = p.digits("template")
	t.Status, t.Reason = p.review(t, sample)
	p.templates[t.key()] = t
	p.keepTemplate(t)
	p.post("", entry{Changes: []change{{Field: "message_template_status_update", Value: map[string]any{
		"event": t.Status, "message_template_id": t.ID, "message_template_name": t.Name,
		"message_template_language": t.Language, "reason": t.Reason,
	}}}})
	p.poke()
	return answer{value: map[string]any{"id": t.ID, "status": t.Status, "category": t.Category}}
}

// templatePart reads one component. sample says whether it is the body and shows values.
func (r *reader) templatePart(c object, t *approval) (sample bool) {
	r.only(c, "type", "format", "text", "example", "buttons")
	switch r.choice(c, "type", "HEADER", "BODY", "BUTTONS") {
	case "HEADER":
		r.choice(c, "format", "TEXT", "IMAGE")
	case "BODY":
		t.Body = r.needed(c, "text", maxTemplateBody)
		t.Places = places(t.Body)
		return c.has("example")
	case "BUTTONS":
		for _, b := range r.list(c, "buttons", 1, maxButtons, "buttons") {
			kind := r.text(b, "type", maxLabel)
			switch {
			case kind == "QUICK_REPLY":
				r.fail(refuse(13, codeParameter, subQuickReplyButton, "Buttons of type QUICK_REPLY are not supported", "A template has buttons of type POSTBACK and URL."))
			case kind == "POSTBACK" && b.has("example"):
				r.fail(refuse(13, codeParameter, subPostbackExample, "A POSTBACK button has no example", "Only addresses have examples."))
			case kind != "POSTBACK" && kind != "URL":
				r.wrong(b.at("type"), "must be one of {POSTBACK, URL}", "A template has buttons of type POSTBACK and URL.")
			}
			r.needed(b, "text", maxLabel)
			t.Buttons++
		}
	default:
		r.wrong(c.at("type"), "is required", "A component is the header, the body or the buttons.")
	}
	return false
}

// places counts the different places of a text.
func places(text string) int {
	seen := map[string]bool{}
	for _, m := range templatePlace.FindAllStringSubmatch(text, -1) {
		seen[m[1]] = true
	}
	return len(seen)
}

// review decides about a template as the platform does, as far as it tells its reasons.
func (p *Platform) review(t *approval, sample bool) (status, reason string) {
	body := strings.TrimSpace(t.Body)
	found := templatePlace.FindAllStringIndex(body, -1)
	words := len(strings.Fields(templatePlace.ReplaceAllString(body, "")))
	switch {
	case len(found) > 0 && (found[0][0] == 0 || found[len(found)-1][1] == len(body)):
		return templateRejected, "INCORRECT_PARAMS" // first or last
	case t.Places > 0 && words < 2*t.Places:
		return templateRejected, "PARAMS_TO_WORD_RATIO_EXCEED_LIMIT"
	case sellingWords.MatchString(body):
		return templateRejected, "TAG_SHOULD_BE_MARKETING"
	case t.Places > 0 && !sample:
		return templateRejected, "TEMPLATE_VARIABLES_MISSING_SAMPLE_VALUES"
	}
	return templateApproved, ""
}

func (p *Platform) deleteTemplates(name, id string) answer {
	gone := false
	for key, t := range p.templates {
		if t.Name == name && name != "" || t.ID == id && id != "" {
			delete(p.templates, key)
			t.Gone, gone = true, true
			p.keepTemplate(t)
		}
	}
	if !gone {
		return answer{refusal: refuse(13, codeParameter, subObject, "", "There is no such template.")}
	}
	return answer{value: map[string]any{"success": true}}
}

// judgeTemplate says whether a template of that name was made here, and why a message by
// it may not go.
func (p *Platform) judgeTemplate(m *ShownModel) (known bool, refusal *Refusal) {
	for _, t := range p.templates {
		known = known || t.Name == m.Name
	}
	t := p.templates[m.Name+"/"+m.Language]
	switch {
	case !known:
		return false, nil
	case t == nil:
		return true, refuse(13, codeParameter, 0, "The template does not exist", "No template %q was made in %s.", begin(m.Name), m.Language)
	case t.Status != templateApproved:
		return true, refuse(13, codeParameter, 0, "The template is not approved", "The template %q was rejected in %s: %s.", t.Name, t.Language, t.Reason)
	case t.Places != len(m.Values):
		return true, refuse(13, codeParameter, 0, "The number of parameters does not match", "The template %q has %d places, and %d values were given.", t.Name, t.Places, len(m.Values))
	case t.Places > 0 && t.Named != (utf8.RuneCountInString(m.Values[0].Name) > 0):
		return true, refuse(13, codeParameter, 0, "The parameter format does not match", "The places of the template %q have names or numbers, and the values have the other.", t.Name)
	}
	return true, nil
}
