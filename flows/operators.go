package flows

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/expr-lang/expr/ast"
)

// binary is an operator between two values.
func (i *inferrer) binary(x *ast.BinaryNode) typ {
	switch x.Operator {
	case "or", "||":
		if l := i.infer(x.Left); l.kind != boolKind && l.kind != anyKind {
			i.errorf(x.Left, "type", "for a default write "+i.text(x.Left)+" ?? "+i.text(x.Right)+"; a condition may be "+i.text(x.Left)+" != nil", "%s joins two conditions, and %s is %s", x.Operator, i.text(x.Left), l.describe())
			return anyType
		}
		i.second(x)
		return boolType
	case "and", "&&":
		i.condition(x.Left)
		i.second(x)
		return boolType
	case "==", "!=", "<", "<=", ">", ">=":
		i.compare(x)
		return boolType
	case "in":
		i.in(x)
		return boolType
	case "contains", "startsWith", "endsWith":
		if l := i.infer(x.Left); l.kind == listKind {
			i.errorf(x, "type", "write "+i.text(x.Right)+" in "+i.text(x.Left), "%s is a list: %s looks into texts", i.text(x.Left), x.Operator)
			return boolType
		}
		i.want(x.Left, textType)
		i.want(x.Right, textType)
		return boolType
	case "matches":
		i.want(x.Left, textType)
		i.want(x.Right, textType)
		if s, ok := x.Right.(*ast.StringNode); ok {
			if _, err := regexp.Compile(s.Value); err != nil {
				i.errorf(x.Right, "pattern", "patterns are RE2: no look-around, no back-references", "the pattern cannot be read")
			} else if large := heavy(s.Value); large != "" {
				i.errorf(x.Right, "pattern", "write smaller numbers in { }, or + instead of them", "%s", large)
			}
		}
		return boolType
	case "??":
		l, r := i.infer(x.Left), i.infer(x.Right)
		l.empty = false
		if l.kind == nilKind {
			return r
		}
		return l.join(r)
	case "+":
		return i.plus(x)
	case "-", "*", "/", "%", "**", "^":
		l, r := i.want(x.Left, numberType), i.want(x.Right, numberType)
		return typ{kind: numberKind, empty: l.empty || r.empty}
	case "..":
		i.errorf(x, "expression", "write the list out: [1, 2, 3]; take(list, 3) is the beginning of one", "ranges (..) are not part of the language")
		return listOf(numberType)
	}
	i.errorf(x, "expression", "operators are + - * / % == != < <= > >= and or not in ?? contains startsWith endsWith matches", "%q is not part of the language", x.Operator)
	return anyType
}

// second is the condition on the right of and, or: "red" alone repeats the comparison
// on the left in people's speech, and not here.
func (i *inferrer) second(x *ast.BinaryNode) {
	left, ok := x.Left.(*ast.BinaryNode)
	for ok && (left.Operator == "or" || left.Operator == "||" || left.Operator == "and" || left.Operator == "&&") {
		left, ok = left.Right.(*ast.BinaryNode)
	}
	if !ok || !constant(x.Right) || i.infer(x.Right).kind == boolKind {
		i.condition(x.Right)
		return
	}
	i.errorf(x.Right, "type", "write "+i.text(left.Left)+" "+left.Operator+" "+i.text(x.Right), "%s joins two whole conditions, and %s is %s", x.Operator, i.text(x.Right), i.infer(x.Right).describe())
}

// plus adds numbers or joins texts.
func (i *inferrer) plus(x *ast.BinaryNode) typ {
	l, r := i.infer(x.Left), i.infer(x.Right)
	empty := l.empty || r.empty
	switch {
	case l.kind == anyKind || r.kind == anyKind:
		return typ{empty: empty}
	case l.kind == numberKind && r.kind == numberKind:
		return typ{kind: numberKind, empty: empty}
	case l.textual() && r.textual():
		return typ{kind: textKind, empty: empty}
	}
	hint := "write them as two {{ }} to show both"
	if l.kind == listKind {
		hint = "to add to a list of texts, join and split it: filter(split(join(" + i.text(x.Left) + ", '|') + '|' + TEXT, '|'), # != '')"
	}
	if l.textual() && r.kind == numberKind || r.textual() && l.kind == numberKind {
		hint = "write them as two {{ }}, or make a text of the number with string()"
	}
	if l.kind == dateKind || r.kind == dateKind {
		hint = "add_days(date, 30) is a date thirty days later"
		if l.kind == dateKind && r.kind == numberKind {
			hint = "write add_days(" + i.text(x.Left) + ", " + i.text(x.Right) + ")"
		}
	}
	i.errorf(x, "type", hint, "%s is %s and %s %s: + adds two numbers or joins two texts", i.text(x.Left), l.describe(), i.text(x.Right), r.describe())
	return anyType
}

