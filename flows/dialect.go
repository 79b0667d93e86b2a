package flows

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/builtin"
	exprcheck "github.com/expr-lang/expr/checker"
	"github.com/expr-lang/expr/compiler"
	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/optimizer"
	"github.com/expr-lang/expr/parser"
	"github.com/expr-lang/expr/vm"
)

// Bounds of one expression.
const (
	maxExpression = 2_000 // bytes
	maxTerms      = 500   // nodes of its tree
	maxLoops      = 2     // filter and the like in one another
	maxMemory     = 100_000
)

// builtins are the functions of expr that flows may use; ours stand in functions.
// The other operators of expr (contains, matches, in, ??, …) are syntax.
var builtins = strings.Fields(`len filter map find any all none count sum min max sort sortBy first last take
	lower upper trim split join abs round floor ceil`)

// contextName is what functions that need the person's language are given in front.
const contextName = "@"

// dialect compiles expressions. Each text is compiled once, however often it
// stands in a bot. It is not safe for use by several goroutines.
type dialect struct {
	config *conf.Config
	cache  map[string]*compiled
}

// compiled is one expression, parsed and compiled.
type compiled struct {
	tree  ast.Node // as written, for checking
	prog  *vm.Program
	slots []slot   // the names it reads
	path  []string // not nil: the expression is only this name,
	// or, with instead, this name and what stands for it where it is nil: name ?? "you".
	instead any
	asks    bool        // it needs the person's language or clock
	err     *file.Error // it cannot be parsed
	late    *file.Error // what expr finds wrong, should our own check find nothing
	bounds  error       // it is too large, or cannot be compiled
}

// slot is one name an expression reads: contact.size, event.model, found.
type slot struct {
	key  string
	path []string
}

// reads says whether the expression needs a name, or something inside it.
func (c *compiled) reads(name string) bool {
	for _, s := range c.slots {
		if s.path[0] == name {
			return true
		}
	}
	return false
}

func newDialect() *dialect {
	c := conf.CreateNew()
	for name := range c.Builtins {
		if !slices.Contains(builtins, name) {
			c.Disabled[name] = true
			delete(c.Builtins, name)
		}
	}
	for _, f := range functions {
		c.Functions[f.name] = &builtin.Function{Name: f.name, Func: f.call}
	}
	c.WithEnv(map[string]any{})
	c.Strict = false // names are checked by us, with better words
	c.MaxNodes = maxTerms
	return &dialect{config: c, cache: make(map[string]*compiled)}
}

// compile parses and compiles a text, or says what is wrong with it in err or bounds.
func (l *dialect) compile(text string) *compiled {
	if c, ok := l.cache[text]; ok {
		return c
	}
	c := l.build(text)
	l.cache[text] = c
	return c
}

func (l *dialect) build(text string) (c *compiled) {
	c = new(compiled)
	defer func() {
		if r := recover(); r != nil {
			c.bounds = fmt.Errorf("it cannot be compiled: %.100v", r)
		}
	}()
	if len(text) > maxExpression {
		c.bounds = fmt.Errorf("it is longer than %d characters", maxExpression)
		return c
	}
	tree, err := parser.ParseWithConfig(text, l.config)
	if err != nil {
		c.fail(err)
		return c
	}
	c.tree = tree.Node
	// The tree to run is another one: compiling rewrites it.
	run, err := parser.ParseWithConfig(text, l.config)
	if err != nil {
		c.fail(err)
		return c
	}
	r := rewriter{}
	r.rewrite(&run.Node)
	c.slots, c.asks = r.slots, r.asks
	if c.path, c.instead = c.simple(run.Node); c.path != nil {
		return c
	}
	_, err = exprcheck.Check(run, l.config)
	if err == nil {
		err = optimizer.Optimize(&run.Node, l.config)
	}
	if err != nil {
		if !errors.As(err, &c.late) {
			c.bounds = errors.New("it cannot be compiled")
		}
		return c
	}
	c.prog, err = compiler.Compile(run, l.config)
	if err != nil {
		c.bounds = errors.New("it cannot be compiled")
	}
	return c
}

// simple takes apart an expression that is one name, or one name and a fixed value in
// its place: most are, and need nothing compiled. path is nil for any other.
func (c *compiled) simple(n ast.Node) (path []string, instead any) {
	if either, ok := n.(*ast.BinaryNode); ok && either.Operator == "??" {
		n = either.Left
		switch fixed := either.Right.(type) {
		case *ast.StringNode:
			instead = fixed.Value
		case *ast.IntegerNode:
			instead = float64(fixed.Value)
		default:
			return nil, nil
		}
	}
	if _, ok := n.(*ast.IdentifierNode); !ok || len(c.slots) != 1 {
		return nil, nil
	}
	return c.slots[0].path, instead
}

