package flows

import (
	"fmt"
	"net/url"
	"strings"
	"unicode/utf8"
)

// button is what can be tapped under a text or on a card, or a quick reply.
type button struct {
	label  *template
	to     *target // go
	with   []setting
	open   *template
	phone  *template
	optOut word
	span   Span

	payload string // where it is the same for everybody; empty: it is made for each person
}

// buttons decodes a list of buttons.
func (f *fields) buttons(key string) []button {
	var out []button
	for _, n := range f.list(key) {
		out = append(out, f.d.button(n, "button"))
	}
	f.atMost(key, maxButtons, "buttons")
	f.d.alike(out)
	return out
}

// quickReplies decodes a list of quick replies, which can only go and opt out.
func (f *fields) quickReplies(key string) []button {
	var out []button
	for _, n := range f.list(key) {
		b := f.d.button(n, "quick reply")
		if b.open != nil || b.phone != nil {
			f.d.errorf("quick-reply", b.span, "use buttons: for it", "a quick reply can go to a flow or opt out; it cannot open a page or call")
		}
		out = append(out, b)
	}
	f.atMost(key, maxQuickReplies, "quick replies")
	f.d.alike(out)
	return out
}

// alike warns of two buttons that nobody can tell apart.
func (d *decoder) alike(list []button) {
	seen := make(map[string]bool)
	for _, b := range list {
		label, ok := b.label.literal()
		if folded := fold(label); ok && folded != "" {
			if seen[folded] {
				d.warnf("value-twice", b.label.span, "give it another label", "two of them are called %q: nobody can tell them apart", label)
			}
			seen[folded] = true
		}
	}
}

// atMost reports the first item too many of a list that the platform would refuse.
func (f *fields) atMost(key string, most int, what string) {
	n := f.node(key)
	switch {
	case n == nil:
	case len(n.items) > most:
		f.d.errorf("too-many", n.items[most].span, "leave out "+itoa(len(n.items)-most), "these are %d %s; Messenger shows %d at most", len(n.items), what, most)
	case len(n.pairs) > most:
		f.d.errorf("too-many", n.pairs[most].key.span, "leave out "+itoa(len(n.pairs)-most), "these are %d %s; Messenger shows %d at most", len(n.pairs), what, most)
	}
}

func (d *decoder) button(n *node, what string) button {
	f := d.labelled(n, what)
	b := button{label: f.template("label"), span: f.n.span}
	if f.lacks("label") {
		d.errorf("key-missing", b.span, "add label: and what stands on it", "%s needs a label", article(what))
	}
	does, lacking := 0, true
	for _, verb := range []string{"go", "open", "phone", "opt_out"} {
		if f.has(verb) {
			does++
		}
		lacking = lacking && f.lacks(verb)
	}
	if f.has("go") {
		b.to = f.target("go")
	}
	b.with = f.settings("with")
	b.open, b.phone, b.optOut = f.template("open"), f.template("phone"), f.optionalWord("opt_out")
	switch {
	case f.n.broken:
	case does == 0 && !lacking:
	case does == 0:
		hint := "add go: FLOW, open: URL, phone: NUMBER or opt_out: TOPIC"
		if what == "quick reply" { // which can do no more
			hint = "add go: FLOW or opt_out: TOPIC"
		}
		d.errorf("key-missing", b.span, hint, "this %s does nothing", what)
	case does > 1:
		d.errorf("button", b.span, "keep one of go, open, phone and opt_out", "%s does one thing", article(what))
	case f.has("with") && b.to == nil:
		d.errorf("button", f.key("with"), "with: gives a flow its inputs, so it needs go:", "%s has with: but no go:", article(what))
	}
	f.finish()
	b.payload = b.fixed()
	return b
}

// fixed is the payload of a button that fills nothing in.
func (b *button) fixed() string {
	var p Payload
	switch {
	case b.optOut.text != "":
		p.OptOut = b.optOut.text
	case b.to != nil && len(b.with) == 0:
		p.Go = b.to.String()
	default:
		return ""
	}
	if text := p.Encode(); utf8.RuneCountInString(text) <= maxPayload {
		return text
	}
	return ""
}

func (b *button) check(c *checker, s *scope) {
	c.template(b.label, s)
	c.atMostRunes(b.label, maxLabel, "the label of a button or quick reply")
	if b.to != nil {
		b.to.check(c, b.with, s)
	}
	c.template(b.open, s)
	c.template(b.phone, s)
	c.link(b.open)
	if b.phone != nil {
		if text, ok := b.phone.literal(); ok && !phoneNumber().MatchString(text) {
			c.errorf("phone", b.phone.span, "write it with its country: +33 1 23 45 67 89", "%q is not a telephone number", text)
		}
	}
	if b.optOut.text != "" && b.optOut.text != "all" {
		c.topic(b.optOut)
	}
}

// phoneNumber is an international number, with blanks.
var phoneNumber = lazily(`^\+[0-9][0-9 .()-]{4,24}$`)

