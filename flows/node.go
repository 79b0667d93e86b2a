package flows

import "strings"

// Pos is a place in a file. Lines and columns count from 1, columns in runes.
type Pos struct{ Line, Column int }

// Span is a stretch of a file; End is the place right behind its last rune.
type Span struct {
	File       string
	Start, End Pos
}

// nodeKind says what a YAML value is.
type nodeKind uint8

const (
	scalarNode nodeKind = iota
	listNode
	mapNode
)

// scalarStyle is how a scalar is written.
type scalarStyle uint8

const (
	plainStyle scalarStyle = iota
	singleStyle
	doubleStyle
	literalStyle // |
	foldedStyle  // >
)

// node is one YAML value with its place. Values are what is written: what a
// scalar means is for whoever asks for it to say, never for YAML.
type node struct {
	kind  nodeKind
	text  string // of a scalar, quotes and folding undone
	plain bool   // the scalar is unquoted
	span  Span
	items []*node // of a list
	pairs []pair  // of a map, in order, without duplicates

	style   scalarStyle
	inline  bool   // a map or list in braces or brackets
	comment string // what follows an unquoted scalar on its line, from its # on
	apart   bool   // blanks set the comment apart, so that nobody takes it for text
	// hollow says that a key of the map had no value: what stands below may belong
	// to it, so nothing is said about keys nobody knows.
	hollow bool
	// broken says that what stood here was reported already: whoever asks gets a
	// zero value, and nothing more is said.
	broken bool
	src    *source
}

// pair is one entry of a map.
type pair struct {
	key   word
	value *node
}

// word is a literal name with its place.
type word struct {
	text string
	span Span
}

// String is the text alone, for messages.
func (w word) String() string { return w.text }

// from is the rest of the word behind its first n bytes, with its place.
func (w word) from(n int) word {
	if n > len(w.text) {
		n = len(w.text)
	}
	rest := word{text: w.text[n:], span: w.span}
	if w.span.Start.Line == w.span.End.Line && w.span.End.Column-w.span.Start.Column == runes(w.text) {
		rest.span.Start.Column += runes(w.text[:n])
	}
	return rest
}

// swallowed says whether a comment behind the text may have been meant as part of
// it. Two blanks in front of a # and one behind it show that it was not.
func (n *node) swallowed() bool { return n.comment != "" && !n.apart }

// get returns the value of a key, or nil.
func (n *node) get(key string) *node {
	if n == nil {
		return nil
	}
	for _, p := range n.pairs {
		if p.key.text == key {
			return p.value
		}
	}
	return nil
}

// at is the span of the runes from, to (exclusive) of a scalar's text, in the
// file. Where the source cannot be followed, it is the whole scalar.
func (n *node) at(from, to int) Span {
	places := n.src.places(n)
	if from < 0 {
		from = 0
	}
	if to > len(places) {
		to = len(places)
	}
	if from >= to {
		if len(places) > 0 && from == len(places) { // right behind the text
			end := places[from-1]
			end.Column++
			return Span{File: n.span.File, Start: end, End: Pos{end.Line, end.Column + 1}}
		}
		return n.span
	}
	end := places[to-1]
	end.Column++
	return Span{File: n.span.File, Start: places[from], End: end}
}

// written is a scalar as it may stand in a file.
func (n *node) written() string {
	if n.plain {
		return n.text
	}
	return quoted(n.text)
}

// listed is a scalar as a list of what stands between its commas.
func (n *node) listed() string {
	var items []string
	for _, item := range strings.Split(n.text, ",") {
		if item = strings.TrimSpace(item); item != "" {
			items = append(items, (&node{text: item}).sayable())
		}
	}
	return "[" + strings.Join(items, ", ") + "]"
}

// sayable is a scalar as it may stand behind a key, also inside braces.
func (n *node) sayable() string {
	if needsQuotes(n.text) || strings.ContainsAny(n.text, ",?{}[]\"") {
		return quoted(n.text)
	}
	return n.text
}

// describe names what the node is, for "expected a text, found a list".
func (n *node) describe() string {
	switch n.kind {
	case listNode:
		return "a list"
	case mapNode:
		return "a map"
	}
	return "a single value"
}

// runes is the length of a text as columns count it.
func runes(s string) int {
	n := 0
	for range s {
		n++
	}
	return n
}