// fail keeps an error of expr with its place.
func (c *compiled) fail(err error) {
	var placed *file.Error
	if errors.As(err, &placed) {
		c.err = placed
		return
	}
	c.bounds = err
}

// rewriter turns contact.size into one name, so that reading it is one look-up, and
// hands functions that need it the person's language.
type rewriter struct {
	bound []string // names of let
	slots []slot
	asks  bool
}

func (r *rewriter) rewrite(n *ast.Node) {
	switch x := (*n).(type) {
	case *ast.IdentifierNode:
		if !slices.Contains(r.bound, x.Value) {
			r.slot([]string{x.Value})
		}
	case *ast.MemberNode:
		if path := r.path(x); path != nil {
			ast.Patch(n, &ast.IdentifierNode{Value: r.slot(path)})
			return
		}
		r.rewrite(&x.Node)
		r.rewrite(&x.Property)
		if _, row := x.Node.(*ast.PointerNode); !row { // .size of a row is asked for a thousand times
			ast.Patch(n, &ast.CallNode{Callee: &ast.IdentifierNode{Value: partName}, Arguments: []ast.Node{x.Node, x.Property}})
		}
	case *ast.ChainNode:
		r.rewrite(&x.Node)
		if _, ok := x.Node.(*ast.MemberNode); !ok {
			*n = x.Node
		}
	case *ast.UnaryNode:
		r.rewrite(&x.Node)
	case *ast.BinaryNode:
		r.rewrite(&x.Left)
		r.rewrite(&x.Right)
		if x.Operator == "%" {
			ast.Patch(n, &ast.CallNode{Callee: &ast.IdentifierNode{Value: moduloName}, Arguments: []ast.Node{x.Left, x.Right}})
		}
		r.countBinary(n, x)
	case *ast.SliceNode:
		r.rewrite(&x.Node)
		r.maybe(&x.From)
		r.maybe(&x.To)
	case *ast.CallNode:
		for i := range x.Arguments {
			r.rewrite(&x.Arguments[i])
		}
		if id, ok := x.Callee.(*ast.IdentifierNode); ok {
			if f := functionNamed(id.Value); f != nil && f.asks {
				r.asks = true
				x.Arguments = append([]ast.Node{&ast.IdentifierNode{Value: contextName}}, x.Arguments...)
			}
		}
	case *ast.BuiltinNode:
		for i := range x.Arguments {
			r.rewrite(&x.Arguments[i])
		}
		r.countBuiltin(x)
		switch x.Name {
		case "take": // a slice takes numbers of any kind
			ast.Patch(n, &ast.SliceNode{Node: x.Arguments[0], To: x.Arguments[1]})
		case "join":
			r.ask(n, joinName, x.Arguments...)
		}
	case *ast.PredicateNode:
		r.rewrite(&x.Node)
	case *ast.ConditionalNode:
		r.rewrite(&x.Cond)
		r.rewrite(&x.Exp1)
		r.rewrite(&x.Exp2)
	case *ast.VariableDeclaratorNode:
		r.rewrite(&x.Value)
		r.bound = append(r.bound, x.Name)
		r.rewrite(&x.Expr)
		r.bound = r.bound[:len(r.bound)-1]
	case *ast.SequenceNode:
		for i := range x.Nodes {
			r.rewrite(&x.Nodes[i])
		}
	case *ast.ArrayNode:
		for i := range x.Nodes {
			r.rewrite(&x.Nodes[i])
		}
	case *ast.MapNode:
		for i := range x.Pairs {
			r.rewrite(&x.Pairs[i])
		}
	case *ast.PairNode:
		r.rewrite(&x.Key)
		r.rewrite(&x.Value)
	}
}

func (r *rewriter) maybe(n *ast.Node) {
	if *n != nil && !reflect.ValueOf(*n).IsNil() {
		r.rewrite(n)
	}
}

// path is a chain of names, a.b.c, or nil if the node is something else.
func (r *rewriter) path(n ast.Node) []string {
	switch x := n.(type) {
	case *ast.IdentifierNode:
		if !slices.Contains(r.bound, x.Value) {
			return []string{x.Value}
		}
	case *ast.ChainNode:
		return r.path(x.Node)
	case *ast.MemberNode:
		name, ok := x.Property.(*ast.StringNode)
		if !ok || x.Method {
			return nil
		}
		if base := r.path(x.Node); base != nil {
			return append(base, name.Value)
		}
	}
	return nil
}

// slot remembers a name and is the key its value is found by.
func (r *rewriter) slot(path []string) string {
	key := strings.Join(path, ".")
	for _, s := range r.slots {
		if s.key == key {
			return key
		}
	}
	r.slots = append(r.slots, slot{key: key, path: path})
	return key
}
