package flows

import "time"

// fields takes a map apart. Every getter reports wrong shapes itself and returns
// a zero value; finish reports the keys nobody asked for.
type fields struct {
	d     *decoder
	n     *node
	what  string // "step", "button", for messages
	asked []string
}

// setting is one name: value of with:, about:, set:.
type setting struct {
	name  word
	value *template
}

// fields starts to take n apart; n must be a map, else that is reported.
func (d *decoder) fields(n *node, what string) *fields { return &fields{d: d, n: n, what: what} }

func (f *fields) has(key string) bool                                  { return f.n.get(key) != nil }
func (f *fields) at(key string) Span                                   { return f.n.span }
func (f *fields) node(key string) *node                                { return f.n.get(key) }
func (f *fields) word(key string) word                                 { return word{} }
func (f *fields) template(key string) *template                        { return nil }
func (f *fields) settings(key string) []setting                        { return nil }
func (f *fields) expression(key string) *expression                    { return nil }
func (f *fields) duration(key string, def time.Duration) time.Duration { return def }
func (f *fields) integer(key string, def int) int                      { return def }
func (f *fields) boolean(key string, def bool) bool                    { return def }
func (f *fields) list(key string) []*node                              { return nil }
func (f *fields) oneOf(key string, def string, allowed ...string) string {
	return def
}
func (f *fields) finish() {}

// template reads a list item as a text.
func (d *decoder) template(n *node) *template { return nil }
