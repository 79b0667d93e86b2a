package flows

// Has says whether there is a flow of that id.
func (p *Program) Has(flow string) bool { return p.flows[flow] != nil }

// Knows says whether a session could go on in this program: every step it stands
// at is part of it. It need not have begun here.
func (p *Program) Knows(s Session) bool {
	m := machine{p: p}
	for _, list := range [...][]thread{s.stack, s.beside} {
		for i := range list {
			for j := range list[i].Frames {
				f := list[i].Frames[j]
				if f.at = nil; p.flows[f.Flow] == nil {
					return false
				}
				if _, err := m.place(&f); err != nil {
					return false
				}
			}
		}
	}
	return true
}
