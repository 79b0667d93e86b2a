package flows

import (
	"slices"

	"github.com/expr-lang/expr/ast"
)

// terms are the equalities between a field of the event and one of the interest
// that a condition cannot hold without.
func terms(n ast.Node) []Term {
	x, ok := n.(*ast.BinaryNode)
	if !ok {
		return nil
	}
	switch x.Operator {
	case "and", "&&":
		return append(terms(x.Left), terms(x.Right)...)
	case "==":
		left, leftOf := memberOf(x.Left)
		right, rightOf := memberOf(x.Right)
		if leftOf == "event" && rightOf == "interest" {
			return []Term{{Event: left, Interest: right}}
		}
		if leftOf == "interest" && rightOf == "event" {
			return []Term{{Event: right, Interest: left}}
		}
	}
	return nil
}

// memberOf takes event.size apart.
func memberOf(n ast.Node) (name, of string) {
	member, ok := n.(*ast.MemberNode)
	if !ok {
		return "", ""
	}
	id, ok := member.Node.(*ast.IdentifierNode)
	property, named := member.Property.(*ast.StringNode)
	if !ok || !named {
		return "", ""
	}
	return property.Value, id.Value
}

// byName are the terms of a trigger without where: the fields its event and its
// topic's interest share by name.
func byName(event *EventType, topic *Topic) []Term {
	if event == nil || topic == nil {
		return nil
	}
	var out []Term
	for _, f := range topic.Interest {
		if slices.ContainsFunc(event.Data, func(e Field) bool { return e.Name == f.Name }) {
			out = append(out, Term{Event: f.Name, Interest: f.Name})
		}
	}
	return out
}
