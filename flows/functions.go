package flows

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// function is one of our own functions in expressions. Those that ask are given
// the env in front of what the author wrote.
type function struct {
	name string
	asks bool
	call func(args ...any) (any, error)
}

// moduloName is what the operator % is called: expr's own takes whole numbers only,
// and all our numbers have room for a fraction.
const moduloName = "@mod"

// joinName is what join is called: expr's own takes texts only.
const joinName = "@join"

// partName is what a part of something computed is called, as first(found).model and
// found[0]: expr's own fails where it is not there, and ?? behind it is never asked.
const partName = "@part"

// hidden says whether a function is ours alone: nobody can write its name.
func hidden(name string) bool { return strings.HasPrefix(name, contextName) }

// maxDays is how many days are added to a date at most.
const maxDays = 4_000_000

var functions = []function{
	{name: "now", asks: true, call: callNow},
	{name: "today", asks: true, call: callToday},
	{name: "time_of_day", asks: true, call: callTimeOfDay},
	{name: "date", asks: true, call: callDate},
	{name: "add_days", asks: true, call: callAddDays},
	{name: "money", asks: true, call: callMoney},
	{name: "number", asks: true, call: callNumber},
	{name: "plural", asks: true, call: callPlural},
	{name: "string", asks: true, call: callString},
	{name: "int", call: callInt},
	{name: "float", call: callFloat},
	{name: moduloName, call: callModulo},
	{name: joinName, asks: true, call: callJoin},
	{name: partName, call: callPart},
	{name: itemsName, asks: true, call: callItems},
	{name: textName, asks: true, call: callText},
	{name: piecesName, asks: true, call: callPieces},
	{name: addName, asks: true, call: callAdd},
	{name: matchesName, asks: true, call: callMatches},
}

func functionNamed(name string) *function {
	for i := range functions {
		if functions[i].name == name {
			return &functions[i]
		}
	}
	return nil
}

func callNow(args ...any) (any, error) {
	return args[0].(*env).w.Now.UTC().Format(time.RFC3339), nil
}

func callToday(args ...any) (any, error) {
	e := args[0].(*env)
	return e.w.Now.In(e.zone()).Format(time.DateOnly), nil
}

func callTimeOfDay(args ...any) (any, error) {
	e := args[0].(*env)
	return e.w.Now.In(e.zone()).Format("15:04"), nil
}

// callAddDays is a date some days later, or earlier; of a moment it is the day where the
// person lives. What is no date, or lies beyond the calendar, is nil.
func callAddDays(args ...any) (any, error) {
	text, ok := args[1].(string)
	days, counted := asNumber(args[2])
	if !ok || !counted || math.Abs(days) > maxDays {
		return nil, nil
	}
	on, err := time.Parse(time.DateOnly, text)
	if err != nil {
		at, err := time.Parse(time.RFC3339, text)
		if err != nil {
			return nil, nil
		}
		on = at.In(args[0].(*env).zone())
	}
	on = on.AddDate(0, 0, int(math.Floor(days)))
	if on.Year() < 1 || on.Year() > 9999 {
		return nil, nil
	}
	return on.Format(time.DateOnly), nil
}

func callDate(args ...any) (any, error) {
	if len(args) < 2 || args[1] == nil {
		return nil, nil
	}
	layout := "long"
	if len(args) > 2 {
		layout, _ = args[2].(string)
	}
	text, ok := args[1].(string)
	if !ok {
		return nil, fmt.Errorf("date: %v is not a date", args[1])
	}
	e := args[0].(*env)
	shown, ok := formatDate(text, layout, e.tag(), e.zone())
	if !ok {
		return nil, fmt.Errorf("date: not a date, or no such layout")
	}
	return shown, nil
}

func callMoney(args ...any) (any, error) {
	if len(args) < 3 || args[1] == nil {
		return nil, nil
	}
	amount, ok := asNumber(args[1])
	currency, named := args[2].(string)
	if !ok || !named {
		return nil, fmt.Errorf("money: takes a number and a currency")
	}
	return formatMoney(amount, currency, args[0].(*env).tag()), nil
}

func callNumber(args ...any) (any, error) {
	if len(args) < 2 || args[1] == nil {
		return nil, nil
	}
	n, ok := asNumber(args[1])
	if !ok {
		return nil, fmt.Errorf("number: takes a number")
	}
	return formatNumber(n, args[0].(*env).tag(), true), nil
}

