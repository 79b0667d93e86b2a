package flows

import (
	"regexp"
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"
)

// maxWork bounds how often the inside of two loops over tables of data/ may run.
const maxWork = 2_000_000

// usage shows how each function is written.
var usage = map[string]string{
	"len": "len(list)", "filter": "filter(list, .size == 42)", "map": "map(list, .model)", "find": "find(list, .size == 42)",
	"any": "any(list, .stock > 0)", "all": "all(list, .stock > 0)", "none": "none(list, .stock > 0)", "count": "count(list, .stock > 0)",
	"sum": "sum(list, .price)", "min": "min(1, 2)", "max": "max(1, 2)", "sort": "sort(list)", "sortBy": `sortBy(list, .price, "desc")`,
	"first": "first(list)", "last": "last(list)", "take": "take(list, 3)", "lower": "lower(text)", "upper": "upper(text)", "trim": "trim(text)",
	"split": `split(text, ",")`, "join": `join(list, ", ")`, "abs": "abs(n)", "round": "round(n)", "floor": "floor(n)", "ceil": "ceil(n)",
	"int": "int(x)", "float": "float(x)", "string": "string(x)", "now": "now()", "today": "today()", "time_of_day": "time_of_day()", "date": `date(x, "long")`, "add_days": "add_days(today(), 30)",
	"money": `money(12.5, "EUR")`, "number": "number(1234.5)", "plural": `plural(n, {one: "pair", other: "pairs"})`,
}

// arity is how many arguments each function takes: at least, at most.
var arity = map[string][2]int{
	"len": {1, 1}, "filter": {2, 2}, "map": {2, 2}, "find": {2, 2}, "any": {2, 2}, "all": {2, 2}, "none": {2, 2}, "count": {1, 2}, "sum": {1, 2},
	"min": {1, 20}, "max": {1, 20}, "sort": {1, 2}, "sortBy": {2, 3}, "first": {1, 1}, "last": {1, 1}, "take": {2, 2}, "lower": {1, 1},
	"upper": {1, 1}, "trim": {1, 2}, "split": {2, 3}, "join": {1, 2}, "abs": {1, 1}, "round": {1, 1}, "floor": {1, 1}, "ceil": {1, 1},
	"int": {1, 1}, "float": {1, 1}, "string": {1, 1}, "now": {0, 0}, "today": {0, 0}, "time_of_day": {0, 0}, "date": {1, 2}, "add_days": {2, 2}, "money": {2, 2}, "number": {1, 1}, "plural": {2, 2},
}

var layouts = []string{"short", "long", "weekday", "time"}

var currencyCode = regexp.MustCompile(`^[A-Z]{3}$`)

// call is a call of one of our functions, or of nothing.
func (i *inferrer) call(x *ast.CallNode) typ {
	id, ok := x.Callee.(*ast.IdentifierNode)
	if !ok {
		hint := "functions are written len(x), not x.len()"
		if m, ok := x.Callee.(*ast.MemberNode); ok && len(x.Arguments) == 0 {
			if name, ok := m.Property.(*ast.StringNode); ok {
				meant := map[string]string{"toLowerCase": "lower", "toUpperCase": "upper", "length": "len", "strip": "trim"}[name.Value]
				if meant == "" {
					meant = name.Value
				}
				if usage[meant] != "" {
					hint = "write " + meant + "(" + i.text(m.Node) + ")"
				}
			}
		}
		i.errorf(x, "expression", hint, "values have no functions of their own")
		return anyType
	}
	if functionNamed(id.Value) == nil || hidden(id.Value) {
		for _, a := range x.Arguments {
			i.infer(a)
		}
		known := slices.Clone(builtins)
		for _, f := range functions {
			if !hidden(f.name) {
				known = append(known, f.name)
			}
		}
		hint := didYouMean(id.Value, known, "there are ")
		if best := nearest(id.Value, known); best != "" {
			hint = "did you mean " + usage[best] + "?"
		}
		i.errorf(id, "function-unknown", hint, "unknown function %q", id.Value)
		return anyType
	}
	if !i.counted(id.Value, x, len(x.Arguments)) {
		return anyType
	}
	return i.ours(id.Value, x.Arguments)
}