// compare is == and the like.
func (i *inferrer) compare(x *ast.BinaryNode) {
	l, r := i.infer(x.Left), i.infer(x.Right)
	order := x.Operator != "==" && x.Operator != "!="
	switch {
	case order && (l.kind == nilKind || r.kind == nilKind):
		i.errorf(x, "type", "write == nil or != nil", "nil is neither more nor less than anything")
		return
	case !l.comparable(r) && !r.comparable(l):
		i.mismatch(x, l, r)
		return
	case order && (unordered(l) || unordered(r)):
		odd, t := x.Left, l
		if !unordered(l) {
			odd, t = x.Right, r
		}
		i.errorf(odd, "type", "compare with == or !=, or take a number or a text of it", "%s is %s: %s compares numbers, texts and dates", i.text(odd), t.describe(), x.Operator)
		return
	}
	if !order {
		if i.neverEmpty(x, x.Left, x.Right) || i.neverEmpty(x, x.Right, x.Left) {
			return
		}
		i.weekday(x.Left, x.Right)
		i.weekday(x.Right, x.Left)
		i.mailbox(x.Left, x.Right)
		i.mailbox(x.Right, x.Left)
	}
	i.option(l, x.Right)
	i.option(r, x.Left)
	i.calendar(l, x.Right)
	i.calendar(r, x.Left)
}

