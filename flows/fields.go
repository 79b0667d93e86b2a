package flows

import "strings"

// fields takes a map apart. Every getter reports wrong shapes itself and returns
// a zero value; finish reports the keys nobody asked for.
type fields struct {
	d     *decoder
	n     *node
	what  string // "step", "button": for messages
	asked []string
}

// setting is one name: value of with:, about:, set:.
type setting struct {
	name  word
	value *template
}

// fields starts to take n apart. n must be a map, else that is reported and every
// getter returns a zero value.
func (d *decoder) fields(n *node, what string) *fields {
	f := &fields{d: d, n: n, what: what}
	if n == nil {
		f.n = &node{kind: mapNode, src: d.src, broken: true}
	} else if n.kind != mapNode {
		if !n.broken {
			d.notMap(n, what)
		}
		f.n = &node{kind: mapNode, src: d.src, span: n.span, broken: true}
	}
	return f
}

// find returns the value of a key and remembers that it is known.
func (f *fields) find(key string) *node {
	f.asked = append(f.asked, key)
	n := f.n.get(key)
	if n != nil && n.broken {
		return nil
	}
	return n
}

// has says whether the key is there, even if its value was reported.
func (f *fields) has(key string) bool {
	f.asked = append(f.asked, key)
	return f.n.get(key) != nil
}

// at is the span of a key's value; of the map, if it is not there.
func (f *fields) at(key string) Span {
	if n := f.n.get(key); n != nil {
		return n.span
	}
	return f.n.span
}

// key is the span of the key itself; of the map, if it is not there.
func (f *fields) key(key string) Span {
	for _, p := range f.n.pairs {
		if p.key.text == key {
			return p.key.span
		}
	}
	return f.n.span
}

// node is the raw value of a key; nil if it is not there or was reported.
func (f *fields) node(key string) *node { return f.find(key) }

// scalar is the value of a key that must be a single value.
func (f *fields) scalar(key, want string) *node {
	n := f.find(key)
	if n == nil {
		return nil
	}
	if n.kind != scalarNode {
		hint := "write " + key + ": and " + want
		switch {
		case n.kind == listNode && key == "say":
			hint = "to say one of several, write say: {one_of: [Hello, Hi]}; if the brackets belong to the text, put it all in quotes"
		case n.kind == listNode && want == "a name" && len(n.items) > 1 && n.items[0].kind == scalarNode:
			hint = "write one name; for each of them " + article(f.what) + " of its own: - " + key + ": " + n.items[0].written()
		case n.kind == listNode && len(n.items) == 1 && n.items[0].kind == scalarNode:
			hint = "write " + key + ": " + n.items[0].written()
		case n.kind == listNode && n.inline:
			hint = "if the brackets belong to the text, put it all in quotes; else " + hint
		case n.byLanguage():
			hint = "write it in the language of the bot, and its translations in the files of locales/"
		}
		f.d.errorf("shape", n.span, hint, "%q takes %s, this is %s", key, want, n.describe())
		return nil
	}
	return n
}

// byLanguage says whether a value is a map of languages with a text each.
func (n *node) byLanguage() bool {
	if n.kind != mapNode || len(n.pairs) == 0 {
		return false
	}
	for _, p := range n.pairs {
		if p.value.kind != scalarNode || len(base(p.key.text)) != 2 || languageTag(p.key.text) == "" {
			return false
		}
	}
	return true
}

// word is a literal name, never a template.
func (f *fields) word(key string) word {
	n := f.scalar(key, "a name")
	if n == nil {
		return word{span: f.at(key)}
	}
	return f.d.word(n, key)
}

// onlyName is a name in braces, and nothing else.
var onlyName = lazily(`^\{\{\s*((?:contact\.)?[\p{L}_][\p{L}\p{N}_]*)\s*\}\}$`)

// word reads a single value as a literal name.
func (d *decoder) word(n *node, key string) word {
	if strings.Contains(n.text, "{{") {
		hint := "write the name itself"
		if m := onlyName().FindStringSubmatch(n.text); m != nil && key != "opt_out" && key != "opt_in" {
			hint = "write " + key + ": " + m[1]
		}
		d.errorf("not-literal", n.span, hint, "%q takes a fixed name, not a template", key)
		return word{span: n.span}
	}
	if strings.TrimSpace(n.text) == "" {
		d.errorf("shape", n.span, "write something between the quotes, or delete the line", "%q is empty", key)
	}
	return word{text: n.text, span: n.span}
}

// template is a text with {{ }}; nil if the key is not there.
func (f *fields) template(key string) *template {
	n := f.scalar(key, "a text")
	if n == nil {
		return nil
	}
	return f.d.newTemplate(n, key)
}

