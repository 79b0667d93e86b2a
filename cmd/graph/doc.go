// Package graph draws all flows of a bot as one picture. The picture is SVG with a
// layout of its own: each flow is a card with its steps and branches, in columns from
// where conversations begin to where they lead, with the topics between those who ask
// for consent and the notifications it allows. Mermaid and DOT hold the same for other
// programs to draw.
package graph
