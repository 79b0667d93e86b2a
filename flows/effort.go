package flows

import (
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
	"slices"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/vm/runtime"
)

// maxEffort bounds what the expressions of one turn go through, in items of lists: what
// is counted is what grows with what people write and with tables, and the steps of a
// turn are counted by themselves.
const maxEffort = 2 * maxWork

// textEffort is how many bytes of a text, looked through or made, take as long as an item.
const textEffort = 8

// maxProgram bounds what a pattern is compiled to: each letter of a message may be
// compared with all of it, and .{1,1000} ten times over takes seconds for one message.
const maxProgram = 3_000

var (
	errEffort  = errors.New("goes through too much for one turn")
	errPattern = errors.New("the pattern cannot be read, or is too large")
)

// The functions that expressions are given where their effort is counted.
const (
	itemsName   = "@items"
	textName    = "@text"
	piecesName  = "@pieces"
	addName     = "@add"
	matchesName = "@matches"
)

// work counts effort, and says when it is too much.
func (s *surroundings) work(n int) error {
	if s.spent == nil {
		s.spent = new(int)
	}
	if *s.spent += n; *s.spent > maxEffort {
		return errEffort
	}
	return nil
}

// exhausted says whether the turn has done all that it may.
func (s *surroundings) exhausted() bool { return s.spent != nil && *s.spent > maxEffort }

// keep counts a value that is kept, or shown: a list may hold one text many times.
func (s *surroundings) keep(v any) error {
	switch v.(type) {
	case []any, map[string]any:
		return s.work(effortOf(v, maxEffort))
	}
	return nil
}

// effortOf is how much there is in a value, counted until it is more than enough.
func effortOf(v any, enough int) int {
	n := 1
	switch v := v.(type) {
	case string:
		n += len(v) / textEffort
	case []any:
		for _, item := range v {
			if n += effortOf(item, enough-n); n > enough {
				break
			}
		}
	case map[string]any:
		for _, item := range v {
			if n += effortOf(item, enough-n); n > enough {
				break
			}
		}
	}
	return n
}

// callItems counts a list that is about to be gone through.
func callItems(args ...any) (any, error) {
	n := 1
	switch of := args[1].(type) {
	case []any:
		n += len(of)
	case []string:
		n += len(of)
	case []int:
		n += len(of)
	case []float64:
		n += len(of)
	}
	return args[1], args[0].(*env).work(n)
}

// callText counts a text that is about to be looked through, as many times as a last
// argument says.
func callText(args ...any) (any, error) {
	text, _ := args[1].(string)
	times := 1
	if len(args) > 2 {
		times, _ = args[2].(int)
	}
	return args[1], args[0].(*env).work(1 + len(text)/textEffort*times)
}

// callPieces counts a text that is about to be taken apart: each letter may become an item.
func callPieces(args ...any) (any, error) {
	text, _ := args[1].(string)
	return args[1], args[0].(*env).work(1 + len(text))
}

// callAdd adds two numbers, or joins two texts to one that is as long as a template's at
// most: one that is added to itself doubles with every let.
func callAdd(args ...any) (any, error) {
	a, ok := args[1].(string)
	b, also := args[2].(string)
	if !ok || !also {
		return runtime.Add(args[1], args[2]), nil
	}
	text := clip(clip(a, maxTemplate)+clip(b, maxTemplate), maxTemplate)
	return text, args[0].(*env).work(1 + len(text)/textEffort)
}

// callMatches is matches with a pattern that stands in a table or was written by a person.
func callMatches(args ...any) (any, error) {
	text, ok := args[1].(string)
	pattern, also := args[2].(string)
	if !ok || !also {
		return false, nil
	}
	if len(pattern) > maxPattern {
		return nil, errPattern
	}
	size, err := sizeOfPattern(pattern)
	if err := args[0].(*env).work(1 + size + len(text)/textEffort*timesOf(size)); err != nil {
		return nil, err
	}
	if err != nil || size > maxProgram {
		return nil, errPattern
	}
	re, err := regexp.Compile(pattern)
	if err != nil {
		return nil, errPattern
	}
	return re.MatchString(text), nil
}

// sizeOfPattern is how large a program a pattern is compiled to.
func sizeOfPattern(pattern string) (int, error) {
	tree, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return 0, err
	}
	program, err := syntax.Compile(tree.Simplify())
	if err != nil {
		return 0, err
	}
	return len(program.Inst), nil
}

// timesOf is how often a text is looked through for a pattern of a size, near enough.
func timesOf(size int) int { return 1 + size/16 }

// heavy says of a pattern that it takes too long, or nothing.
func heavy(pattern string) string {
	if size, err := sizeOfPattern(pattern); err == nil && size > maxProgram {
		return fmt.Sprintf("the pattern repeats so much that every message takes long: %d parts, of %d at most", size, maxProgram)
	}
	return ""
}

// looks are the functions that look through a text, loops those that go through a list.
var (
	looks = []string{"lower", "upper", "trim", "len"}
	loops = []string{"filter", "map", "find", "any", "all", "none", "count", "sum", "sort", "sortBy", "min", "max"}
)

// countBuiltin lets a function of expr count what it goes through.
func (r *rewriter) countBuiltin(x *ast.BuiltinNode) {
	if len(x.Arguments) == 0 {
		return
	}
	switch {
	case x.Name == "split":
		r.count(piecesName, &x.Arguments[0])
	case slices.Contains(looks, x.Name):
		r.count(textName, &x.Arguments[0])
	case slices.Contains(loops, x.Name):
		r.count(itemsName, &x.Arguments[0])
	}
}

// countBinary lets an operator count what it goes through.
func (r *rewriter) countBinary(n *ast.Node, x *ast.BinaryNode) {
	switch x.Operator {
	case "contains":
		r.count(textName, &x.Left)
	case "matches":
		fixed, ok := x.Right.(*ast.StringNode)
		if !ok {
			r.ask(n, matchesName, x.Left, x.Right)
			return
		}
		size, _ := sizeOfPattern(fixed.Value)
		r.ask(&x.Left, textName, x.Left, &ast.IntegerNode{Value: timesOf(size)})
	case "in":
		r.count(itemsName, &x.Right)
	case "+":
		if !number(x.Left) && !number(x.Right) {
			r.ask(n, addName, x.Left, x.Right)
		}
	}
}

// count wraps what may be much. What is written out is not, and what one other function
// gives was counted there: expr makes one of such two.
func (r *rewriter) count(name string, n *ast.Node) {
	switch x := (*n).(type) {
	case *ast.StringNode, *ast.IntegerNode, *ast.FloatNode, *ast.ArrayNode:
		return
	case *ast.BuiltinNode:
		if len(x.Arguments) == 0 {
			return
		}
		if _, third := x.Arguments[0].(*ast.BuiltinNode); !third {
			return
		}
	}
	r.ask(n, name, *n)
}

// ask puts a call of one of our own functions in a node's place.
func (r *rewriter) ask(n *ast.Node, name string, args ...ast.Node) {
	r.asks = true
	ast.Patch(n, &ast.CallNode{
		Callee: &ast.IdentifierNode{Value: name}, Arguments: append([]ast.Node{&ast.IdentifierNode{Value: contextName}}, args...),
	})
}

// number says whether a node is a number that is written out.
func number(n ast.Node) bool {
	switch n.(type) {
	case *ast.IntegerNode, *ast.FloatNode:
		return true
	}
	return false
}
