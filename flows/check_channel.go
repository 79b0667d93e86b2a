package flows

import (
	"slices"
	"strings"
)

// typeInstagram is the type of a channel that has less than Messenger.
const typeInstagram = "instagram"

// maxInstagramText is how many bytes a text may have there.
const maxInstagramText = 1000

// channels reports what the bot does that one of its channels cannot. Whoever asks for
// contact.channel knows which it is, so nothing is said of steps that depend on it.
func (c *checker) channels(b *botFile) {
	at := slices.IndexFunc(c.bot.Channels, func(ch Channel) bool { return ch.Type == typeInstagram })
	if at < 0 || c.unsure || c.out.failed("bot.yaml") {
		return
	}
	w := without{c: c, channel: c.bot.Channels[at].Name, only: true}
	for _, ch := range c.bot.Channels {
		w.only = w.only && ch.Type == typeInstagram
	}
	for _, id := range c.order {
		if d := c.flows[id]; !c.out.failed(d.file) {
			w.steps(d.steps)
			w.reach(b, d)
		}
	}
}

// without looks for what a channel lacks.
type without struct {
	c       *checker
	channel string // its name
	only    bool   // the bot has no other
	reached bool   // it was said whom notifications reach
	named   bool   // it was said that there are no personas
}

// steps looks through a list, up to where the flow asks for the channel.
func (w *without) steps(steps []*step) {
	for _, st := range steps {
		if a, ok := st.do.(*ifStep); ok && a.condition != nil && strings.Contains(a.condition.source, "contact.channel") {
			if ends(a.yes.steps) || ends(a.other.steps) {
				return // what follows is for one side alone
			}
			continue
		}
		w.step(st)
		if p, ok := st.do.(parent); ok {
			for _, b := range p.blocks() {
				w.steps(b.steps)
			}
		}
	}
}

func (w *without) step(st *step) {
	switch a := st.do.(type) {
	case *sayStep:
		w.manner(a.manner)
		for _, t := range a.texts {
			w.text(t)
		}
	case *askStep:
		w.manner(a.manner)
		w.text(a.text)
	case *chooseStep:
		w.manner(a.manner)
		w.text(a.text)
	case *showStep:
		w.manner(a.manner)
		what := ""
		switch a.what.(type) {
		case *receipt:
			what = "receipts"
		case *coupon:
			what = "coupons"
		case *media:
			what = "media templates"
		case *model:
			what = "approved templates"
		}
		if what != "" {
			w.lacks(st.span, "show it elsewhere alone: "+w.guard()+", and say it with a say: step there", "Instagram has no %s: people there do not get this", what)
		}
	}
}

// guard is the condition that keeps a step from the channel.
func (w *without) guard() string { return `if: contact.channel != "` + w.channel + `"` }

// lacks is a mistake if the bot has no other channel.
func (w *without) lacks(at Span, hint, format string, args ...any) {
	severity := Warning
	if w.only {
		severity = Error
		hint = "use a say: or cards instead"
	}
	w.c.report(severity, "channel", at, hint, format, args...)
}

func (w *without) text(t *template) {
	if t == nil {
		return
	}
	for _, one := range append(w.c.translations(t), t) {
		n := 0
		for _, p := range one.parts {
			n += len(p.text)
		}
		if one.parts == nil {
			n = len(one.source)
		}
		if n > maxInstagramText {
			w.c.report(Warning, "channel", one.span, "make two steps of it, or shorten it by "+itoa(n-maxInstagramText),
				"Instagram takes texts of %d bytes, and this has %d: it goes as several messages there, or is cut in a notification", maxInstagramText, n)
		}
	}
}

func (w *without) manner(m manner) {
	if m.persona.text == "" || w.named {
		return
	}
	w.named = true
	w.c.report(Info, "channel", m.persona.span, "nothing needs to be done", "Instagram has no personas: there it is said in the account's own name")
}

// reach says once whom the notifications of the bot do not reach.
func (w *without) reach(b *botFile, d *draft) {
	for _, t := range d.triggers {
		if w.reached || t.Topic == "" || w.c.bot.topic(t.Topic) == nil {
			continue
		}
		at, ok := b.instagram[w.channel]
		if !ok {
			return
		}
		w.reached = true
		w.c.report(Info, "channel", at, "say so where they agree: nothing opens Instagram again but what they write",
			"%s notifies people of %q: on Instagram only those who wrote within 24 hours get it, and the others when they write again", d.file, t.Topic)
	}
}