// counted checks the number of arguments.
func (i *inferrer) counted(name string, n ast.Node, got int) bool {
	if a := arity[name]; got < a[0] || got > a[1] {
		i.errorf(n, "function", "write "+usage[name], "%s takes other arguments", name)
		return false
	}
	return true
}

// ours is a function of functions.go.
func (i *inferrer) ours(name string, args []ast.Node) typ {
	var first typ
	if len(args) > 0 {
		first = i.infer(args[0])
	}
	out := typ{kind: textKind, empty: first.empty}
	switch name {
	case "now":
		return instantType
	case "today":
		return dateType
	case "time_of_day":
		return timeType
	case "string":
		return out
	case "int", "float":
		if !first.fits(numberType) && !first.textual() {
			i.errorf(args[0], "type", "give it a text that holds a number", "%s is %s and no number can be read from it", i.text(args[0]), first.describe())
		}
		out = typ{kind: numberKind, empty: first.empty || first.textual()}
		if text, ok := args[0].(*ast.StringNode); ok {
			n, _ := callFloat(text.Value)
			out.empty = n == nil
		}
		return out
	case "date":
		if first.kind != anyKind && !first.textual() {
			i.errorf(args[0], "type", "give it a date field, today(), or a text such as \"2026-12-24\"", "%s must be a date here, and is %s", i.text(args[0]), first.describe())
		}
		if len(args) == 2 {
			i.want(args[1], textType)
			if s, ok := args[1].(*ast.StringNode); ok && !slices.Contains(layouts, s.Value) {
				i.errorf(s, "function", didYouMean(s.Value, layouts, "it can be "), "unknown layout %q", s.Value)
			}
		}
		return out
	case "add_days":
		if text, ok := args[0].(*ast.StringNode); first.kind != anyKind && !first.textual() || ok && !writtenDate.MatchString(text.Value) {
			i.errorf(args[0], "type", "give it a date field, today(), or a text such as \"2026-12-24\"", "%s must be a date here, and is %s", i.text(args[0]), first.describe())
		}
		days := i.want(args[1], numberType)
		return typ{kind: dateKind, empty: first.empty || days.empty}
	}
	if !first.fits(numberType) {
		i.want(args[0], numberType)
	}
	switch name {
	case "money":
		i.want(args[1], textType)
		if s, ok := args[1].(*ast.StringNode); ok && !currencyCode.MatchString(s.Value) {
			i.errorf(s, "function", `write a code of three capitals: "EUR", "USD"`, "%q is not a currency", s.Value)
		}
	case "plural":
		forms, ok := args[1].(*ast.MapNode)
		if !ok {
			i.errorf(args[1], "function", "write "+usage["plural"], "plural takes the forms in braces")
			break
		}
		t := i.infer(forms)
		if _, ok := t.fields["other"]; !ok {
			i.errorf(args[1], "function", "write "+usage["plural"], `plural needs the form "other"`)
		}
		for form := range t.fields {
			if !slices.Contains(pluralForms, form) {
				i.errorf(args[1], "function", didYouMean(form, pluralForms, "it can be "), "unknown form %q", form)
			}
		}
	}
	return out
}

// builtin is a function of expr.
func (i *inferrer) builtin(x *ast.BuiltinNode) typ {
	if !slices.Contains(builtins, x.Name) {
		i.errorf(x, "function-unknown", didYouMean(x.Name, builtins, ""), "unknown function %q", x.Name)
		return anyType
	}
	if !i.counted(x.Name, x, len(x.Arguments)) {
		return anyType
	}
	switch x.Name {
	case "filter", "map", "find", "any", "all", "none", "count", "sum", "sortBy":
		return i.loop(x)
	case "len":
		t := i.infer(x.Arguments[0])
		if t.kind == numberKind || t.kind == boolKind || t.kind == nilKind {
			i.errorf(x.Arguments[0], "type", "len counts the items of a list or the characters of a text", "%s is %s and has no length", i.text(x.Arguments[0]), t.describe())
		}
		return numberType
	case "first", "last", "sort", "take", "join":
		list := i.want(x.Arguments[0], listType)
		return i.listed(x, list)
	case "min", "max":
		if t := i.infer(x.Arguments[0]); t.kind == listKind {
			i.numbers(x.Arguments[0], t)
			return t.of()
		}
		for _, a := range x.Arguments {
			i.want(a, numberType)
		}
		return numberType
	case "lower", "upper", "trim", "split":
		t := i.want(x.Arguments[0], textType)
		for _, a := range x.Arguments[1:] {
			i.infer(a)
		}
		if x.Name == "split" {
			return listOf(textType)
		}
		return typ{kind: textKind, empty: t.empty}
	}
	return typ{kind: numberKind, empty: i.want(x.Arguments[0], numberType).empty} // abs, round, floor, ceil
}

