package flows

import (
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// everyTopic stands for all topics in what a choice does.
const everyTopic = "*"

// UntilUndone is when a snooze without an end is over.
func UntilUndone() time.Time { return time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC) }

// topics are those the person can do something about: one that is about something
// needs a flow that asks what, unless they agreed to it already.
func (c centre) topics() []*Topic {
	var out []*Topic
	for i := range c.m.own.Bot.Topics {
		t := &c.m.own.Bot.Topics[i]
		if len(t.Interest) == 0 || c.standing(t).active() || c.m.p.ways[t.Name] != nil {
			out = append(out, t)
		}
	}
	return out
}

func (c centre) standing(t *Topic) Standing { return c.m.standing(t.Name) }

func (c centre) title(t *Topic) string { return c.m.own.Title(t.Name, c.m.language) }

// agreed says whether there is a consent that is awake, and one that is asleep.
func (c centre) agreed() (awake, asleep bool) {
	for i := range c.m.own.Bot.Topics {
		switch c.standing(&c.m.own.Bot.Topics[i]).Status {
		case "active":
			awake = true
		case "snoozed":
			asleep = true
		}
	}
	return awake, asleep
}

// line says where the person stands with a topic.
func (c centre) line(t *Topic) string {
	s := c.standing(t)
	switch {
	case s.Status == "snoozed" && s.Until.Before(UntilUndone()):
		return c.text("relance.preferences.topic.snoozed", map[string]any{"title": c.title(t), "until": c.day(s.Until)})
	case s.Status == "snoozed":
		return c.text("relance.preferences.topic.silent", map[string]any{"title": c.title(t)})
	case s.active():
		return c.text("relance.preferences.topic.on", map[string]any{"title": c.title(t), "cadence": c.often(c.cadence(t))})
	}
	return c.text("relance.preferences.topic.off", map[string]any{"title": c.title(t)})
}

// cadence is how often the person hears of a topic.
func (c centre) cadence(t *Topic) string {
	if s := c.standing(t); contains(t.Cadence, s.Cadence) || len(t.Cadence) == 0 {
		return s.Cadence
	}
	return t.Cadence[0]
}

// often is a cadence in the middle of a sentence.
func (c centre) often(cadence string) string {
	text := c.text("relance.cadence."+cadence, nil)
	first, size := utf8.DecodeRuneInString(text)
	return string(unicode.ToLower(first)) + text[size:]
}

// day is a date as the person reads it.
func (c centre) day(t time.Time) string {
	return c.m.see(nil).show(t.UTC().Format(time.RFC3339), dateKind)
}

// topicOptions are choices that open the topics. Titles are longer than a label may be;
// where two look the same then, all have a number in front, here and where they are
// listed.
func (c centre) topicOptions(topics []*Topic) (list []option, numbered bool) {
	labels := make([]string, len(topics))
	seen := make(map[string]bool)
	for i, t := range topics {
		labels[i] = shortened(c.title(t), maxLabel)
		seen[fold(labels[i])] = true
	}
	numbered = len(seen) < len(topics)
	list = make([]option, len(topics))
	for i, t := range topics {
		if numbered {
			labels[i] = shortened(strconv.Itoa(i+1)+". "+c.title(t), maxLabel)
		}
		list[i] = option{labels[i], c.entry(t)}
	}
	return list, numbered
}

// entry is what a tap on a topic does: where there is nothing to change yet, it is
// turned on.
func (c centre) entry(t *Topic) string {
	switch s := c.standing(t); {
	case s.active() || s.Asking == AskNot:
		return ">topic " + t.Name
	case len(t.Interest) > 0:
		return ">way " + t.Name
	}
	return "on " + t.Name
}

// titled is what it does to write the title of a topic, or its number where it has one.
func (c centre) titled(topics []*Topic, numbered bool, r reply) string {
	for i, t := range topics {
		if r.is(c.title(t)) || numbered && r.folded == strconv.Itoa(i+1) {
			return c.entry(t)
		}
	}
	return ""
}

