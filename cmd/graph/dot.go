package graph

import (
	"fmt"
	"strings"

	"github.com/relance-bot/relance/flows"
)

// DOT writes all flows for Graphviz.
func DOT(p *flows.Program) []byte {
	t := treeOf(p)
	var b strings.Builder
	b.WriteString("digraph flows {\n  rankdir=LR; compound=true;\n  node [shape=box, style=rounded, fontname=\"sans-serif\", fontsize=11];\n  edge [fontname=\"sans-serif\", fontsize=10, color=\"#7b8794\"];\n")
	for i, n := range t.m.nodes {
		fmt.Fprintf(&b, "  subgraph cluster_%d {\n    label=%s; style=rounded; color=\"#d5dae1\";\n", i, dotText(plain(n.id)))
		for _, s := range t.groups[i] {
			text, form := short(s.text), ""
			if _, isStep := flows.ConstructOf(flows.PlaceStep, s.verb); isStep {
				text = strings.TrimSpace(s.verb + " " + text)
			}
			switch classOf(n, s) {
			case "asks":
				form = ", style=\"rounded,bold\""
			case "decides":
				form = ", shape=diamond"
			case "topic", "notice":
				form = ", color=\"#c02672\""
			}
			fmt.Fprintf(&b, "    %s [label=%s%s];\n", s.name, dotText(text), form)
		}
		b.WriteString("  }\n")
	}
	for _, j := range t.joins {
		form := ""
		switch j.kind {
		case runs:
			form = "style=dashed"
		case consent:
			form = `style=dotted, color="#c02672"`
		case goesTo:
			form = "penwidth=1.5"
		}
		if j.label != "" {
			form = strings.TrimPrefix(form+", label="+dotText(short(j.label)), ", ")
		}
		fmt.Fprintf(&b, "  %s -> %s [%s];\n", j.from, j.to, form)
	}
	b.WriteString("}\n")
	return []byte(b.String())
}

// dotText is a text in quotes.
func dotText(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(s) + `"`
}