// listed is a function of a list without a condition.
func (i *inferrer) listed(x *ast.BuiltinNode, list typ) typ {
	for _, a := range x.Arguments[1:] {
		if x.Name == "take" {
			i.want(a, numberType)
		} else {
			i.want(a, textType)
		}
	}
	switch x.Name {
	case "first", "last":
		out := list.of()
		out.empty = out.empty || !i.holds(x.Arguments[0], list)
		return out
	case "join":
		if list.of().kind == objectKind {
			of := i.text(x.Arguments[0])
			i.errorf(x.Arguments[0], "type", "say what of each: join(map("+of+`, .name), ", ")`, "%s is a list of records, and join takes texts or numbers", of)
		}
		return textType
	}
	list.rows = 0
	return list
}

// holds says whether a list is known to hold something: its length was asked for, or
// it is a whole table that has rows.
func (i *inferrer) holds(n ast.Node, list typ) bool {
	if _, ok := n.(*ast.MemberNode); ok && list.rows > 0 {
		return true
	}
	path := pathOf(n)
	return path != "" && i.s.isFilled("len "+path)
}

// numbers reports a list of which something other than numbers is known.
func (i *inferrer) numbers(n ast.Node, list typ) {
	if of := list.of(); of.kind == textKind || of.kind == objectKind {
		holds := "texts"
		if of.kind == objectKind {
			holds = "records"
		}
		i.errorf(n, "type", "say what of each: map(list, .price)", "%s must be a list of numbers here, and holds %s", i.text(n), holds)
	}
}

// loop is a function that goes through a list.
func (i *inferrer) loop(x *ast.BuiltinNode) typ {
	list := i.want(x.Arguments[0], listType)
	item := list.of()
	if item.kind == objectKind && item.name == "" {
		item.name = "an item of " + strings.TrimSpace(i.text(x.Arguments[0]))
	}
	out := anyType
	if x.Name == "sum" && len(x.Arguments) == 1 {
		i.numbers(x.Arguments[0], list)
	}
	if len(x.Arguments) > 1 {
		i.items = append(i.items, item)
		outer := i.rows
		i.rows = max(list.rows, 1) * max(outer, 1)
		switch {
		case len(i.items) > maxLoops:
			i.errorf(x, "expression-bound", "save what the inner one finds with set: first", "more than %d lists are gone through in one another", maxLoops)
		case len(i.items) == maxLoops && i.rows > maxWork:
			i.errorf(x, "expression-bound", "filter the larger table first", "the two tables have %d pairs of rows, too many to compare for every person", i.rows)
		}
		switch x.Name {
		case "filter", "find", "any", "all", "none", "count":
			i.condition(x.Arguments[1].(*ast.PredicateNode).Node)
		case "sum":
			i.want(x.Arguments[1].(*ast.PredicateNode).Node, numberType)
		default:
			out = i.infer(x.Arguments[1])
		}
		i.items, i.rows = i.items[:len(i.items)-1], outer
	}
	if len(x.Arguments) > 2 {
		i.want(x.Arguments[2], textType)
	}
	switch x.Name {
	case "filter", "sortBy":
		return list
	case "map":
		return listOf(out)
	case "find":
		out = list.of()
		out.empty = true
		return out
	case "any", "all", "none":
		return boolType
	}
	return numberType
}
