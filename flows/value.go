package flows

import (
	"fmt"
	"strconv"
	"strings"
)

// Value is one value of a YAML file that is not part of a bot, with its place: a text, a
// list or a map.
type Value struct {
	Text    string  // of a text; what it means is for whoever asks to say
	Items   []Value // of a list
	Entries []Entry // of a map, in order, none twice
	List    bool
	Map     bool
	span    Span
	problem func(code string, at Span, hint, message string)
}

// Entry is one entry of a map.
type Entry struct {
	Name  string
	Value Value
	span  Span
}

// ReadYAML reads a file with the care that the files of a bot are read with. read takes
// it apart, and says with Value.Wrong and Entry.Wrong what is wrong with it. The findings
// name the file; a Value is of use while read runs.
func ReadYAML(name string, text []byte, read func(Value)) Diagnostics {
	out := &reporter{sources: make(map[string]*source)}
	d := newDecoder(name, text, out)
	if root := d.parse(); root != nil {
		read(valueOf(root, func(code string, at Span, hint, message string) {
			out.report(Error, code, at, hint, message)
		}))
	}
	return out.sorted()
}

func valueOf(n *node, problem func(string, Span, string, string)) Value {
	v := Value{Text: n.text, List: n.kind == listNode, Map: n.kind == mapNode, span: n.span, problem: problem}
	if n.broken {
		return Value{problem: func(string, Span, string, string) {}}
	}
	for _, item := range n.items {
		v.Items = append(v.Items, valueOf(item, problem))
	}
	for _, p := range n.pairs {
		v.Entries = append(v.Entries, Entry{p.key.text, valueOf(p.value, problem), p.key.span})
	}
	return v
}

// Wrong reports what is wrong with a value, and what to write instead.
func (v Value) Wrong(hint, format string, args ...any) {
	v.problem("value-unknown", v.span, hint, fmt.Sprintf(format, args...))
}

// Wrong reports what is wrong with a key, and what to write instead.
func (k Entry) Wrong(hint, format string, args ...any) {
	k.Value.problem("key-unknown", k.span, hint, fmt.Sprintf(format, args...))
}

// Number is the value as a number between two bounds. A share may be written as 5%.
func (v Value) Number(least, most float64, share bool) (n float64, ok bool) {
	text, percent := strings.CutSuffix(v.Text, "%")
	n, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	if percent {
		n /= 100
	}
	switch {
	case v.List || v.Map || err != nil || percent && !share:
		if share {
			v.Wrong("write a share, like 5% or 0.05", "this is no share")
		} else {
			v.Wrong("write a number", "this is no number")
		}
	case n < least || n > most:
		if share {
			v.Wrong("a share is from 0% to 100%", "%s is out of bounds", v.Text)
		} else {
			v.Wrong(fmt.Sprintf("write a number from %v to %v", least, most), "%s is out of bounds", v.Text)
		}
	default:
		return n, true
	}
	return 0, false
}
