package flows

import (
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"gopkg.in/yaml.v3"
)

// parse reads the file's one document. It is nil if nothing of it can be used; why
// was reported then.
func (d *decoder) parse() *node {
	if !d.readable() {
		return nil
	}
	doc, next, err := parseYAML(d.src.text())
	for round := 0; err != nil; round++ {
		if round == maxSyntax || !d.repair(err) {
			return nil
		}
		doc, next, err = parseYAML(d.src.text())
	}
	if doc == nil || len(doc.Content) == 0 {
		hint := "write what belongs in it, or delete the file"
		switch {
		case d.flow != "":
			hint = "write the flow: steps: and below it - say: Hello; or delete the file"
		case d.src.file == "bot.yaml":
			hint = "begin with name: and the bot's name"
		case strings.HasPrefix(d.src.file, "locales/"):
			tag := strings.TrimSuffix(path.Base(d.src.file), ".yaml")
			hint = "delete it: 'relance locales --add " + tag + "' begins one with all the texts of the flows"
		}
		d.errorf("file-empty", Span{File: d.src.file, Start: Pos{1, 1}, End: Pos{1, 2}}, hint, "the file is empty")
		return nil
	}
	if next != nil {
		hint := "one file holds one flow: move what follows to a file of its own, or delete the line ---"
		if !strings.HasPrefix(d.src.file, "flows/") {
			hint = "delete the line ---: what follows belongs to the same file"
		}
		d.errorf("yaml-documents", d.src.span(next.Line, 1, runes(d.src.line(next.Line))+1), hint, "a second document begins here, and is not read")
		d.cut = true
	}
	root := d.convert(doc.Content[0], 0, nil)
	if root == nil || root.broken {
		return nil
	}
	return root
}

// parseYAML reads the first document, and where a second begins, if there is one.
func parseYAML(text string) (doc, next *yaml.Node, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("yaml: %v", r)
		}
	}()
	dec := yaml.NewDecoder(strings.NewReader(text))
	doc, next = new(yaml.Node), new(yaml.Node)
	switch err := dec.Decode(doc); {
	case errors.Is(err, io.EOF):
		return nil, nil, nil
	case err != nil:
		return nil, nil, err
	}
	switch err := dec.Decode(next); {
	case errors.Is(err, io.EOF):
		return doc, nil, nil
	case err != nil:
		return nil, nil, err
	}
	return doc, next, nil
}

// errorLine is the line a YAML error names, 0 if none, and its words without it.
func errorLine(err error) (line int, message string) {
	message = strings.TrimPrefix(err.Error(), "yaml: ")
	if rest, ok := strings.CutPrefix(message, "line "); ok {
		if _, err := fmt.Sscanf(rest, "%d:", &line); err == nil {
			_, message, _ = strings.Cut(rest, ": ")
		}
	}
	return line, message
}

// convert turns a YAML value into a node. within holds the anchors being expanded.
func (d *decoder) convert(y *yaml.Node, depth int, within []*yaml.Node) *node {
	n := &node{src: d.src, span: d.src.span(y.Line, y.Column, y.Column+1)}
	d.nodes++
	switch {
	case depth > maxDepth:
		d.errorf("yaml-bound", n.span, "move the inner steps to a flow of their own, and run: it", "maps and lists are nested deeper than %d", maxDepth)
		n.broken = true
		return n
	case d.nodes == d.most+1:
		d.errorf("yaml-bound", n.span, "split the file, or write out what the anchors repeat", "the file holds more than %d values", d.most)
		fallthrough
	case d.nodes > d.most:
		n.broken = true
		return n
	}
	if y.Kind == yaml.AliasNode {
		return d.alias(y, n, depth, within)
	}
	if y.Style&yaml.TaggedStyle != 0 || y.Style == 0 && strings.HasPrefix(cutColumns(d.src.line(y.Line), y.Column-1), "!") {
		d.tag(y, n)
		return n
	}
	switch y.Kind {
	case yaml.MappingNode:
		d.convertMap(y, n, depth, within)
	case yaml.SequenceNode:
		n.kind, n.inline = listNode, y.Style&yaml.FlowStyle != 0
		for _, item := range y.Content {
			if isNull(item) && !d.loose {
				at := d.src.span(item.Line, item.Column, item.Column+1)
				d.errorf("yaml-null", at, "write something behind the dash, or delete the line", "this item of the list is empty")
				continue
			}
			n.items = append(n.items, d.convert(item, depth+1, within))
		}
		if len(n.items) > 0 && !n.inline {
			n.span = n.items[0].span
		}
	default:
		n.text = y.Value
		n.style = styleOf(y.Style)
		n.plain = n.style == plainStyle
		if y.Anchor != "" {
			rest := cutColumns(d.src.line(y.Line), y.Column+runes(y.Anchor))
			n.span.Start.Column += 1 + runes(y.Anchor) + runes(rest) - runes(strings.TrimLeft(rest, " "))
		}
		d.measure(n)
		if n.style == literalStyle || n.style == foldedStyle {
			// A text below | ends with its last line, whose break nobody means: behind
			// {{ }} it would make a text of a list.
			n.text = strings.TrimRight(n.text, "\n")
		}
	}
	return n
}