// writtenDate is a date as it is kept, and writtenTime a time of day.
var (
	writtenDate = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}$`)
	writtenTime = regexp.MustCompile(`^([01]\d|2[0-3]):[0-5]\d$`)
)

// calendar reports a date, a time of day or a moment compared with a text that is none.
func (i *inferrer) calendar(t typ, n ast.Node) {
	lit, ok := n.(*ast.StringNode)
	if !ok || lit.Value == "" && t.kind != dateKind { // neverEmpty speaks of that
		return
	}
	from, to := extent(n)
	switch {
	case t.kind == dateKind && !writtenDate.MatchString(lit.Value):
		i.errorf(n, "type", `write year, month and day: "2026-12-24"`, "%q is not a date as dates are compared", lit.Value)
	case t.kind == timeKind && !writtenTime.MatchString(lit.Value):
		hint := `write hours and minutes with two digits each: "18:00"`
		if writtenTime.MatchString("0" + lit.Value) {
			hint = `write "0` + lit.Value + `"`
		}
		i.c.warnf("type", i.x.at(from, to), hint, "%q is not a time as times are compared", lit.Value)
	case t.kind == instantKind && len(lit.Value) < len("2026-12-24"):
		i.c.warnf("type", i.x.at(from, to), `time_of_day() > "18:00" asks for the hour where the person lives, today() > "2026-12-24" for the day`,
			"%q is compared with a moment, which has day, hour and zone", lit.Value)
	}
}

// neverEmpty warns of a field compared with "": what is unset is nil.
func (i *inferrer) neverEmpty(x *ast.BinaryNode, of, n ast.Node) bool {
	lit, ok := n.(*ast.StringNode)
	if !ok || lit.Value != "" {
		return false
	}
	m, ok := of.(*ast.MemberNode)
	if !ok || strings.Contains(i.x.source, "nil") {
		return false
	}
	_, ok = contactField(m)
	if ok {
		from, to := extent(n)
		hint := "write " + i.text(of) + " " + x.Operator + " nil"
		i.c.warnf("type", i.x.at(from, to), hint, "%s is nil where nothing is known, and never an empty text", i.text(of)).mend(i.x.at(from, to), "nil")
	}
	return ok
}

// mailbox warns of a person's address, which is kept in small letters, compared with what
// an event or a consent holds as somebody wrote it.
func (i *inferrer) mailbox(of, n ast.Node) {
	m, ok := of.(*ast.MemberNode)
	if !ok {
		return
	}
	name, _ := contactField(m)
	path := pathOf(n)
	if f := i.c.bot.field(name); f == nil || f.Type != "email" || !strings.HasPrefix(path, "event.") && !strings.HasPrefix(path, "interest.") {
		return
	}
	from, to := extent(n)
	i.c.warnf("type", i.x.at(from, to), "write lower("+path+")", "contact.%s is kept in small letters, and %s as it was written: Zoe@ and zoe@ are not equal", name, path).mend(i.x.at(from, to), "lower("+path+")")
}

func unordered(t typ) bool { return t.kind == boolKind || t.kind == listKind || t.kind == objectKind }

// mismatch reports a comparison that can never hold.
func (i *inferrer) mismatch(x *ast.BinaryNode, l, r typ) {
	hint := ""
	for _, side := range []struct {
		n, of ast.Node
		other typ
	}{{x.Left, x.Right, r}, {x.Right, x.Left, l}} {
		switch lit := side.n.(type) {
		case *ast.StringNode:
			if _, err := strconv.ParseFloat(lit.Value, 64); err == nil && side.other.kind == numberKind {
				hint = "write " + lit.Value + " without quotes"
			}
			if side.other.kind == boolKind && (lit.Value == "true" || lit.Value == "false") {
				hint = "write " + lit.Value + " without quotes"
			} else if side.other.kind == boolKind {
				hint = "write " + i.text(side.of) + ", or not " + i.text(side.of)
			}
		case *ast.BinaryNode:
			if text := i.text(side.n); writtenDate.MatchString(text) && side.other.textual() {
				hint = `write "` + text + `" in quotes`
			}
		case *ast.IntegerNode:
			field, order := strings.TrimPrefix(i.text(side.of), "contact."), x.Operator != "==" && x.Operator != "!="
			switch {
			case len(side.other.options) > 0:
				hint = "it is one of " + strings.Join(side.other.options, ", ") + `: write ` + i.text(side.of) + ` == "` + side.other.options[0] + `"`
			case side.other.kind == boolKind:
				hint = "write " + i.text(side.of) + ", or not " + i.text(side.of)
			case side.other.kind == listKind:
				hint = "compare its length: len(" + i.text(side.of) + ") " + x.Operator + " " + i.text(side.n)
			case order && i.c.bot.field(field) != nil:
				hint = "if it is a number, declare it so in bot.yaml: " + field + ": number; whether it is there says " + i.text(side.of) + " != nil"
			case order && i.s.saves(i.text(side.of)):
				hint = "write type: number beside save: " + i.text(side.of)
			case side.other.textual():
				hint = `write "` + i.text(side.n) + `" in quotes`
			}
		}
	}
	if hint == "" {
		hint = "compare " + i.text(x.Left) + " with " + l.describe()
	}
	what := "they can never be equal"
	if x.Operator != "==" && x.Operator != "!=" {
		what = "they cannot be compared"
	}
	i.errorf(x, "type", hint, "%s is %s and %s is %s: %s", i.text(x.Left), l.describe(), i.text(x.Right), r.describe(), what)
}

// option reports a choice compared with what is none of its options.
func (i *inferrer) option(t typ, n ast.Node) {
	lit, ok := n.(*ast.StringNode)
	if ok && t.kind == textKind && !slices.ContainsFunc(t.offered, func(o [2]string) bool { return o[1] == lit.Value }) {
		for _, o := range t.offered {
			if folded := fold(lit.Value); folded != "" && (folded == fold(o[0]) || folded == fold(o[1])) {
				from, to := extent(n)
				i.c.warnf("type", i.x.at(from, to), "write "+strconv.Quote(o[1]), "%q is never the answer: who takes %q has answered %q", lit.Value, o[0], o[1])
				return
			}
		}
	}
	if !ok || len(t.options) == 0 || slices.Contains(t.options, lit.Value) {
		return
	}
	i.errorf(n, "type", didYouMean(lit.Value, t.options, "it can be "), "%q is none of the options", lit.Value)
}

// in looks for a value in a list.
func (i *inferrer) in(x *ast.BinaryNode) {
	l, r := i.infer(x.Left), i.infer(x.Right)
	switch r.kind {
	case anyKind, objectKind, nilKind:
		return
	case listKind:
		if of := r.of(); !l.comparable(of) && !of.comparable(l) {
			i.errorf(x, "type", "look for one of "+several(of), "%s is %s and the list holds %s: it can never be in it", i.text(x.Left), l.describe(), several(of))
		}
		if list, ok := x.Right.(*ast.ArrayNode); ok {
			for _, n := range list.Nodes {
				i.option(l, n)
			}
		}
		i.weekday(x.Left, x.Right)
		return
	}
	hint := "write == to compare two values"
	if r.textual() && l.textual() {
		hint = "write " + i.text(x.Right) + " contains " + i.text(x.Left)
	}
	i.errorf(x.Right, "type", hint, "in looks into a list, and %s is %s", i.text(x.Right), r.describe())
}

// several names what a list holds.
func several(t typ) string {
	switch t.kind {
	case numberKind:
		return "numbers"
	case boolKind:
		return "true and false"
	case listKind:
		return "lists"
	case objectKind:
		return "records"
	}
	return "texts"
}
