package flows

import (
	"maps"
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"
)

// scope holds the names an expression may use at a place in a flow.
type scope struct {
	parent *scope
	names  map[string]typ
	filled map[string]bool // contact fields that are not empty here

	// Of a flow's own scope: what was saved, and what was read.
	declared []word
	track    map[string]bool
	// Of a flow that could not be read whole: the names it may have saved.
	shaky bool
	maybe map[string]bool
}

func newScope() *scope {
	return &scope{names: make(map[string]typ), filled: make(map[string]bool)}
}

// declare adds what ask, set or run save: a bare name, or "contact.x"; either is filled
// from here on. It holds for the rest of the flow.
func (s *scope) declare(name word, t typ) {
	if field, ok := strings.CutPrefix(name.text, "contact."); ok {
		for at := s; at != nil; at = at.parent {
			at.filled[field] = !t.empty && t.kind != nilKind
		}
		return
	}
	for at := s; at != nil; at = at.parent {
		at.filled["name "+name.text] = !t.empty && t.kind != nilKind
	}
	root := s.root()
	if old, ok := root.names[name.text]; ok {
		t = old.join(t)
	} else {
		root.declared = append(root.declared, name)
	}
	root.names[name.text] = t
}

// with adds item, value, event, interest, topic for what stands inside.
func (s *scope) with(name string, t typ) *scope {
	return &scope{parent: s, names: map[string]typ{name: t}, filled: make(map[string]bool)}
}

// loses makes a name of the flow that is known already one that may be empty here.
func (s *scope) loses(name string) {
	t, known := s.root().names[name]
	if !known || t.kind == listKind || t.kind == boolKind {
		return
	}
	t.empty = true
	s.names[name], s.filled["name "+name] = t, false
}

// given is the scope where a condition holds: the fields it tests are filled there.
func (s *scope) given(x *expression) *scope {
	inner := &scope{parent: s, names: make(map[string]typ), filled: make(map[string]bool)}
	inner.learn(x, true)
	return inner
}

// otherwise is the scope where a condition does not hold.
func (s *scope) otherwise(x *expression) *scope {
	inner := &scope{parent: s, names: make(map[string]typ), filled: make(map[string]bool)}
	inner.learn(x, false)
	return inner
}

// apart checks ways of which a person takes one: what is saved on the first is not known
// on the second, and all of it behind them.
func (s *scope) apart(ways ...func()) {
	var chain []*scope
	for at := s; at != nil; at = at.parent {
		chain = append(chain, at)
	}
	before, behind := make([]map[string]bool, len(chain)), make([]map[string]bool, len(chain))
	for i, at := range chain {
		before[i], behind[i] = maps.Clone(at.filled), maps.Clone(at.filled)
	}
	for _, way := range ways {
		way()
		for i, at := range chain {
			for name, is := range at.filled {
				if was, known := before[i][name]; !known || was != is {
					behind[i][name] = is
				}
			}
			at.filled = maps.Clone(before[i])
		}
	}
	for i, at := range chain {
		at.filled = behind[i]
	}
}

// learn fills what cannot be empty from here on, because a condition came out as holds.
func (s *scope) learn(x *expression, holds bool) {
	if x != nil && x.code != nil {
		tested(x.code.tree, holds, s.filled)
	}
}

// look finds a name.
func (s *scope) look(name string) (typ, bool) {
	for at := s; at != nil; at = at.parent {
		if t, ok := at.names[name]; ok {
			if at.track != nil {
				at.track[name] = true
			}
			return t, true
		}
	}
	return anyType, false
}

// standIns is what stands for each of some names where it is not set; nil if nothing does
// for any. The fields of a contact have their own.
func (s *scope) standIns(slots []slot) (out []any) {
	for i := range slots {
		path := slots[i].path
		t, known := s.look(path[0])
		for _, name := range path[1:] {
			t = t.fields[name]
		}
		if v := t.standIn(); known && v != nil {
			if out == nil {
				out = make([]any, len(slots))
			}
			out[i] = v
		}
	}
	return out
}