// shortened cuts a title between words, if it is too long.
func shortened(s string, most int) string {
	if runes(s) <= most {
		return s
	}
	short := strings.TrimSuffix(cut(s, most), "…")
	if at := strings.LastIndexByte(short, ' '); at > most/2 && !strings.HasPrefix(s[len(short):], " ") {
		short = short[:at]
	}
	return strings.TrimRight(short, " ,;:–-") + "…"
}

// topicsMenu lists the topics of a bot with many, a page at a time.
func (c centre) topicsMenu(page string) menu {
	topics := c.topics()
	options, numbered := c.topicOptions(topics)
	text := c.text("relance.preferences.topics.ask", nil)
	if from, to, _ := onPage(len(options), page); numbered {
		for i := to - 1; i >= from; i-- {
			text = strconv.Itoa(i+1) + ". " + c.line(topics[i]) + "\n" + text
		}
	}
	return menu{
		text:    text,
		options: c.paged(options, "topics", page),
		typed:   func(r reply) string { return menu{options: options}.chosen(r, c.titled(topics, numbered, r)) },
	}
}

// chosen is what an answer picks, or else.
func (n menu) chosen(r reply, otherwise string) string {
	if otherwise != "" {
		return otherwise
	}
	what, _ := n.pick(r)
	return what
}

// paged are as many options as fit a message, with the way to more of them.
func (c centre) paged(options []option, place, page string) []option {
	from, to, next := onPage(len(options), page)
	out := append([]option(nil), options[from:to]...)
	if to-from < len(options) {
		out = append(out, c.to("more", place+" "+strconv.Itoa(next)))
	}
	return append(out, c.wayOut()...)
}

// onPage are the options of a page, of so many in all, and which page comes next: behind
// the last it is the first.
func onPage(all int, page string) (from, to, next int) {
	const fits = maxQuickReplies - 2 // back and done
	if all <= fits {
		return 0, all, 0
	}
	const most = fits - 1 // and more
	at, err := strconv.Atoi(page)
	if err != nil || at < 0 || at > all/most || at*most >= all {
		at = 0
	}
	if from, to = at*most, min(all, (at+1)*most); to < all {
		next = at + 1
	}
	return from, to, next
}

// topicMenu is what can be changed about one topic.
func (c centre) topicMenu(name string) menu {
	t, known := c.m.own.Topic(name)
	if !known {
		return c.mainMenu() // an older program had it
	}
	s := c.standing(t)
	n := menu{text: c.line(t)}
	switch {
	case s.active():
		for _, about := range s.Interests {
			n.text += "\n" + c.interest(t, about)
		}
		if s.Status == "snoozed" {
			n.options = append(n.options, c.does("resume", "wake "+name))
		}
		for _, cadence := range t.Cadence {
			if cadence != c.cadence(t) {
				n.options = append(n.options, option{c.text("relance.cadence."+cadence, nil), "every " + name + " " + cadence})
			}
		}
		if s.Status != "snoozed" {
			n.options = append(n.options, c.to("pause", "snooze "+name))
		}
		n.options = append(n.options, c.does("off", "off "+name))
	case s.Asking == AskNot:
		n.text = c.text("relance.preferences.barred", nil)
	case len(t.Interest) > 0:
		return c.wayMenu(name)
	default:
		n.options = append(n.options, c.does("on", "on "+name))
	}
	n.options = append(n.options, c.wayOut()...)
	return n
}

// interest says what a consent is about: "Gazelle, 42".
func (c centre) interest(t *Topic, about map[string]any) string {
	var values []string
	for i := range t.Interest {
		f := &t.Interest[i]
		if v := about[f.Name]; v != nil {
			values = append(values, c.m.see(nil).show(v, f.typ().printed()))
		}
	}
	return "• " + strings.Join(values, ", ")
}

