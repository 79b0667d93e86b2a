package flows

import (
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"
)

// weekday warns of the name of a day, as date(x, "weekday") gives it, compared with a
// text that is no such name for those who read another language of the bot.
func (i *inferrer) weekday(of, n ast.Node) {
	if !namesDay(of) || strings.HasPrefix(i.x.span.File, "locales/") {
		return // a translation is for those who read that language
	}
	var lits []*ast.StringNode
	switch n := n.(type) {
	case *ast.StringNode:
		lits = append(lits, n)
	case *ast.ArrayNode:
		for _, item := range n.Nodes {
			if lit, ok := item.(*ast.StringNode); ok {
				lits = append(lits, lit)
			}
		}
	}
	tags := i.c.tags()
	for _, lit := range lits {
		from, to := extent(lit)
		day := dayIn(lit.Value, tags)
		if day < 0 {
			i.c.warnf("type", i.x.at(from, to), "write one of "+strings.Join(customOf(tags[0]).weekdays[:], ", "), "%q is no day of the week as %s gives it", lit.Value, i.text(of))
			return
		}
		var names []string
		for _, tag := range tags {
			if name := customOf(tag).weekdays[day]; !slices.Contains(names, `"`+name+`"`) {
				names = append(names, `"`+name+`"`)
			}
		}
		for _, name := range names {
			if !strings.Contains(i.x.source, strings.Trim(name, `"`)) {
				i.c.warnf("type", i.x.at(from, to), "name it in each language: "+i.text(of)+" in ["+strings.Join(names, ", ")+"]",
					"the day is called %s for people who read another language of the bot", name)
				return
			}
		}
	}
}

// namesDay says whether an expression is date(x, "weekday").
func namesDay(n ast.Node) bool {
	call, ok := n.(*ast.CallNode)
	if !ok || len(call.Arguments) != 2 {
		return false
	}
	name, ok := call.Callee.(*ast.IdentifierNode)
	layout, fixed := call.Arguments[1].(*ast.StringNode)
	return ok && fixed && name.Value == "date" && layout.Value == "weekday"
}

// dayIn is the day of the week, from Sunday, that has this name in one of some
// languages; -1 if none has.
func dayIn(name string, tags []string) int {
	for _, tag := range tags {
		for day, own := range customOf(tag).weekdays {
			if own == name {
				return day
			}
		}
	}
	return -1
}

// tags are the languages of the bot, its own first.
func (c *checker) tags() []string {
	out := []string{c.bot.Locale}
	for _, l := range c.locales {
		if !l.broken && base(l.language) != base(c.bot.Locale) {
			out = append(out, l.language)
		}
	}
	return out
}