// build makes what the person sees.
func (b *button) build(m *machine, e *env) (Button, error) {
	out, err := b.make(m, e)
	if m.w.Trace != nil && err == nil && out.Payload != "" {
		m.w.Trace(Mark{Program: m.own.Hash, At: b.span, Offered: out.Payload, Label: out.Label})
	}
	return out, err
}

func (b *button) make(m *machine, e *env) (Button, error) {
	var out Button
	var err error
	if out.Label, err = m.label(b.label, e); err != nil {
		return out, err
	}
	switch {
	case b.open != nil:
		out.Open, err = m.link(b.open, e)
	case b.phone != nil:
		out.Phone, err = b.phone.text(e, m.language)
		out.Phone = strings.Map(func(r rune) rune {
			if strings.ContainsRune(" .()-", r) {
				return -1
			}
			return r
		}, out.Phone)
	case b.payload != "":
		out.Payload = b.payload
	case b.optOut.text != "":
		out.Payload = Payload{OptOut: b.optOut.text}.Encode()
	default:
		var with map[string]any
		if with, err = m.values(b.with, e); err != nil {
			return out, err
		}
		out.Payload = Payload{Go: b.to.String(), With: with}.Encode()
		if utf8.RuneCountInString(out.Payload) > maxPayload {
			return out, fmt.Errorf("with: of a button is longer than %d characters", maxPayload)
		}
	}
	return out, err
}

// buttons makes a list of buttons.
func (m *machine) buttons(list []button, e *env) ([]Button, error) {
	if len(list) == 0 {
		return nil, nil
	}
	out := make([]Button, len(list))
	for i := range list {
		var err error
		if out[i], err = list[i].build(m, e); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// quickReplies makes a list of quick replies.
func (m *machine) quickReplies(list []button, e *env) ([]QuickReply, error) {
	if len(list) == 0 {
		return nil, nil
	}
	out := make([]QuickReply, len(list))
	for i := range list {
		b, err := list[i].build(m, e)
		if err != nil {
			return nil, err
		}
		out[i] = QuickReply{Label: b.Label, Payload: b.Payload}
	}
	return out, nil
}

// label is a label as short as the platform wants it.
func (m *machine) label(t *template, e *env) (string, error) {
	text, err := t.text(e, m.language)
	if err != nil {
		return "", err
	}
	if text = cut(strings.TrimSpace(text), maxLabel); text == "" {
		return "", fmt.Errorf("a label is empty")
	}
	return text, nil
}

// link is an address to open.
func (m *machine) link(t *template, e *env) (string, error) {
	text, err := t.text(e, m.language)
	if err != nil {
		return "", err
	}
	return linkOf(text)
}

// linkOf is an address as it is sent: blanks, which come out of tables, are escaped.
func linkOf(text string) (string, error) {
	text = strings.ReplaceAll(strings.TrimSpace(text), " ", "%20")
	if len(text) > maxLink || !isLink(text) {
		return "", fmt.Errorf("an address to open is none that begins with https://")
	}
	return text, nil
}

// isLink says whether a text is a whole web address.
func isLink(s string) bool {
	if isPlainLink(s) {
		return true
	}
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Hostname() != ""
}

// isPlainLink says that a text is a web address at a glance: a host of plain letters, and
// behind it nothing that has to be understood. Nearly all are, and each message has some.
func isPlainLink(s string) bool {
	rest, ok := strings.CutPrefix(s, "https://")
	if !ok {
		return false
	}
	host := 0
	for host < len(rest) && (isAlphanumeric(rest[host]) || rest[host] == '.' || rest[host] == '-') {
		host++
	}
	if host == 0 || host < len(rest) && rest[host] != '/' {
		return false
	}
	for i := host; i < len(rest); i++ {
		if c := rest[i]; !isAlphanumeric(c) && strings.IndexByte("/-._~?=&+,;:@!$'()*", c) < 0 {
			return false
		}
	}
	return true
}

func isAlphanumeric(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c >= 'A' && c <= 'Z'
}

// link reports a literal address that nothing can open.
func (c *checker) link(t *template) {
	if t == nil {
		return
	}
	if text, ok := t.literal(); ok && !isLink(strings.ReplaceAll(strings.TrimSpace(text), " ", "%20")) {
		hint := "begin it with https://"
		switch scheme, rest, _ := strings.Cut(text, ":"); scheme {
		case "mailto":
			hint = "Messenger opens web pages only: write the address into the text, or open a page with a form"
		case "tel":
			hint = "write phone: \"" + rest + "\" instead of open:"
		}
		c.errorf("link", t.span, hint, "%q is not a web address", text)
	}
}

// values evaluates with: and about:; what has no value is left out.
func (m *machine) values(list []setting, e *env) (map[string]any, error) {
	if len(list) == 0 {
		return nil, nil
	}
	out := make(map[string]any, len(list))
	for _, s := range list {
		v, err := s.value.value(e)
		if err != nil {
			return nil, err
		}
		if v = plain(v); v != nil {
			out[s.name.text] = v
		}
	}
	return out, nil
}
