package flows

import (
	"slices"
	"strings"
)

// kind is one verb of the language.
type kind struct {
	verb string
	// decode takes the step's map apart.
	decode func(d *decoder, f *fields) action
}

// kinds are all verbs, in the order in which they are best learnt. This is the one
// place to look when adding one: its file holds how it is decoded, checked and run.
func kinds() []kind {
	return []kind{
		{"say", decodeSay},
		{"show", decodeShow},
		{"ask", decodeAsk},
		{"choose", decodeChoose},
		{"if", decodeIf},
		{"set", decodeSet},
		{"call", decodeCall},
		{"wait", decodeWait},
		{"opt_in", decodeOptIn},
		{"opt_out", decodeOptOut},
		{"go", decodeGo},
		{"run", decodeRun},
		{"end", decodeEnd},
		{"preferences", decodePreferences},
		{"split", decodeSplit},
		{"track", decodeTrack},
		{"hand_over", decodeHandOver},
	}
}

// verbs are the names of all kinds.
func verbs() []string {
	var out []string
	for _, k := range kinds() {
		out = append(out, k.verb)
	}
	return out
}

// step is one item of a list of steps, with its place in the flow.
type step struct {
	id   word   // given by the author; empty text if not
	kind string // the verb: say, ask …
	span Span   // of the verb
	do   action // what the verb does

	source *node // as written, if the decoder keeps it

	// Set by link, when all files are decoded.
	address string // the id, or the path of places: "3", "3.else.1"
	flow    *flow
	next    *step // the step after it: its sibling, else what follows its parent; nil: the flow ends
}

// action is what a step does. Each kind has one, in a file of its own, which also
// decodes it. An action that has steps inside is a parent; one that stands still is
// a waiter; one that waits for what the person says is a question.
type action interface {
	// check reports what can only be known when all files are decoded, and declares
	// in s the names the step saves.
	check(c *checker, st *step, s *scope)
	// run does the step and says where the flow goes on.
	run(m *machine, st *step) move
}

// placed is an action that makes something of where it stands: the payloads of what it
// offers.
type placed interface {
	placed(st *step)
}

// parent is an action that has steps inside.
type parent interface {
	blocks() []block
}

// offering is an action that shows what can be tapped: say and show.
type offering interface {
	taps() (replies, buttons []button)
}

// tappable is everything to tap under what a step says or shows.
func (st *step) tappable() []button {
	if a, ok := st.do.(offering); ok {
		return slices.Concat(a.taps())
	}
	return nil
}

// block is a list of steps inside a step.
type block struct {
	name  string // then, else, otherwise, "options.2"
	steps []*step
	given bool // the key is there, even if no steps are
}

// walk visits steps and the steps inside them, in the order they are written.
func walk(steps []*step, visit func(*step)) {
	for _, st := range steps {
		visit(st)
		if p, ok := st.do.(parent); ok {
			for _, b := range p.blocks() {
				walk(b.steps, visit)
			}
		}
	}
}

// stepList decodes a list of steps; nil is an empty one.
func (d *decoder) stepList(n *node) []*step {
	if n == nil || n.broken {
		return nil
	}
	if n.kind != listNode {
		return d.oneStep(n)
	}
	var out []*step
	for _, item := range n.items {
		if item.broken {
			continue
		}
		if st := d.step(item); st != nil {
			out = append(out, st)
		}
	}
	return out
}

// oneStep reports what stands where a list of steps must. A map is a step whose dash
// is missing: it is decoded, so that what it saves is known.
func (d *decoder) oneStep(n *node) []*step {
	hint, fixed := "write one step to a line, each behind a dash: - say: Hello", ""
	verb := 0
	if n.kind == mapNode {
		for _, p := range n.pairs {
			if slices.Contains(verbs(), p.key.text) {
				verb++
			}
		}
		if first := d.src.line(n.span.Start.Line); verb > 0 && !n.inline {
			hint, fixed = "put a dash in front: - "+strings.TrimSpace(first), "- "+strings.TrimSpace(first)
		} else if verb > 0 {
			hint = "put it in brackets: [" + strings.TrimSpace(cutColumns(first, n.span.Start.Column-1)) + "]"
		}
	}
	if n.kind == mapNode && len(n.pairs) > 0 {
		if name, ok := strings.CutPrefix(n.pairs[0].key.text, "-"); ok && known(strings.Trim(name, noBreak)) {
			at := n.pairs[0].key.span
			at.End.Column = at.Start.Column + 1
			if strings.ContainsAny(firstRune(name), noBreak) {
				at.Start.Column, at.End.Column = at.Start.Column+1, at.End.Column+1
				d.errorf("yaml-space", at, "replace it by a blank", "behind the dash stands a no-break space, not a blank").mend(at, " ")
				return nil
			}
			d.errorf("yaml-dash", at, "write: - "+strings.TrimPrefix(strings.TrimSpace(d.src.line(at.Start.Line)), "-"), "a blank is missing behind the dash").mend(at, "- ")
			return nil
		}
	}
	found := d.errorf("shape", n.span, hint, "a list of steps is needed here, this is %s", n.describe())
	if fixed != "" && len(n.pairs) == 1 {
		found.mendLine(n.span.Start.Line, fixed)
	}
	if verb != 1 {
		return nil
	}
	if st := d.step(n); st != nil {
		return []*step{st}
	}
	return nil
}

