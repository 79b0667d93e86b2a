package cmd

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/relance-bot/relance/bot"
)

// grid is a table of texts, which begin below each other, and of numbers, which end so.
type grid struct {
	align string // of each column: l or r; what it does not say is as its last
	rows  [][]string
}

func (g *grid) row(cells ...string) { g.rows = append(g.rows, cells) }

func (g *grid) print(w io.Writer) {
	var width []int
	for _, row := range g.rows {
		for i, cell := range row {
			if i == len(width) {
				width = append(width, 0)
			}
			width[i] = max(width[i], utf8.RuneCountInString(cell))
		}
	}
	for _, row := range g.rows {
		var b strings.Builder
		for i, cell := range row {
			pad := strings.Repeat(" ", width[i]-utf8.RuneCountInString(cell))
			if i > 0 && width[i] > 0 {
				b.WriteString("  ")
			}
			if g.align[min(i, len(g.align)-1)] == 'l' {
				b.WriteString(cell + pad)
			} else {
				b.WriteString(pad + cell)
			}
		}
		if line := strings.TrimRight(b.String(), " "); line != "" {
			fmt.Fprintln(w, line)
		}
	}
}

// percent is a share; "-" if there is none.
func percent(share *float64) string { return cmp.Or(bot.FormatShare(share), "-") }

// part is a share; nil of nothing.
func part(some, all int) *float64 {
	if all == 0 {
		return nil
	}
	share := float64(some) / float64(all)
	return &share
}
