package flows

import (
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"
)

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
	if root := i.s.root(); root.shaky && (root.maybe[x.Value] || root.maybe[""]) && !contains(reserved, x.Value) {
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
		if row, _ := i.s.look("item"); row.fields[x.Value].kind != anyKind {
			i.errorf(x, "name-unknown", "did you mean item."+x.Value+"?", "unknown name %q", x.Value)
			return anyType
		}
		if i.c.bot.field(x.Value) == nil && functionNamed(x.Value) == nil && !slices.Contains(builtins, x.Value) {
			i.errorf(x, "name-unknown", "the person's name is contact.first_name", "unknown name %q", x.Value)
			return anyType
		}
	case "$env":
		i.errorf(x, "expression", "name what you need: contact., data. or a saved name", "this is not part of the language")
		return anyType
	}
	if functionNamed(x.Value) != nil || slices.Contains(builtins, x.Value) {
		brackets := "(…)"
		if arity[x.Value] == [2]int{} && functionNamed(x.Value) != nil {
			brackets = "()"
		}
		i.errorf(x, "expression", "write "+x.Value+brackets, "%s is a function and needs brackets", x.Value)
		return anyType
	}
	hint := didYouMean(x.Value, i.s.all(), "names here are contact, data, ")
	if f := i.c.bot.field(x.Value); f != nil || contains(builtinFields, x.Value) {
		hint = "did you mean contact." + x.Value + "?"
	} else if meant := i.c.fieldMeant(x.Value); meant != "" && !strings.HasPrefix(hint, "did") {
		hint = "did you mean contact." + meant + "?"
	} else if row, inCard := i.s.look("item"); inCard && row.fields[x.Value].kind != anyKind {
		hint = "did you mean item." + x.Value + "?"
	} else if _, table := i.c.data.typ(x.Value); table {
		hint = "did you mean data." + x.Value + "?"
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
		hint := "map(" + i.text(x.Node) + ", ." + property.Value + ") is that of all, first(" + i.text(x.Node) + ")." + property.Value + " that of one"
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
	if _, known := i.c.read[name]; !known {
		from, to := extent(property)
		if i.c.read == nil {
			i.c.read = make(map[string]Span)
		}
		i.c.read[name] = i.x.at(from, to)
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