// wayMenu says how to agree to a topic that is about something.
func (c centre) wayMenu(name string) menu {
	w := c.m.p.ways[name]
	if t, known := c.m.own.Topic(name); !known || w == nil || c.standing(t).active() {
		return c.mainMenu()
	}
	word := w.word(c.m.language)
	return menu{
		text:    c.text("relance.preferences.way", map[string]any{"word": word}),
		options: append([]option{{word, "go " + name}}, c.wayOut()...),
	}
}

// way is how people get to agree to a topic that is about something: a flow that asks.
type way struct {
	start start
	words map[string]string // the keyword by language
	first string            // in the bot's own
}

func (w *way) word(language string) string {
	if own := w.words[language]; own != "" {
		return own
	}
	return w.first
}

// ways finds for each topic that is about something the first flow that asks for it and
// that a word starts.
func (c *checker) ways() map[string]*way {
	out := make(map[string]*way)
	for _, id := range c.order {
		d := c.flows[id]
		var trigger *Trigger
		for _, t := range d.triggers {
			if trigger == nil && t.Kind == OnKeywords && len(t.keywords) > 0 {
				trigger = t
			}
		}
		if trigger == nil {
			continue
		}
		walk(d.steps, func(st *step) {
			a, asks := st.do.(*optInStep)
			if !asks || a.of == nil || len(a.of.Interest) == 0 || out[a.of.Name] != nil {
				return
			}
			out[a.of.Name] = c.way(trigger)
		})
	}
	return out
}

func (c *checker) way(t *Trigger) *way {
	w := &way{start: start{flow: t.Flow, trigger: t.ID}, first: t.keywords[0].text, words: make(map[string]string)}
	for _, l := range c.locales {
		for text, entry := range l.texts {
			if fold(text) == fold(w.first) && len(entry.words) > 0 {
				w.words[l.language] = entry.words[0]
			}
		}
	}
	return w
}

// change changes something about a topic, or about all.
func (c centre) change(verb string, t *Topic, how, label string) (move, bool) {
	switch {
	case verb == "snooze":
		return c.snooze(t, how, label)
	case verb == "wake":
		return c.wake(t, label), true
	case t == nil:
		return move{}, false
	case verb == "go":
		w := c.m.p.ways[t.Name] // today's: it is a flow that starts now
		if w == nil {
			return move{}, false
		}
		c.m.later = append(c.m.later, w.start)
		return c.stand(), true
	case verb == "every" && !contains(t.Cadence, how):
		return move{}, false
	case verb == "every" && c.standing(t).active():
		c.m.effects = append(c.m.effects, SetCadence{Topic: t.Name, Cadence: how})
		c.m.restand(t.Name, func(s *Standing) { s.Cadence = how })
		return c.show("", c.text("relance.preferences.noted", map[string]any{"what": c.often(how)})), true
	case verb == "off":
		return c.off(t, label), true
	}
	return c.on(t), true
}

// stand waits in the main menu without showing it: a flow is about to speak, and when
// it is done the menu is shown.
func (c centre) stand() move {
	c.m.thread().Wait = wait{For: forMenu, Until: c.m.after(optInPatience)}
	c.m.act = true // or it is not shown after what was accepted
	return move{op: stay}
}

// off withdraws a consent.
func (c centre) off(t *Topic, label string) move {
	c.m.effects = append(c.m.effects, Withdraw{Topic: t.Name, Source: "button", Wording: label, Flow: c.st.flow.id, Step: c.st.address, Program: c.m.own.Hash})
	c.m.stand(t.Name, "stopped")
	c.m.forget(t.Name)
	if own := c.m.p.trigger(OnOptedOut, t.Name); own != nil && !c.m.onStack(own.Flow) {
		c.m.later = append(c.m.later, start{flow: own.Flow, trigger: own.ID})
		return c.stand()
	}
	return c.show("", c.text("relance.stopped", map[string]any{"title": c.title(t)}))
}
