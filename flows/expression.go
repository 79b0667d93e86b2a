package flows

// expression is one bare expression or the inside of one {{ }}.
type expression struct {
	source string
	span   Span
	is     typ
}

func (x *expression) typ() typ                  { return x.is }
func (x *expression) truth(e *env) bool         { return false }
func (x *expression) value(e *env) (any, error) { return nil, nil }

func (d *decoder) newExpression(n *node, key string) *expression {
	return &expression{source: n.text, span: n.span}
}