func callPlural(args ...any) (any, error) {
	if len(args) < 3 || args[1] == nil {
		return nil, nil
	}
	n, ok := asNumber(args[1])
	forms, isMap := args[2].(map[string]any)
	if !ok || !isMap {
		return nil, fmt.Errorf("plural: takes a number and forms")
	}
	if form, ok := forms[pluralForm(n, args[0].(*env).language)]; ok {
		return form, nil
	}
	return forms["other"], nil
}

// callString is a value as text, as code would spell it: 42.5, never 42,5.
func callString(args ...any) (any, error) {
	if len(args) < 2 || args[1] == nil {
		return nil, nil
	}
	if n, ok := asNumber(args[1]); ok {
		return plainNumber(n), nil
	}
	return args[0].(*env).show(args[1], anyKind), nil
}

// callFloat reads a number as code spells it; of what is none it is nil.
func callFloat(args ...any) (any, error) {
	if len(args) < 1 {
		return nil, nil
	}
	if n, ok := asNumber(args[0]); ok {
		return n, nil
	}
	text, _ := args[0].(string)
	n, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	if err != nil || !isFinite(n) {
		return nil, nil
	}
	return n, nil
}

// callInt is callFloat without what stands behind the point.
func callInt(args ...any) (any, error) {
	v, err := callFloat(args...)
	if n, ok := v.(float64); ok && math.Abs(n) < 1<<62 {
		return int(n), err
	}
	return v, err
}

// callJoin writes the items of a list behind one another, as people read them.
func callJoin(args ...any) (any, error) {
	if len(args) < 2 || args[1] == nil {
		return nil, nil
	}
	items, ok := normal(args[1]).([]any)
	if !ok {
		return nil, fmt.Errorf("join: takes a list")
	}
	between := ""
	if len(args) > 2 {
		between, _ = args[2].(string)
	}
	var b strings.Builder
	for i, item := range items {
		if i > 0 {
			b.WriteString(between)
		}
		b.WriteString(args[0].(*env).show(item, anyKind))
		if b.Len() > maxTemplate {
			break
		}
	}
	return clip(b.String(), maxTemplate), args[0].(*env).work(1 + len(items) + b.Len()/textEffort)
}

// callPart is a part of a record or list; of what is not there it is nil.
func callPart(args ...any) (any, error) {
	if len(args) < 2 {
		return nil, nil
	}
	switch of := args[0].(type) {
	case map[string]any:
		name, _ := args[1].(string)
		return of[name], nil
	case []any:
		return partOf(of, args[1]), nil
	case []string:
		return partOf(of, args[1]), nil
	case []int:
		return partOf(of, args[1]), nil
	case []float64:
		return partOf(of, args[1]), nil
	}
	return nil, nil
}

// partOf is an item of a list by its place, from 0, or from its end where that is below.
func partOf[T any](list []T, place any) any {
	n, ok := asNumber(place)
	at := int(n)
	if at < 0 {
		at += len(list)
	}
	if !ok || at < 0 || at >= len(list) {
		return nil
	}
	return list[at]
}

func callModulo(args ...any) (any, error) {
	if len(args) < 2 || args[0] == nil || args[1] == nil {
		return nil, nil
	}
	a, ok := asNumber(args[0])
	b, also := asNumber(args[1])
	switch {
	case !ok || !also:
		return nil, fmt.Errorf("%%: takes two numbers")
	case b == 0:
		return nil, nil
	}
	return math.Mod(a, b), nil
}

// asNumber is any of the kinds of numbers expr makes.
func asNumber(v any) (float64, bool) {
	switch x := v.(type) {
	case float64:
		return x, true
	case int:
		return float64(x), true
	case int64:
		return float64(x), true
	}
	return 0, false
}

// isFinite says whether a number is one: what was divided by zero is not.
func isFinite(n float64) bool { return !math.IsNaN(n) && !math.IsInf(n, 0) }

// plainNumber is a number without trailing zeros and with a point.
func plainNumber(n float64) string {
	if !isFinite(n) {
		return ""
	}
	if math.Abs(n) < 1e15 {
		n = math.Round(n*1e9) / 1e9 // 0.1 + 0.2 is 0.3
	}
	if n == math.Trunc(n) && math.Abs(n) < 1e15 {
		return strconv.FormatInt(int64(n), 10) // and not -0
	}
	return strconv.FormatFloat(n, 'f', -1, 64)
}
