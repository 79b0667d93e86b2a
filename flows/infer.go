package flows

import (
	"reflect"
	"slices"
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

// name is the type of a bare name.
func (i *inferrer) name(x *ast.IdentifierNode) typ {
	for _, l := range slices.Backward(i.lets) {
		if l.name == x.Value {
			return l.is
		}
	}
	if t, ok := i.s.look(x.Value); ok {
		t.empty = t.empty && t.standIn() == nil && !i.s.isFilled("name "+x.Value)
		return t
	}
	if root := i.s.root(); root.shaky && root.maybe[x.Value] && !contains(reserved, x.Value) {
		return anyType // saved by what could not be read
	}
	switch x.Value {
	case "contact":
		i.errorf(x, "expression", "write contact.first_name, or another field", "contact is a person: name one of their fields")
		return anyType
	case "data":
		i.errorf(x, "expression", "write data. and the name of a file in data/", "data holds tables: name one of them")
		return anyType
	case "event", "events", "interest", "topic", "item", "value", "error":
		i.errorf(x, "name-unknown", placeOf[x.Value], "%q means nothing here", x.Value)
		return anyType
	case "null", "None", "undefined", "NULL", "none":
		i.errorf(x, "name-unknown", "write nil", "unknown name %q", x.Value)
		return anyType
	case "True", "False", "yes", "no":
		i.errorf(x, "name-unknown", "write true or false", "unknown name %q", x.Value)
		return anyType
	case "user", "person", "customer", "client", "sender", "profile", "me", "self":
		i.errorf(x, "name-unknown", "the person is contact: contact.first_name", "unknown name %q", x.Value)
		return anyType
	case "name", "firstname", "first", "username", "user_name", "full_name":
		if i.c.bot.field(x.Value) == nil && functionNamed(x.Value) == nil && !slices.Contains(builtins, x.Value) {
			i.errorf(x, "name-unknown", "the person's name is contact.first_name", "unknown name %q", x.Value)
			return anyType
		}
	case "$env":
		i.errorf(x, "expression", "name what you need: contact., data. or a saved name", "this is not part of the language")
		return anyType
	}
	if functionNamed(x.Value) != nil || slices.Contains(builtins, x.Value) {
		i.errorf(x, "expression", "write "+x.Value+"(…)", "%s is a function and needs brackets", x.Value)
		return anyType
	}
	hint := didYouMean(x.Value, i.s.all(), "names here are contact, data, ")
	if f := i.c.bot.field(x.Value); f != nil || contains(builtinFields, x.Value) {
		hint = "did you mean contact." + x.Value + "?"
	} else if _, inCard := i.s.look("item"); inCard && strings.HasPrefix(strings.TrimPrefix(i.x.source, x.Value), ".") {
		hint = "what each: goes through is called item: item" + strings.TrimPrefix(i.x.source, x.Value)
	} else if i.s.root().maybe[x.Value] && !known(x.Value) {
		hint = "it is saved in this flow, but not on every way that leads here: save it before, or in the steps above"
	} else if !strings.HasPrefix(hint, "did") {
		hint = `if it is a text, put it in quotes: "` + x.Value + `"; a name is saved first, by save: or set:`
	}
	i.errorf(x, "name-unknown", hint, "unknown name %q", x.Value)
	return anyType
}

// placeOf says where names that are not known everywhere are.
var placeOf = map[string]string{
	"event":    "event is known in flows that an event starts, and in their where:",
	"events":   "events is known in flows that an event with a topic starts",
	"interest": "interest is known beside topic: (add topic: to the trigger), and in flows that a notification starts",
	"topic":    "topic is known beside topic: of a trigger, and in flows that a notification starts",
	"item":     "item is known beside each:",
	"value":    "value is known in check:",
	"error":    "error is known in on_error: of a call",
}

// member is a.b or a[b].
func (i *inferrer) member(x *ast.MemberNode) typ {
	property, named := x.Property.(*ast.StringNode)
	if id, ok := x.Node.(*ast.IdentifierNode); ok && i.global(id.Value) {
		if !named {
			i.errorf(x.Property, "expression", "write "+id.Value+". and the name itself", "%s needs a name behind a dot", id.Value)
			return anyType
		}
		if id.Value == "contact" {
			return i.contact(property)
		}
		return i.table(property)
	}
	base := i.infer(x.Node)
	switch {
	case base.kind == anyKind || base.kind == nilKind:
		if !named {
			i.infer(x.Property)
		}
		return typ{kind: anyKind, empty: base.empty}
	case base.kind == listKind:
		if !named {
			i.want(x.Property, numberType)
			return base.of()
		}
		hint := "take one of it: first(" + i.text(x.Node) + ")." + property.Value
		switch property.Value {
		case "csv", "yaml", "json":
			hint = "write " + i.text(x.Node) + ": a table is named without its ending"
		case "length", "size", "count", "len":
			hint = "write len(" + i.text(x.Node) + ")"
		}
		i.errorf(property, "type", hint, "%s is a list and has no .%s", i.text(x.Node), property.Value)
		return anyType
	case base.kind == objectKind:
		if !named {
			i.infer(x.Property)
			return anyType
		}
		if base.fields == nil {
			return typ{kind: anyKind, empty: base.empty}
		}
		t, ok := base.fields[property.Value]
		if !ok {
			holder := base.name
			if holder == "" {
				holder = i.text(x.Node)
			}
			known := make([]string, 0, len(base.fields))
			for name := range base.fields {
				known = append(known, name)
			}
			hint := didYouMean(property.Value, known, "it has ")
			if len(known) == 0 {
				hint = "it has nothing inside; what it is to have is declared in bot.yaml"
			}
			i.errorf(property, "name-unknown", hint, "%s has no %q", holder, property.Value)
		}
		t.empty = t.empty || base.empty
		return t
	}
	hint := "use " + i.text(x.Node) + " by itself"
	if named && contains([]string{"length", "size", "count", "len"}, property.Value) {
		hint = "write len(" + i.text(x.Node) + ")"
	}
	i.errorf(x.Property, "type", hint, "%s is %s and has nothing inside", i.text(x.Node), base.describe())
	return anyType
}

// global says whether a name is contact or data, and not something saved.
func (i *inferrer) global(name string) bool {
	if name != "contact" && name != "data" {
		return false
	}
	for _, l := range i.lets {
		if l.name == name {
			return false
		}
	}
	return true
}

// contact is a field of the person.
func (i *inferrer) contact(property *ast.StringNode) typ {
	name := property.Value
	switch name {
	case "id", "channel":
		return textType
	case "created_at":
		return instantType
	case "first_name", "last_name", "locale", "timezone":
		return typ{kind: textKind, empty: !i.s.isFilled(name)}
	}
	if i.c.unsure {
		return anyType
	}
	f := i.c.bot.field(name)
	if f == nil {
		from, to := extent(property)
		i.c.unknownField(word{text: name, span: i.x.at(from, to)})
		return anyType
	}
	t := f.typ()
	t.empty = f.Type != "boolean" && f.Type != "list" && !i.s.isFilled(name)
	return t
}

// table is a file of data/.
func (i *inferrer) table(property *ast.StringNode) typ {
	if t, ok := i.c.data.typ(property.Value); ok || i.c.data == nil {
		return t
	}
	hint := didYouMean(property.Value, i.c.data.names(), "there are ")
	if hint == "" {
		hint = "put a table in data/" + property.Value + ".yaml, .json or .csv"
	}
	i.errorf(property, "data-unknown", hint, "unknown table %q", property.Value)
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
		hint = "int(" + i.text(n) + ") makes a number of it"
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
