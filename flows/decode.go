package flows

// decoder turns the YAML of one file into our own types and collects what is wrong with it.
type decoder struct {
	src *source
	out *Diagnostics
	// flow is the id of the flow being decoded; empty in other files.
	flow string
}

func (d *decoder) errorf(code string, at Span, hint string, format string, args ...any) {}
func (d *decoder) warnf(code string, at Span, hint string, format string, args ...any)  {}
