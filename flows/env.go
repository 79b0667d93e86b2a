package flows

// env is what expressions see when they are evaluated. It is made once per turn and is not safe for use by several goroutines.
type env struct {
	p        *Program
	w        *World
	language string
	parent   *env
	name     string
	value    any
	set      map[string]any
}

func newEnv(p *Program, w *World, language string) *env {
	return &env{p: p, w: w, language: language}
}

// with adds one name.
func (e *env) with(name string, v any) *env {
	return &env{p: e.p, w: e.w, language: e.language, parent: e, name: name, value: v}
}

// names adds a frame's names; the map is read, never written.
func (e *env) names(m map[string]any) *env {
	return &env{p: e.p, w: e.w, language: e.language, parent: e, set: m}
}
