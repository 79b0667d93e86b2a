package flows

import (
	"reflect"

	"github.com/expr-lang/expr/ast"
)

// extent is the stretch of an expression's text a node takes, in runes.
func extent(n ast.Node) (from, to int) {
	loc := n.Location()
	from, to = loc.From, loc.To
	cover := func(children ...ast.Node) {
		for _, c := range children {
			if c == nil || reflect.ValueOf(c).IsNil() {
				continue
			}
			f, t := extent(c)
			if to == 0 && from == 0 {
				from, to = f, t
			}
			from, to = min(from, f), max(to, t)
		}
	}
	switch x := n.(type) {
	case *ast.MemberNode:
		cover(x.Node, x.Property)
	case *ast.ChainNode:
		cover(x.Node)
	case *ast.UnaryNode:
		cover(x.Node)
	case *ast.BinaryNode:
		cover(x.Left, x.Right)
	case *ast.ConditionalNode:
		from, to = 0, 0
		cover(x.Cond, x.Exp1, x.Exp2)
	case *ast.CallNode:
		cover(x.Callee)
		cover(x.Arguments...)
		to += closedBy(x.Arguments)
	case *ast.BuiltinNode:
		cover(x.Arguments...)
		to += closedBy(x.Arguments)
	case *ast.PredicateNode:
		cover(x.Node)
	case *ast.ArrayNode:
		cover(x.Nodes...)
		to++
	case *ast.SliceNode:
		cover(x.Node, x.From, x.To)
		to++
	}
	return from, to
}

// closedBy is how much the brackets of a call add to it.
func closedBy(arguments []ast.Node) int {
	if len(arguments) == 0 {
		return 2
	}
	return 1
}
