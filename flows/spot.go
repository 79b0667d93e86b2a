package flows

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// SpotKind says what a Spot is.
type SpotKind string

const (
	TriggerSpot SpotKind = "trigger"
	StepSpot    SpotKind = "step"
	BranchSpot  SpotKind = "branch" // then, else, accepted, otherwise …, an option, a variant
	ButtonSpot  SpotKind = "button" // one that leads on within the bot: go or opt_out
)

// Spot is something of a bot that a conversation may come by, or never does.
type Spot struct {
	Kind SpotKind
	Flow string // empty in bot.yaml
	Step string // the step's id or place in its flow; of a branch or button, that of its step
	// Name is the kind of a trigger, the verb of a step, the key of a branch ("else",
	// "options.2"), the label of a button as it is written.
	Name string
	At   Span
	// Keys are all keys of the trigger or step and what stands behind them, but not
	// those of the steps inside. Of a button, an option and a variant they are those of
	// that item alone, behind the key of its list: "buttons.go".
	Keys []Given

	trigger string // its id
	entry   Span   // of a branch: where its first step stands; zero if it has none
	payload string // of a button of bot.yaml
}

// Given is one key of a trigger or step. A key inside of others stands behind theirs:
// "buttons.go". Value is what it is given, where that is written as one word or
// text; a list of those makes a Given of each.
type Given struct{ Path, Value string }

// Spots lists what a bot has to come by, flow by flow, in the order it is
// written: each step behind its triggers or the branch it stands in. The program's
// sources are read again for it, so that a program that only runs need not know.
func (p *Program) Spots() []Spot {
	out := &reporter{sources: make(map[string]*source)}
	l := lister{program: p}
	shared := newDialect()
	for _, file := range slices.Sorted(maps.Keys(p.Sources)) {
		d := newDecoder(file, p.Sources[file], out)
		d.dialect, d.keep = shared, true
		switch name, isFlow := strings.CutPrefix(strings.TrimSuffix(file, ".yaml"), "flows/"); {
		case file == "bot.yaml":
			l.profile(d.parse())
		case isFlow:
			l.flow(d.decodeFlow(name))
		}
	}
	return l.spots
}

// lister collects spots.
type lister struct {
	program *Program
	spots   []Spot
}

// profile lists what can be tapped without a message.
func (l *lister) profile(root *node) {
	if root == nil || root.get("channels") == nil {
		return
	}
	for _, pair := range root.get("channels").pairs {
		i := slices.IndexFunc(l.program.Bot.Channels, func(c Channel) bool { return c.Name == pair.key.text })
		if i < 0 {
			continue
		}
		c := l.program.Bot.Channels[i]
		l.profileButtons(pair.value, "ice_breakers", c.IceBreakers)
		l.profileButtons(pair.value, "menu", c.Menu)
	}
}

func (l *lister) profileButtons(channel *node, key string, buttons []Button) {
	list := channel.get(key)
	if list == nil || len(list.items) != len(buttons) {
		return
	}
	for i, b := range buttons {
		if b.Payload != "" {
			l.spots = append(l.spots, Spot{Kind: ButtonSpot, Name: b.Label, At: list.items[i].span, Keys: keysOf(key, list.items[i], nil), payload: b.Payload})
		}
	}
}

func (l *lister) flow(d *draft) {
	for _, t := range d.triggers {
		l.spots = append(l.spots, Spot{Kind: TriggerSpot, Flow: d.id, Name: string(t.Kind), At: t.source.span, Keys: keysOf("", t.source, nil), trigger: t.ID})
	}
	link(d)
	l.steps(d.steps)
}

func (l *lister) steps(steps []*step) {
	for _, st := range steps {
		var inside []block
		if p, ok := st.do.(parent); ok {
			inside = p.blocks()
		}
		l.spots = append(l.spots, Spot{Kind: StepSpot, Flow: st.flow.id, Step: st.address, Name: st.kind, At: st.span, Keys: keysOf("", st.source, inside)})
		for _, key := range []string{"buttons", "quick_replies"} {
			l.buttons(st, key)
		}
		for _, b := range inside {
			at, keys := st.blockAt(b.name)
			if keys == nil {
				continue // it is not written
			}
			branch := Spot{Kind: BranchSpot, Flow: st.flow.id, Step: st.address, Name: b.name, At: at, Keys: keys}
			switch {
			case len(b.steps) > 0:
				branch.entry = b.steps[0].span
			case !strings.Contains(b.name, "."):
				continue // nothing stands in it, and nobody would tell it from one that is left out
			}
			l.spots = append(l.spots, branch)
			l.steps(b.steps)
		}
	}
}

// blockAt is where the key of a block of a step stands; of one of several, as an
// option is, the whole item.
func (st *step) blockAt(name string) (at Span, keys []Given) {
	key, number, several := strings.Cut(name, ".")
	for _, p := range st.source.pairs {
		switch {
		case p.key.text == st.kind && p.value.kind == mapNode: // wait: {event: …, on_timeout: …}
			for _, inner := range p.value.pairs {
				if inner.key.text == key {
					return inner.key.span, []Given{{Path: st.kind + "." + key}}
				}
			}
		case p.key.text != key:
		case !several:
			return p.key.span, []Given{{Path: key}}
		default:
			n, err := strconv.Atoi(number)
			if err == nil && n >= 1 && n <= len(p.value.items) {
				item := p.value.items[n-1]
				return item.span, keysOf(key, item, nil)
			}
		}
	}
	return Span{}, nil
}

// buttons lists those of a step's buttons that lead on within the bot.
func (l *lister) buttons(st *step, key string) {
	list := st.source.get(key)
	if list == nil {
		return
	}
	for _, item := range list.items {
		if item.get("go") == nil && item.get("opt_out") == nil {
			continue
		}
		name := ""
		if label := item.get("label"); label != nil {
			name = label.text
		}
		l.spots = append(l.spots, Spot{Kind: ButtonSpot, Flow: st.flow.id, Step: st.address, Name: name, At: item.span, Keys: keysOf(key, item, nil)})
	}
}

// keysOf lists the keys of a map that stands behind path. blocks are the steps
// inside, whose keys are their own.
func keysOf(path string, n *node, blocks []block) []Given {
	stepsOf := map[string]bool{"steps": true} // of an option, of a variant
	for _, b := range blocks {
		if !strings.Contains(b.name, ".") {
			stepsOf[b.name] = true
		}
	}
	var out []Given
	var list func(path string, n *node)
	list = func(path string, n *node) {
		switch n.kind {
		case scalarNode:
			out = append(out, Given{path, n.text})
		case listNode:
			out = append(out, Given{Path: path})
			for _, item := range n.items {
				if item.kind != listNode {
					list(path, item)
				}
			}
		case mapNode:
			if path != "" {
				out = append(out, Given{Path: path})
				path += "."
			}
			for _, p := range n.pairs {
				if stepsOf[p.key.text] && p.value.kind != scalarNode {
					out = append(out, Given{Path: path + p.key.text})
					continue
				}
				list(path+p.key.text, p.value)
			}
		}
	}
	list(path, n)
	return out
}