// block decodes a list of steps inside a step.
func (f *fields) block(key string) block {
	return block{name: key, steps: f.d.stepList(f.node(key)), given: f.has(key)}
}

// step decodes one step; nil if nobody can tell what it is.
func (d *decoder) step(n *node) *step {
	f := d.fields(n, "step")
	if f.n.broken {
		return nil
	}
	k, ok := d.verb(f)
	if !ok {
		return nil
	}
	st := &step{kind: k.verb, span: f.key(k.verb), id: d.stepID(f)}
	if d.keep {
		st.source = f.n
	}
	f.has(k.verb)
	st.do = k.decode(d, f)
	f.finish()
	return st
}

// verb finds the one verb of a step.
func (d *decoder) verb(f *fields) (found kind, ok bool) {
	all := kinds()
	for _, p := range f.n.pairs {
		i := slices.IndexFunc(all, func(k kind) bool { return k.verb == p.key.text })
		switch {
		case i < 0:
		case !ok:
			found, ok = all[i], true
		default:
			text := "…"
			if p.value.kind == scalarNode && p.value.text != "" {
				text = p.value.written()
			}
			twice := d.errorf("step-verb", p.key.span, "begin a new step with a dash in front of it: - "+p.key.text+": "+text, "a step has one verb; this one has %q already", found.verb)
			if column := p.key.span.Start.Column; column > 2 && !f.n.inline && p.key.span.Start.Line > f.n.span.Start.Line {
				twice.mend(d.src.span(p.key.span.Start.Line, column-2, column), "- ")
			}
			return kind{}, false
		}
	}
	if ok {
		return found, true
	}
	at := f.n.span
	hint := "begin it with one of " + strings.Join(verbs(), ", ")
	what := "this step has no verb"
	for _, p := range f.n.pairs {
		at = p.key.span
		if p.key.text != "id" {
			hint = didYouMean(p.key.text, verbs(), "a step begins with ")
			if condition, ok := strings.CutPrefix(p.key.text, "if "); ok {
				hint = "put the colon behind the verb: - if: " + condition + ", and the steps below a line of its own: then:"
			}
			what = "unknown step \"" + p.key.text + "\""
			switch p.key.text {
			case "else", "then", "otherwise", "accepted", "declined", "on_timeout", "on_error":
				hint = "it belongs to the step above: leave the dash out, and let it begin where the other keys of that step do"
			case "elif", "elseif", "elsif", "else if":
				hint = "write else: below the steps of then:, and in it a step - if:"
			case "image", "video", "audio", "file", "cards", "receipt", "coupon", "media", "template":
				hint = "write show: " + p.key.text
				if p.value.kind == scalarNode && isLink(p.value.text) {
					hint += ", and below it url: " + p.value.text
				}
			}
			break
		}
		hint = "write below it what the step does, as in say: Hello"
	}
	d.errorf("step-unknown", at, hint, "%s", what)
	return kind{}, false
}

func (d *decoder) stepID(f *fields) word {
	id := f.optionalWord("id")
	if id.text != "" && (!isStepID(id.text) || len(id.text) > 40) {
		d.errorf("step-id", id.span, "begin with a letter; letters, digits, _ and - may follow, 40 at most", "%q cannot be the id of a step", id.text)
		return word{span: id.span}
	}
	return id
}

// optionalWord is a literal name, empty if the key is not there.
func (f *fields) optionalWord(key string) word {
	if !f.has(key) {
		return word{}
	}
	return f.word(key)
}

// checkSteps checks steps in the order they are written; names that one saves are
// known to those behind it.
func (c *checker) checkSteps(steps []*step, s *scope) {
	for _, st := range steps {
		st.do.check(c, st, s)
	}
}
