package flows

import (
	"reflect"
	"strconv"
	"strings"

	"github.com/expr-lang/expr/ast"
)

// inferrer finds the type of an expression and reports what cannot work in it.
type inferrer struct {
	c     *checker
	x     *expression
	s     *scope
	items []typ // what . is, in filter and the like; the innermost last
	rows  int   // how often the innermost runs at most, as far as known
	lets  []letName
}

type letName struct {
	name string
	is   typ
}

func (i *inferrer) errorf(n ast.Node, code, hint, format string, args ...any) finding {
	from, to := extent(n)
	return i.c.errorf(code, i.x.at(from, to), hint, format, args...)
}

// text is what the author wrote for a node.
func (i *inferrer) text(n ast.Node) string {
	from, to := extent(n)
	r := []rune(i.x.source)
	from, to = min(max(from, 0), len(r)), min(to, len(r))
	if from >= to {
		return ""
	}
	return string(r[from:to])
}

// infer is the type of a node.
func (i *inferrer) infer(n ast.Node) typ {
	switch x := n.(type) {
	case *ast.NilNode:
		return nilType
	case *ast.BoolNode:
		return boolType
	case *ast.IntegerNode, *ast.FloatNode:
		return numberType
	case *ast.StringNode:
		if at := strings.Index(x.Value, "{{"); at >= 0 && !i.c.foreign {
			from, to := extent(x)
			inner, _, _ := strings.Cut(x.Value[at+2:], "}}")
			i.c.warnf("template", i.x.at(from, to), "write it without quotes and braces: "+strings.TrimSpace(inner), "this is a text, and its braces are taken as they stand: an expression has none inside")
		}
		return typ{kind: textKind, most: runes(x.Value)}
	case *ast.IdentifierNode:
		return i.name(x)
	case *ast.MemberNode:
		return i.member(x)
	case *ast.ChainNode:
		return i.infer(x.Node)
	case *ast.UnaryNode:
		return i.unary(x)
	case *ast.BinaryNode:
		return i.binary(x)
	case *ast.ConditionalNode:
		i.condition(x.Cond)
		return i.infer(x.Exp1).join(i.infer(x.Exp2))
	case *ast.BuiltinNode:
		return i.builtin(x)
	case *ast.CallNode:
		return i.call(x)
	case *ast.PointerNode:
		if len(i.items) == 0 || x.Name != "" {
			i.errorf(x, "expression", "names behind a point alone, as .size, stand inside filter and the like", "%q means nothing here", i.text(x))
			return anyType
		}
		return i.items[len(i.items)-1]
	case *ast.SliceNode:
		t := i.infer(x.Node)
		for _, bound := range []ast.Node{x.From, x.To} {
			if bound != nil && !reflect.ValueOf(bound).IsNil() {
				i.want(bound, numberType)
			}
		}
		return t
	case *ast.ArrayNode:
		return i.array(x)
	case *ast.MapNode:
		t := typ{kind: objectKind, name: "the record", fields: make(map[string]typ)}
		for _, p := range x.Pairs {
			pair := p.(*ast.PairNode)
			is := i.infer(pair.Value)
			if key, ok := pair.Key.(*ast.StringNode); ok {
				t.fields[key.Value] = is
			}
		}
		return t
	case *ast.VariableDeclaratorNode:
		i.lets = append(i.lets, letName{x.Name, i.infer(x.Value)})
		t := i.infer(x.Expr)
		i.lets = i.lets[:len(i.lets)-1]
		return t
	case *ast.PredicateNode:
		return i.infer(x.Node)
	}
	i.errorf(n, "expression", "REFERENCE.md lists what an expression may use", "this is not part of the language")
	return anyType
}

func (i *inferrer) unary(x *ast.UnaryNode) typ {
	if x.Operator == "not" || x.Operator == "!" {
		i.condition(x.Node)
		return boolType
	}
	t := i.want(x.Node, numberType)
	return typ{kind: numberKind, empty: t.empty}
}

func (i *inferrer) array(x *ast.ArrayNode) typ {
	if len(x.Nodes) == 0 {
		return listType
	}
	t := i.infer(x.Nodes[0])
	for _, n := range x.Nodes[1:] {
		t = t.join(i.infer(n))
	}
	return listOf(t)
}

// condition is a node that must be true or false.
func (i *inferrer) condition(n ast.Node) {
	t := i.infer(n)
	if t.kind == boolKind || t.kind == anyKind {
		return
	}
	text := i.text(n)
	hint := "compare it, as in " + text + " != nil"
	switch t.kind {
	case listKind:
		hint = "compare its length: len(" + text + ") > 0"
	case nilKind:
		hint = "compare it with something"
	}
	i.errorf(n, "type", hint, "a condition must be true or false, and %s is %s", text, t.describe())
}

// want is a node that must be of a type.
func (i *inferrer) want(n ast.Node, want typ) typ {
	t := i.infer(n)
	if t.fits(want) && t.kind != nilKind {
		return t
	}
	hint := "put " + want.describe() + " here"
	if t.kind == textKind && want.kind == numberKind {
		hint = "float(" + i.text(n) + ") makes a number of it"
		if id, ok := n.(*ast.IdentifierNode); ok && i.s.saves(id.Value) {
			hint = "write type: number beside save: " + id.Value + ", or float(" + id.Value + ")"
		}
		if text := i.text(n); strings.HasPrefix(text, ".") || strings.HasPrefix(text, "item.") {
			hint += "; a column of a table is numbers where every cell of it is one"
		}
	}
	if t.kind == dateKind && want.kind == numberKind {
		hint = "dates are compared, not computed with; add_days(" + i.text(n) + ", -3) is three days before"
	}
	if s, ok := n.(*ast.StringNode); ok && want.kind == numberKind {
		hint = "put a number here"
		if _, err := strconv.ParseFloat(s.Value, 64); err == nil {
			hint = "write " + s.Value + " without quotes"
		}
	}
	if t.kind == numberKind && want.kind == textKind {
		hint = "string(" + i.text(n) + ") makes a text of it"
	}
	i.errorf(n, "type", hint, "%s must be %s here, and is %s", i.text(n), want.describe(), t.describe())
	return want
}
