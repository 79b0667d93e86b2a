package flows

// template is a text with {{ }}.
type template struct {
	source string
	span   Span
	is     typ
}

func (t *template) typ() typ                                     { return t.is }
func (t *template) text(e *env, language string) (string, error) { return t.source, nil }
func (t *template) value(e *env) (any, error)                    { return t.source, nil }

// literal reports the text of a template without {{ }}.
func (t *template) literal() (string, bool) { return t.source, true }

func (d *decoder) newTemplate(n *node, key string) *template {
	return &template{source: n.text, span: n.span}
}
