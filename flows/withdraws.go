package flows

import (
	"maps"
	"slices"
)

// Withdraws are the topics that a button of this label withdraws in any flow and language,
// "all" for every one, in order of names. A tap in a conversation that others have is told
// without its payload: its label is all there is.
func (p *Program) Withdraws(label string) []string {
	called := fold(label)
	if called == "" {
		return nil
	}
	topics := make(map[string]bool)
	for _, f := range p.flows {
		for _, st := range f.steps {
			for _, b := range st.tappable() {
				if b.optOut.text != "" && p.reads(b.label, called) {
					topics[b.optOut.text] = true
				}
			}
		}
	}
	for _, texts := range p.texts { // the way out that notifications are given
		if stop := texts["relance.stop"]; stop != nil && fold(cut(stop.source, maxLabel)) == called {
			for _, t := range p.Bot.Topics {
				topics[t.Name] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(topics))
}

// reads says whether a label is, folded, called so in one of the bot's languages. One
// that is not the same for everybody is not known by its name.
func (p *Program) reads(label *template, called string) bool {
	text, same := label.literal()
	if !same {
		return false
	}
	if fold(text) == called {
		return true
	}
	for _, texts := range p.locales {
		if own, same := texts[text].literal(); same && fold(own) == called {
			return true
		}
	}
	return false
}
