package flows

import (
	"slices"
	"strings"
)

// channels reports what the bot does that some of its channels cannot, type by type.
func (c *checker) channels(b *botFile) {
	if c.unsure || c.out.failed("bot.yaml") {
		return
	}
	for i := range channelTypes[1:] {
		w := without{c: c, traits: &channelTypes[1+i], only: true}
		for _, ch := range c.bot.Channels {
			if ch.Type == w.kind {
				w.names = append(w.names, ch.Name)
			} else {
				w.only = w.only && len(traitsOf(ch.Type).lacks) > 0
			}
		}
		if len(w.names) == 0 {
			continue
		}
		for _, id := range c.order {
			if d := c.flows[id]; !c.out.failed(d.file) {
				w.steps(d.steps, w.names)
				w.reach(b, d)
			}
		}
	}
}

// without looks for what a type of channel lacks.
type without struct {
	*traits
	c       *checker
	names   []string // the channels of the type
	only    bool     // the bot has no other that has more
	reached bool     // it was said whom notifications reach
	named   bool     // it was said that there are no personas
}

// steps looks through a list that people on these channels come to.
func (w *without) steps(steps []*step, on []string) {
	for _, st := range steps {
		if len(on) == 0 {
			return
		}
		if a, ok := st.do.(*ifStep); ok {
			on = w.branches(a, on)
			continue
		}
		w.step(st, on)
		if p, ok := st.do.(parent); ok {
			for _, b := range p.blocks() {
				w.steps(b.steps, on)
			}
		}
	}
}

// branches looks through both sides of a condition, and returns the channels on which
// people come past it. Whoever asks for the channel in a way that is not followed knows
// which it is.
func (w *without) branches(a *ifStep, on []string) []string {
	var yes, no, past []string
	for _, channel := range on {
		stays := true
		switch a.condition.onChannel(channel) {
		case holdsThere:
			yes, stays = append(yes, channel), !ends(a.yes.steps)
		case failsThere:
			no, stays = append(no, channel), !ends(a.other.steps)
		case depends:
			yes, no = append(yes, channel), append(no, channel)
		case untold:
			stays = !ends(a.yes.steps) && !ends(a.other.steps)
		}
		if stays {
			past = append(past, channel)
		}
	}
	w.steps(a.yes.steps, yes)
	w.steps(a.other.steps, no)
	return past
}

// step looks at one.
func (w *without) step(st *step, on []string) {
	switch a := st.do.(type) {
	case *sayStep:
		w.manner(a.manner)
		most := w.text.plain
		if len(a.buttons) > 0 {
			most = w.text.buttons
		}
		for _, t := range a.texts {
			w.long(t, most)
		}
	case *askStep:
		w.manner(a.manner)
		w.long(a.text, w.text.plain)
		w.long(a.retry, w.text.plain)
	case *chooseStep:
		w.manner(a.manner)
		w.long(a.text, w.text.plain)
	case *showStep:
		w.manner(a.manner)
		if slices.Contains(w.lacks, a.kind) {
			w.lacking(st, a.kind, on)
		}
	}
}

// lacking reports what cannot be shown: a mistake if the bot has no channel that can.
func (w *without) lacking(st *step, kind MessageKind, on []string) {
	severity, hint := Warning, "show it elsewhere alone: "+w.guard()+", and say it with a say: step there"
	if w.only {
		severity, hint = Error, "use a say: or cards instead"
	}
	there := "there"
	if len(on) < len(w.names) {
		there = "on " + strings.Join(on, ", ")
	}
	w.c.report(severity, "channel", st.span, hint, "%s has no %s: people %s do not get this", w.title, kind.plural(), there)
}

// guard is the condition that keeps a step from all channels of the type.
func (w *without) guard() string {
	if len(w.names) == 1 {
		return `if: contact.channel != "` + w.names[0] + `"`
	}
	return `if: contact.channel not in ["` + strings.Join(w.names, `", "`) + `"]`
}

// long reports a text that is too long as it stands, with nothing in its {{ }}.
func (w *without) long(t *template, most int) {
	if t == nil {
		return
	}
	for _, one := range append(w.c.translations(t), t) {
		if n := one.shortest(w.text.size); n > most {
			w.c.report(Warning, "channel", one.span, "make two steps of it, or shorten it by "+itoa(n-most),
				"%s takes texts of %d %s here, and this has %d: it goes as several messages there, or is cut in a notification", w.title, most, w.text.unit, n)
		}
	}
}

func (w *without) manner(m manner) {
	if w.personas || m.persona.text == "" || w.named {
		return
	}
	w.named = true
	w.c.report(Info, "channel", m.persona.span, "nothing needs to be done", "%s has no personas: there it is said in the account's own name", w.title)
}

// reach says once of each channel whom the notifications of the bot do not reach.
func (w *without) reach(b *botFile, d *draft) {
	for _, t := range d.triggers {
		if w.ended == "" || w.reached || t.Topic == "" || w.c.bot.topic(t.Topic) == nil {
			continue
		}
		w.reached = true
		for _, name := range w.names {
			w.c.report(Info, "channel", b.channels[name], "say so where they agree: nothing opens "+w.title+" again but what they write",
				"%s notifies people of %q: on %s only those who wrote within 24 hours get it, and the others when they write again", d.file, t.Topic, w.title)
		}
	}
}
