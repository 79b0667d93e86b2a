package flows

import "github.com/expr-lang/expr/ast"

// there is what becomes of a condition for people on one channel.
type there int

const (
	depends    there = iota // on something else
	holdsThere              // for all of them
	failsThere              // for none of them
	untold                  // it asks for the channel in a way that is not followed
)

// onChannel is what a condition comes to on a channel, as far as contact.channel decides
// it: compared with a text, or looked for in a list of texts.
func (x *expression) onChannel(channel string) there {
	if x == nil || x.code == nil {
		return untold
	}
	return onChannel(x.code.tree, channel)
}

func onChannel(n ast.Node, channel string) there {
	switch x := n.(type) {
	case *ast.UnaryNode:
		if x.Operator == "not" || x.Operator == "!" {
			return onChannel(x.Node, channel).not()
		}
	case *ast.BinaryNode:
		switch x.Operator {
		case "and", "&&":
			return onChannel(x.Left, channel).and(onChannel(x.Right, channel))
		case "or", "||":
			return onChannel(x.Left, channel).not().and(onChannel(x.Right, channel).not()).not()
		case "==", "!=":
			text, ok := x.Right.(*ast.StringNode)
			of := x.Left
			if !ok {
				text, ok = x.Left.(*ast.StringNode)
				of = x.Right
			}
			if ok && pathOf(of) == channelPath {
				return certainly((text.Value == channel) == (x.Operator == "=="))
			}
		case "in":
			list, ok := x.Right.(*ast.ArrayNode)
			if !ok || pathOf(x.Left) != channelPath {
				break
			}
			found := false
			for _, item := range list.Nodes {
				text, ok := item.(*ast.StringNode)
				if !ok {
					return untold
				}
				found = found || text.Value == channel
			}
			return certainly(found)
		}
	}
	if ast.Find(n, func(n ast.Node) bool { return pathOf(n) == channelPath }) != nil {
		return untold
	}
	return depends
}

// channelPath is how expressions call the channel somebody is on.
const channelPath = "contact.channel"

func certainly(holds bool) there {
	if holds {
		return holdsThere
	}
	return failsThere
}

func (t there) not() there {
	switch t {
	case holdsThere:
		return failsThere
	case failsThere:
		return holdsThere
	}
	return t
}

// and is what two conditions together come to.
func (t there) and(u there) there {
	switch {
	case t == failsThere || u == failsThere:
		return failsThere
	case t == untold || u == untold:
		return untold
	case t == holdsThere:
		return u
	case u == holdsThere:
		return t
	}
	return depends
}
