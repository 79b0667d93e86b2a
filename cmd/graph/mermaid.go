package graph

import (
	"fmt"
	"strings"

	"github.com/relance-bot/relance/flows"
)

// shown is how many characters of a text the formats of text show.
const shown = 60

// short is the beginning of a text.
func short(s string) string {
	r := []rune(s)
	if len(r) <= shown {
		return s
	}
	return strings.TrimRight(string(r[:shown-1]), " ") + "…"
}

// Mermaid writes all flows as a Mermaid flowchart, as Markdown pages show it.
func Mermaid(p *flows.Program) []byte {
	t := treeOf(p)
	var b strings.Builder
	b.WriteString("flowchart LR\n")
	for i, n := range t.m.nodes {
		if len(t.groups[i]) == 1 {
			fmt.Fprintf(&b, "  %s%s:::%s\n", t.groups[i][0].name, shape(t.groups[i][0]), n.kind)
			continue
		}
		fmt.Fprintf(&b, "  subgraph g%d [\"%s\"]\n", i, mermaidText(short(plain(n.id))))
		for _, s := range t.groups[i] {
			fmt.Fprintf(&b, "    %s%s:::%s\n", s.name, shape(s), classOf(n, s))
		}
		b.WriteString("  end\n")
	}
	for _, j := range t.joins {
		arrow := "-->"
		switch {
		case j.kind == runs || j.kind == consent:
			arrow = "-.->"
		case j.kind == goesTo:
			arrow = "==>"
		}
		if j.label != "" {
			arrow += `|"` + mermaidText(short(j.label)) + `"|`
		}
		fmt.Fprintf(&b, "  %s %s %s\n", j.from, arrow, j.to)
	}
	for _, c := range []struct{ class, color string }{
		{"says", "#2f6fde"}, {"asks", "#15803d"}, {"decides", "#7c3aed"}, {"keeps", "#64748b"}, {"waits", "#b45309"}, {"consents", "#c02672"}, {"moves", "#334155"},
		{"flow", "#94a3b8"}, {"notice", "#c02672"}, {"topic", "#c02672"}, {"profile", "#94a3b8"}, {"builtin", "#94a3b8"},
	} {
		fmt.Fprintf(&b, "  classDef %s stroke:%s,stroke-width:2px\n", c.class, c.color)
	}
	return []byte(b.String())
}

// classOf is the colour of a spot: the first of a group stands for the node itself.
func classOf(n *node, s spot) string {
	if s.verb == string(n.kind) {
		return string(n.kind)
	}
	return kindOf(s.verb)
}

// shape is a spot with its text, in the brackets that make its shape.
func shape(s spot) string {
	text := mermaidText(short(s.text))
	if _, isStep := flows.ConstructOf(flows.PlaceStep, s.verb); isStep {
		text = mermaidText(s.verb) + " " + text
	}
	text = strings.TrimSpace(text)
	switch kindOf(s.verb) {
	case "asks":
		return `(["` + text + `"])`
	case "decides":
		return `{"` + text + `"}`
	case "waits":
		return `{{"` + text + `"}}`
	}
	return `["` + text + `"]`
}

// mermaidText is a text between quotes: what means something to Mermaid or to HTML
// stands as a number.
func mermaidText(s string) string {
	var b strings.Builder
	for _, r := range s {
		if r == '\n' {
			b.WriteString("<br/>")
		} else if strings.ContainsRune("\"<>&#;`\\|{}[]()*_~", r) {
			fmt.Fprintf(&b, "#%d;", r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}