// template reads an item of a list as a text that people read.
func (d *decoder) template(n *node) *template {
	if n == nil || n.broken {
		return nil
	}
	if n.kind != scalarNode {
		d.errorf("shape", n.span, "if it holds a colon or brackets, put the text in quotes", "a text is needed here, this is %s", n.describe())
		return nil
	}
	return d.newTemplate(n, "")
}

// assigned is a value given as other languages do: x = "y".
var assigned = lazily(`^\s*([\p{L}_][\p{L}\p{N}_.]*)\s*=\s*([^=].*)$`)

// settings are the entries of with:, about:, set:, in order.
func (f *fields) settings(key string) []setting {
	n := f.find(key)
	if n == nil {
		return nil
	}
	if n.kind != mapNode {
		if !f.d.uncolon(n) {
			hint, fixed := "write name: value, one to a line, or {name: value}", ""
			if m := assigned().FindStringSubmatch(n.text); m != nil && n.kind == scalarNode {
				fixed = "{" + m[1] + ": " + f.d.assigns(m[2]) + "}"
				hint = "write " + key + ": " + fixed
			}
			found := f.d.errorf("shape", n.span, hint, "%q takes names with values, this is %s", key, n.describe())
			if fixed != "" {
				found.mend(n.span, fixed)
			}
		}
		return nil
	}
	var out []setting
	for _, p := range n.pairs {
		if p.value.broken {
			continue
		}
		if p.value.kind != scalarNode {
			f.d.errorf("shape", p.value.span, "a list or map comes from an expression: \"{{ [1, 2] }}\"", "%q takes a single value, this is %s", p.key.text, p.value.describe())
			continue
		}
		t := f.d.newTemplate(p.value, "=")
		out = append(out, setting{name: p.key, value: t})
	}
	return out
}

// expression is a bare expression; nil if the key is not there.
func (f *fields) expression(key string) *expression {
	n := f.scalar(key, "an expression")
	if n == nil {
		return nil
	}
	return f.d.newExpression(n, key)
}

// finish reports the keys nobody asked for.
func (f *fields) finish() {
	if f.d.watch != nil {
		f.d.watch(f)
	}
	if f.n.broken || f.n.hollow {
		return
	}
	for _, p := range f.n.pairs {
		if contains(f.asked, p.key.text) || p.value.broken {
			continue
		}
		hint := didYouMean(p.key.text, f.asked, article(f.what)+" may have ")
		if f.what == "option" && contains(verbs(), p.key.text) {
			hint = "it is a step: put it below steps:, behind a dash: - " + p.key.text + ": …"
			if p.value.kind == scalarNode {
				hint = "it is a step: write steps: [{" + p.key.text + ": " + p.value.sayable() + "}]"
			}
		}
		if better := f.misplaced(p.key.text); better != "" {
			hint = better
		}
		f.d.errorf("key-unknown", p.key.span, hint, "unknown key %q in %s", p.key.text, article(f.what))
	}
}

// secrets are keys that hold one in other tools.
var secrets = strings.Fields("page_token token access_token page_access_token app_secret secret verify_token api_key password")

// misplaced is a hint for a key that means something elsewhere, or "".
func (f *fields) misplaced(key string) string {
	has := func(verb string) bool { return f.n.get(verb) != nil }
	switch {
	case (f.what == "channel" || f.what == "bot.yaml") && contains(secrets, strings.ToLower(key)):
		return "delete it, and keep it to yourself: a secret stands in the environment or in the file .env, never in bot.yaml"
	case f.what == "step" && has("if") && contains([]string{"elif", "elseif", "elsif", "else if", "else_if"}, strings.ToLower(key)):
		return "write else: and below it, two blanks further in, a step - if: with its own then:"
	case f.what == "step" && has("say") && contains([]string{"choices", "save", "retry", "check", "attempts", "options"}, key):
		return "say: waits for no answer: to ask for one, write ask: instead of say:"
	case f.what == "step" && has("ask") && contains([]string{"buttons", "quick_replies"}, key):
		return "the answers to tap stand under choices: [Yes, No]; choose: is a menu whose options lead somewhere each"
	case f.what == "flow" && contains(triggerNames(), key):
		return "it starts the flow: put it below triggers:, behind a dash: - " + key + ": …"
	case f.what == "flow" && contains(verbs(), key):
		return "it is a step: put it below steps:, behind a dash: - " + key + ": …"
	case f.what == "trigger" && key == "topic":
		return "delete it: who writes to the bot needs no topic; topic: goes with event, cron and date"
	}
	return ""
}

// contactField is the x of contact.x; empty for any other name.
func (w word) contactField() string {
	field, ok := strings.CutPrefix(w.text, "contact.")
	if !ok {
		return ""
	}
	return field
}