// alias expands *name, within bounds.
func (d *decoder) alias(y *yaml.Node, n *node, depth int, within []*yaml.Node) *node {
	n.span.End.Column = y.Column + 1 + runes(y.Value)
	for _, open := range within {
		if open == y.Alias {
			d.errorf("yaml-bound", n.span, "write out what you mean", "the anchor &%s holds itself", y.Value)
			n.broken = true
			return n
		}
	}
	return d.convert(y.Alias, depth+1, append(within[:len(within):len(within)], y.Alias))
}

// tag reports a YAML tag: an unquoted ! was hardly ever meant as one.
func (d *decoder) tag(y *yaml.Node, n *node) {
	n.broken = true
	line := d.src.line(y.Line)
	rest := strings.TrimRight(cutColumns(line, y.Column-1), " ")
	n.span.End.Column = y.Column + max(runes(firstWord(rest)), 1)
	if !strings.HasPrefix(rest, "!") {
		rest = y.Tag
	}
	hint := "quote it: " + strings.TrimSpace(withQuoted(line, y.Column-1, rest))
	if key := keyOf(line); bare(key) {
		rest, _, _ := strings.Cut(strings.TrimPrefix(rest, "!"), " #")
		hint = "write: " + key + ": not " + strings.TrimSpace(rest)
	}
	found := d.errorf("yaml-tag", n.span, hint, "YAML reads an unquoted ! as a tag, not as a text")
	if bare(keyOf(line)) {
		found.mend(d.src.span(y.Line, y.Column, y.Column+1), "not ")
	} else {
		found.mend(d.src.span(y.Line, y.Column, y.Column+runes(rest)), quoted(rest))
	}
}

// convertMap takes the pairs of a map, each key once.
func (d *decoder) convertMap(y *yaml.Node, n *node, depth int, within []*yaml.Node) {
	n.kind, n.inline = mapNode, y.Style&yaml.FlowStyle != 0
	if n.inline && len(y.Content) > 0 && y.Content[0].Kind == yaml.MappingNode {
		d.unquotedTemplate(y, n)
		return
	}
	if n.inline && len(y.Content) == 2 && isNull(y.Content[1]) && single().MatchString("{"+y.Content[0].Value+"}") {
		n.broken = true
		name := y.Content[0].Value
		at := d.keySpan(y.Content[0])
		at = d.src.span(y.Line, y.Column, at.End.Column)
		found := d.errorf("yaml-braces", at, `write: "{{ `+name+` }}"`, "a value that begins with { must stand in quotes, and an expression in two braces")
		if rest := cutColumns(d.src.line(y.Line), at.End.Column-1); strings.HasPrefix(rest, "}") {
			at.End.Column++
			found.mend(at, `"{{ `+name+` }}"`)
		}
		return
	}
	seen := make(map[string]word, len(y.Content)/2)
	for i := 0; i+1 < len(y.Content); i += 2 {
		k, v := y.Content[i], y.Content[i+1]
		key := word{text: k.Value, span: d.keySpan(k)}
		if i == 0 && !n.inline {
			n.span = key.span
		}
		switch {
		case k.Kind != yaml.ScalarNode || k.Style&yaml.TaggedStyle != 0:
			d.errorf("yaml-key", key.span, "a key is a plain word in front of a colon", "this cannot be a key")
			continue
		case k.Value == "<<" && k.Style == 0:
			d.errorf("yaml-merge", key.span, noMerge, "merge keys (<<) are not allowed")
			n.broken = true
			continue
		}
		if first, twice := seen[key.text]; twice {
			if n.hollow {
				continue // it belongs to the key above that has no value
			}
			hint := "keep one of the two"
			if !n.inline && contains(verbs(), key.text) {
				hint = "begin a new step with a dash in front of it: - " + key.text + ": " + v.Value
			}
			d.errorf("yaml-duplicate", key.span, hint, "the key %q stands here a second time; the first is on line %d", key.text, first.span.Start.Line)
			continue
		}
		seen[key.text] = key
		d.mention(key.text)
		if key.text == "save" { // without a name, "" says that it may be any
			d.mention(v.Value)
			if m := onlyName().FindStringSubmatch(v.Value); m != nil {
				d.mention(m[1])
			}
		}
		if isNull(v) {
			if name := d.glued(key); n.inline && name != "" {
				key.text = name
			} else if !d.loose {
				d.null(key, v, n.inline)
			}
			n.pairs = append(n.pairs, pair{key, &node{src: d.src, span: key.span, broken: true}})
			n.hollow = n.hollow || !n.inline
			continue
		}
		n.pairs = append(n.pairs, pair{key, d.convert(v, depth+1, within)})
	}
}

