package flows

// source is the text of one file, by lines.
type source struct {
	file  string
	lines []string
}

// places are the places of the runes of a scalar's text, or nil.
func (s *source) places(n *node) []Pos { return nil }