// root is the flow's own scope.
func (s *scope) root() *scope {
	for s.parent != nil {
		s = s.parent
	}
	return s
}

// isFilled says whether a contact field is known not to be empty.
func (s *scope) isFilled(field string) bool {
	for at := s; at != nil; at = at.parent {
		if filled, ok := at.filled[field]; ok {
			return filled
		}
	}
	return false
}

// saves says whether a step of the flow has saved a name.
func (s *scope) saves(name string) bool {
	return slices.ContainsFunc(s.root().declared, func(w word) bool { return w.text == name })
}

// all are the names in reach.
func (s *scope) all() []string {
	names := make(map[string]bool)
	for at := s; at != nil; at = at.parent {
		for name := range at.names {
			names[name] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}

// tested collects the contact fields that cannot be nil if a condition came out as
// holds. A comparison with nil fails, and what fails does not hold.
func tested(n ast.Node, holds bool, out map[string]bool) {
	switch x := n.(type) {
	case *ast.UnaryNode:
		if x.Operator == "not" || x.Operator == "!" {
			tested(x.Node, !holds, out)
		}
	case *ast.MemberNode, *ast.IdentifierNode:
		if holds {
			mark(n, out)
		}
	case *ast.BinaryNode:
		switch x.Operator {
		case "and", "&&":
			if holds {
				tested(x.Left, true, out)
				tested(x.Right, true, out)
			}
		case "or", "||":
			if !holds {
				tested(x.Left, false, out)
				tested(x.Right, false, out)
			}
		case "==", "!=":
			_, leftNil := x.Left.(*ast.NilNode)
			_, rightNil := x.Right.(*ast.NilNode)
			equal := holds == (x.Operator == "==")
			switch {
			case leftNil && !equal:
				mark(x.Right, out)
			case rightNil && !equal:
				mark(x.Left, out)
			case !leftNil && !rightNil && equal && constant(x.Right):
				mark(x.Left, out)
			case !leftNil && !rightNil && equal && constant(x.Left):
				mark(x.Right, out)
			}
		case "<", "<=", ">", ">=", "contains", "startsWith", "endsWith", "matches":
			if holds {
				mark(x.Left, out)
				mark(x.Right, out)
			}
		case "in":
			if holds {
				mark(x.Left, out)
			}
		}
	}
}

// mark notes contact.x, as "x"; a name of the flow, or what is inside it, as "name x";
// and len(x), as "len x".
func mark(n ast.Node, out map[string]bool) {
	switch x := n.(type) {
	case *ast.IdentifierNode:
		out["name "+x.Value] = true
	case *ast.MemberNode:
		if field, ok := contactField(x); ok {
			out[field] = true
			return
		}
		mark(x.Node, out)
	case *ast.ChainNode:
		mark(x.Node, out)
	case *ast.BuiltinNode:
		if x.Name == "len" && len(x.Arguments) == 1 {
			if path := pathOf(x.Arguments[0]); path != "" {
				out["len "+path] = true
			}
		}
	}
}

// pathOf is a name, with what follows it: "found", "data.shoes"; empty for anything
// else.
func pathOf(n ast.Node) string {
	switch x := n.(type) {
	case *ast.IdentifierNode:
		return x.Value
	case *ast.MemberNode:
		base := pathOf(x.Node)
		if name, ok := x.Property.(*ast.StringNode); ok && base != "" {
			return base + "." + name.Value
		}
	}
	return ""
}

// contactField is the x of contact.x.
func contactField(n *ast.MemberNode) (string, bool) {
	id, ok := n.Node.(*ast.IdentifierNode)
	if !ok || id.Value != "contact" {
		return "", false
	}
	name, ok := n.Property.(*ast.StringNode)
	if !ok {
		return "", false
	}
	return name.Value, true
}

func constant(n ast.Node) bool {
	switch n.(type) {
	case *ast.StringNode, *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		return true
	}
	return false
}
