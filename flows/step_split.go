package flows

import (
	"strconv"
	"strings"
)

// splitStep tries variants against each other. Each person is given one, by chance and
// weight, and keeps it wherever the bot has a split of that name:
//
//	split: tone
//	variants:
//	  - {name: warm, weight: 3, steps: [{say: Hello you!}]}
//	  - {name: plain, steps: [{say: Hello.}]}
//
// A variant of weight 0 is given to nobody new. Who has one that is gone is given
// another.
type splitStep struct {
	name     word
	variants []variant
}

// variant is one thing that is tried.
type variant struct {
	name   word
	weight float64
	steps  block
}

var _ parent = (*splitStep)(nil)

// maxVariants bounds what one split tries.
const maxVariants = 20

func decodeSplit(d *decoder, f *fields) action {
	a := &splitStep{name: d.label(f.word("split"), "split")}
	seen := make(map[string]bool)
	sum := 0.0
	for i, n := range f.list("variants") {
		if n.broken {
			continue
		}
		v := d.variant(n, i)
		if v.name.text != "" && seen[v.name.text] {
			d.errorf("value-twice", v.name.span, "give it another name: people are told apart by it", "the variant %q stands here twice", v.name.text)
		}
		seen[v.name.text] = true
		sum += v.weight
		a.variants = append(a.variants, v)
	}
	switch list := f.node("variants"); {
	case list != nil && len(list.items) > maxVariants:
		d.errorf("too-many", list.items[maxVariants].span, "so many would each be given to hardly anybody", "a split has %d variants at most", maxVariants)
	case f.lacks("variants"):
		d.errorf("key-missing", f.key("split"), "add variants: with a name: and steps: each", "there is nothing to try")
	case list == nil || list.kind != listNode:
	case len(a.variants) > 0 && sum == 0:
		d.errorf("split", f.key("variants"), "give one of them a weight above 0, or delete the weights: then each has the same", "every variant has weight 0: nobody could be given one")
	case len(a.variants) == 1:
		d.warnf("split", f.key("variants"), "add another variant, or put its steps in place of the split", "with one variant there is nothing to compare")
	case len(list.items) == 0:
		d.errorf("split", f.key("variants"), "write [{name: warm, steps: [{say: Hello you!}]}, {name: plain, steps: [{say: Hello.}]}]", "there is nothing to try")
	}
	return a
}

// variant decodes one item of variants:.
func (d *decoder) variant(n *node, i int) variant {
	f := d.fields(n, "variant")
	v := variant{weight: 1}
	if f.n.broken {
		return v
	}
	if f.lacks("name") {
		d.errorf("key-missing", f.n.span, "add name: and what the figures call it", "a variant needs a name")
	} else {
		v.name = d.label(f.word("name"), "variant")
	}
	if f.has("weight") {
		w, ok := f.number("weight")
		if ok && (w < 0 || w > 1e6) {
			d.errorf("number", f.at("weight"), "write 1, 2, 3 …; twice the weight is twice the people, 0 is nobody new", "a weight goes from 0 to 1000000")
			w, ok = 0, false
		}
		if v.weight = w; !ok {
			v.weight = 1 // said already
		}
	}
	if f.lacks("steps") {
		d.errorf("key-missing", f.n.span, "add steps:, or steps: [] for a variant that does nothing", "a variant needs steps")
	}
	v.steps = f.block("steps")
	v.steps.name = "variants." + strconv.Itoa(i+1)
	f.finish()
	return v
}

// label checks a name that stands in the figures: of a split, a variant, a goal.
func (d *decoder) label(w word, what string) word {
	if w.text != "" && (!isStepID(w.text) || len(w.text) > 40) {
		d.errorf("name", w.span, "begin with a letter; letters, digits, _ and - may follow, 40 at most", "%q cannot be the name of a %s", w.text, what)
		w.text = ""
	}
	return w
}

func (a *splitStep) blocks() []block {
	out := make([]block, 0, len(a.variants))
	for _, v := range a.variants {
		out = append(out, v.steps)
	}
	return out
}

func (a *splitStep) check(c *checker, _ *step, s *scope) {
	var ways []func()
	for _, v := range a.variants {
		ways = append(ways, func() { c.checkSteps(v.steps.steps, s) })
	}
	s.apart(ways...)
	if a.name.text == "" {
		return
	}
	if c.splits == nil {
		c.splits = make(map[string]*splitStep)
	}
	first := c.splits[a.name.text]
	if first == nil {
		c.splits[a.name.text] = a
		return
	}
	if one, other := first.names(), a.names(); one != other {
		c.errorf("split", a.name.span, "give the variants the same names, or the split another one",
			"another split %q has the variants %s, this one %s: people keep theirs by its name", a.name.text, one, other)
	}
}

// names are the variants' names, as they are written.
func (a *splitStep) names() string {
	var out []string
	for _, v := range a.variants {
		out = append(out, v.name.text)
	}
	return strings.Join(out, ", ")
}

func (a *splitStep) run(m *machine, st *step) move {
	i := a.find(m.w.Variants[a.name.text])
	if i < 0 {
		i = a.choose(m)
		m.effects = append(m.effects, Chose{Split: a.name.text, Variant: a.variants[i].name.text, Flow: st.flow.id, Step: st.address})
		m.chose(a.name.text, a.variants[i].name.text)
	}
	return st.enter(a.variants[i].steps.steps)
}

// find is the place of a variant; -1 if there is none of that name.
func (a *splitStep) find(name string) int {
	for i := range a.variants {
		if name != "" && a.variants[i].name.text == name {
			return i
		}
	}
	return -1
}

// choose gives this person a variant: always the same, as long as the weights are. In
// transcripts it is the first that anybody is given.
func (a *splitStep) choose(m *machine) int {
	sum, first := 0.0, -1
	for i, v := range a.variants {
		if sum += v.weight; first < 0 && v.weight > 0 {
			first = i
		}
	}
	if m.w.FirstChoice {
		return first
	}
	place := float64(m.w.chance("split", a.name.text)>>11) / (1 << 53) * sum
	for i, v := range a.variants {
		if place -= v.weight; place < 0 && v.weight > 0 {
			return i
		}
	}
	return first // of a sum that was rounded
}

// chance is a number that is always the same for this person and these names.
func (w *World) chance(names ...string) uint64 {
	h := uint64(14695981039346656037) ^ w.Seed // FNV-1a
	for _, s := range append([]string{w.Contact.ID}, names...) {
		for i := 0; i < len(s); i++ {
			h = (h ^ uint64(s[i])) * 1099511628211
		}
		h = (h ^ 0xff) * 1099511628211
	}
	// FNV leaves the upper bits of short names alike.
	h = (h ^ h>>33) * 0xff51afd7ed558ccd
	h = (h ^ h>>33) * 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}

// chose lets the rest of the turn know what was chosen.
func (m *machine) chose(split, name string) {
	variants := make(map[string]string, len(m.w.Variants)+1)
	for k, v := range m.w.Variants {
		variants[k] = v
	}
	variants[split] = name
	m.w.Variants = variants
}