// unquotedTemplate reports key: {{ name }} without quotes, which YAML reads as two maps.
func (d *decoder) unquotedTemplate(y *yaml.Node, n *node) {
	n.broken = true
	line := d.src.line(y.Line)
	text := templateAt(cutColumns(line, y.Column-1))
	n.span.End.Column = y.Column + max(runes(text), 1)
	hint := "put it in quotes"
	if text != "" {
		hint = "put it in quotes: " + strings.TrimSpace(withQuoted(line, y.Column-1, text))
	}
	found := d.errorf("yaml-braces", n.span, hint, "a value that begins with {{ must stand in quotes")
	if text != "" {
		found.mend(n.span, quoted(text))
	}
}

// null reports a key without a value.
func (d *decoder) null(key word, v *yaml.Node, inline bool) {
	line := d.src.line(key.span.Start.Line)
	behind := strings.TrimSpace(cutColumns(line, key.span.End.Column-1))
	behind = strings.TrimSpace(strings.TrimPrefix(behind, ":"))
	switch {
	case v.Value != "" && v.Style == 0:
		at := d.src.span(v.Line, v.Column, v.Column+runes(v.Value))
		d.errorf("yaml-null", at, "delete the key, or quote the word if you mean it as a text", "%s is no value", v.Value)
	case strings.HasPrefix(behind, "#"):
		from := runes(line) - runes(behind)
		at := d.src.span(key.span.Start.Line, from+1, runes(line)+1)
		d.errorf("yaml-comment", at, "quote the text: "+strings.TrimSpace(withQuoted(line, from, behind)), "everything from # on is a comment, so %q has no value", key.text).mend(at, quoted(behind))
	case inline:
		d.errorf("yaml-null", key.span, "if a comma belongs to the text, put the text in quotes; else write "+key.text+": and a value", "%q has no value", key.text)
	default:
		hint := "write a value behind the colon, or delete the line"
		if contains(plainTrue, key.text) {
			hint = "write " + key.text + ": true"
		}
		if next := d.src.line(key.span.Start.Line + 1); structural(next) && len(next)-len(strings.TrimLeft(next, " ")) == key.span.Start.Column-1 {
			hint = "write a value behind the colon, or indent what belongs to it by two more blanks"
		}
		d.errorf("yaml-null", key.span, hint, "%q has no value", key.text)
	}
}

// noMerge is what to do instead of <<.
const noMerge = "write the keys themselves here; a whole value may be repeated: buttons: &both [..], and then buttons: *both"

// keySpan is where a key stands.
func (d *decoder) keySpan(k *yaml.Node) Span {
	n := &node{kind: scalarNode, text: k.Value, style: styleOf(k.Style), src: d.src, span: d.src.span(k.Line, k.Column, k.Column+1)}
	d.measure(n)
	return n.span
}

// countFlaws counts keys without value and keys that stand twice.
func countFlaws(y *yaml.Node, depth int) int {
	if depth > maxDepth {
		return 0
	}
	n := 0
	seen := make(map[string]bool)
	for i, inner := range y.Content {
		if y.Kind == yaml.MappingNode && i%2 == 0 {
			if seen[inner.Value] {
				n++
			}
			seen[inner.Value] = true
			continue
		}
		if isNull(inner) {
			n++
		}
		n += countFlaws(inner, depth+1)
	}
	return n
}

func isNull(y *yaml.Node) bool {
	return y.Kind == yaml.ScalarNode && y.Style == 0 && y.ShortTag() == "!!null" && y.Anchor == ""
}

func styleOf(s yaml.Style) scalarStyle {
	switch {
	case s&yaml.DoubleQuotedStyle != 0:
		return doubleStyle
	case s&yaml.SingleQuotedStyle != 0:
		return singleStyle
	case s&yaml.LiteralStyle != 0:
		return literalStyle
	case s&yaml.FoldedStyle != 0:
		return foldedStyle
	}
	return plainStyle
}
