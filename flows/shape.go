package flows

import (
	"slices"
	"strings"
)

// notMap says what is wrong with a text where a map is needed.
func (d *decoder) notMap(n *node, what string) {
	if d.uncolon(n) {
		return
	}
	hint := "write it as key: value, one to a line"
	if n.kind == scalarNode {
		switch what {
		case "step":
			hint = "write: - say: " + n.sayable()
		case "button", "quick reply":
			hint = "write {label: " + n.sayable() + ", go: FLOW}"
		case "budget":
			hint = "write budget: {max: 1, per: 24h}"
		case "pause_if":
			hint = "write pause_if: {opt_outs: 5%, errors: 10%}"
		case "option":
			hint = "write {label: " + n.sayable() + ", go: FLOW}, or with steps: of its own"
		default:
			if keys := neededKeys(what); keys != "" {
				hint = "write {" + keys + "}"
			}
		}
	}
	if again := what + itoa(n.span.Start.Line); d.odd != again { // of a list in one line, the first will do
		d.odd = again
		found := d.errorf("shape", n.span, hint, "%s must be a map, this is %s", article(what), n.describe())
		if what == "step" && n.kind == scalarNode && n.text != "" {
			found.mend(n.span, "say: "+n.sayable())
		}
	}
}

// labelled starts to take apart what has a label: a button, a quick reply, an option. A
// label that stands where its key belongs is the one mistake there, as in - Yes: more.
func (d *decoder) labelled(n *node, what string) *fields {
	if n == nil || n.kind != mapNode || n.broken || len(n.pairs) != 1 {
		return d.fields(n, what)
	}
	key, value := n.pairs[0].key, n.pairs[0].value
	known := []string{"label", "go", "with", "steps", "open", "phone", "opt_out"}
	meant := slices.ContainsFunc(known, func(k string) bool { return k == key.text || contains(synonyms[fold(key.text)], k) })
	if meant || runes(key.text) > 3 && nearest(key.text, known) != "" || contains(verbs(), key.text) || value.broken {
		return d.fields(n, what)
	}
	label := "label: " + (&node{text: key.text}).sayable()
	hint, fixed := "write "+label+", and below it go: FLOW", ""
	if what == "option" {
		hint = "write " + label + ", and below it steps: with its steps"
	}
	if value.kind == scalarNode && value.text != "" {
		does := "go"
		if strings.Contains(value.text, "://") {
			does = "open"
		} else if strings.HasPrefix(value.text, "+") {
			does = "phone"
		}
		fixed = "{" + label + ", " + does + ": " + value.sayable() + "}"
		hint = "write " + fixed
	}
	found := d.errorf("key-missing", key.span, hint, "%s needs a label: and what stands on it", article(what))
	if fixed != "" && !n.inline {
		found.mend(Span{File: key.span.File, Start: key.span.Start, End: value.span.End}, fixed)
	}
	return d.fields(&node{kind: mapNode, src: d.src, span: n.span, broken: true}, what)
}

// neededKeys are the keys that a part must have, each with an example; "" if there are
// none, or no such part.
func neededKeys(part string) string {
	c, _ := ConstructOf(PlacePart, part)
	var needed []string
	for _, k := range c.Keys {
		if k.Required {
			needed = append(needed, k.Name+": "+k.Example)
		}
	}
	return strings.Join(needed, ", ")
}

// article is a noun with its article.
func article(noun string) string {
	if strings.Contains(noun, ".") {
		return noun // the name of a file
	}
	if noun != "" && strings.ContainsAny(noun[:1], "aeiou") {
		return "an " + noun
	}
	return "a " + noun
}

// lacks says whether a key is missing, and none like it is there: a misspelt one is
// reported as such.
func (f *fields) lacks(key string) bool {
	if f.has(key) || f.n.broken || f.n.hollow {
		return false
	}
	for _, p := range f.n.pairs {
		if !contains(f.asked, p.key.text) && (nearest(p.key.text, []string{key}) != "" || contains(synonyms[fold(p.key.text)], key)) {
			return false
		}
	}
	return true
}

// plainTrue are the keys that take nothing but true.
var plainTrue = strings.Fields("start fallback end hand_over preferences")

// uncolon reports a text that was meant as key: value, and whether it is one.
func (d *decoder) uncolon(n *node) bool {
	if n.kind != scalarNode || !n.plain {
		return false
	}
	verb, rest, _ := strings.Cut(n.text, " ")
	key := func(name string) Span {
		return d.src.span(n.span.Start.Line, n.span.Start.Column, n.span.Start.Column+runes(name))
	}
	if name, glued, ok := strings.Cut(verb, ":"); ok && namePattern.MatchString(name) && glued != "" && !strings.HasPrefix(glued, "//") {
		d.mention(name)
		hint := "write: " + name + ": " + strings.Trim(glued+" "+rest, noBreak+" ")
		if strings.ContainsAny(firstRune(glued), noBreak) {
			at := d.src.span(n.span.Start.Line, n.span.Start.Column+runes(name)+1, n.span.Start.Column+runes(name)+2)
			d.errorf("yaml-space", at, hint, "behind the colon stands a no-break space, not a blank").mend(at, " ")
			return true
		}
		d.errorf("yaml-colon", key(name+":"), hint, "a blank is missing behind %q", name+":").mend(key(name+":"), name+": ")
		return true
	}
	rest = strings.TrimSpace(rest)
	if !known(verb) && (!namePattern.MatchString(verb) || rest == "" || !strings.ContainsAny(rest[:1], "\"'[{")) {
		return false
	}
	d.mention(verb)
	hint := "write: " + verb + ": " + rest
	if rest == "" {
		hint = "write: " + verb + ": and a value"
		if contains(plainTrue, verb) {
			hint = "write: " + verb + ": true"
		}
	}
	missing := d.errorf("yaml-colon", key(verb), hint, "a colon is missing behind %q", verb)
	if rest != "" {
		missing.mend(key(verb), verb+":")
	}
	return true
}

// computed is a value in which something of the person, or of the shop, is looked up.
var computed = lazily(`\b(contact|event|interest|data)\.`)

// assigns is the value behind the = of another language, as a setting has it.
func (d *decoder) assigns(value string) string {
	value = strings.TrimSpace(value)
	if computed().MatchString(value) && d.dialect.compile(value).err == nil {
		return quoted("{{ " + value + " }}")
	}
	return (&node{text: strings.Trim(value, `"' `)}).sayable()
}
