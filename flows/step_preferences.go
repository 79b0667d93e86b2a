package flows

import (
	"strconv"
	"strings"
)

// preferencesStep is the preference centre: menus in which the person says what they
// want to hear about, how often and when, reads what is known about them, and may have
// it deleted.
//
//	preferences: true
//
// It is one question after another, and goes on with the next step when they are done.
// Which menu is open stands in the wait: "quiet", "topic restock". What a choice does
// stands in the choice, so that a tap means the same whichever menu is open.
type preferencesStep struct{}

var _ question = preferencesStep{}

// preferencesFlow is the id of the flow that every bot has: this step alone, unless the
// bot has a flow of that name.
const preferencesFlow = "preferences"

// preferencesDraft is that flow.
func preferencesDraft() *draft {
	return &draft{id: preferencesFlow, steps: []*step{{id: word{text: "menu"}, kind: "preferences", do: preferencesStep{}}}}
}

func decodePreferences(d *decoder, f *fields) action {
	if !f.boolean("preferences", true) {
		d.errorf("value-unknown", f.at("preferences"), "write preferences: true, or delete the step", "a step that does not open the preferences does nothing")
	}
	return preferencesStep{}
}

func (preferencesStep) check(*checker, *step, *scope) {}

func (preferencesStep) run(m *machine, st *step) move {
	if !m.open() || m.thread().pending { // a menu is no notification
		return move{op: hold}
	}
	return centre{m, st}.show("", "")
}

func (preferencesStep) answer(m *machine, st *step, r reply) (move, bool) {
	c := centre{m, st}
	if a := m.asking(m.thread(), st); a != nil {
		return c.answerAsked(a, r)
	}
	what, ok := c.menu(m.thread().Wait.Place).pick(r)
	if !ok {
		return move{}, false
	}
	return c.do(what, r.text)
}

// wrong shows the menu again; the third time it closes.
func (preferencesStep) wrong(m *machine, st *step) (move, bool) {
	c, w := centre{m, st}, &m.thread().Wait
	if a := m.asking(m.thread(), st); a != nil {
		return a.wrong(m, st)
	}
	if w.Tries++; w.Tries >= askAttempts {
		c.say("relance.preferences.left", nil)
		return leave(), true
	}
	if err := c.pose(w.Place, c.menu(w.Place).lost); err != nil {
		return fail(err), true
	}
	return move{op: stay}, true
}

func (preferencesStep) repeat(m *machine, st *step) error {
	c := centre{m, st}
	if a := m.asking(m.thread(), st); a != nil {
		return a.repeat(m, st)
	}
	return c.pose(m.thread().Wait.Place, "")
}

func (preferencesStep) late(*machine, *step) move { return leave() }

// menu is one screen of the centre.
type menu struct {
	text    string
	options []option           // the value, a text, says what a tap does: see centre.do
	typed   func(reply) string // what something else that was written does; empty: nothing
	lost    string             // said instead of text to an answer that means nothing
}

// pick is what an answer does.
func (n menu) pick(r reply) (what string, ok bool) {
	if r.tapped {
		what, ok = r.value.(string)
		return what, ok
	}
	for _, o := range n.options {
		if r.is(o.label) || r.is(cut(o.label, maxLabel)) {
			what, ok = o.value.(string)
			return what, ok
		}
	}
	if n.typed != nil {
		what = n.typed(r)
	}
	return what, what != ""
}

// centre is the preference centre in a turn.
type centre struct {
	m  *machine
	st *step
}

// show opens a menu. note, if there is one, says what was done before, and stands in
// front of it.
func (c centre) show(place, note string) move {
	if !c.m.maySend() {
		return move{op: hold}
	}
	c.m.thread().Wait = wait{For: forMenu, Place: place, Until: c.m.after(optInPatience)}
	text := ""
	if note != "" {
		text = note + "\n" + c.text("relance.preferences.else", nil)
	}
	if err := c.pose(place, text); err != nil {
		return fail(err)
	}
	return move{op: stay}
}

// pose sends a menu, in other words than its own if there are some. What is too long
// for one message is several, and the choices stand under the last.
func (c centre) pose(place, text string) error {
	n := c.menu(place)
	if text == "" {
		text = n.text
	}
	texts := pages(text, maxText)
	for _, one := range texts[:len(texts)-1] {
		c.m.say(c.st, Message{Kind: Text, Text: one})
	}
	return c.m.ask(c.st, texts[len(texts)-1], n.options)
}

// pages splits a text between lines, so that each part fits a message.
func pages(text string, most int) []string {
	var out []string
	page, used := "", 0
	for _, line := range strings.Split(text, "\n") {
		line = cut(line, most)
		if n := runes(line) + 1; used+n <= most && page != "" {
			page, used = page+"\n"+line, used+n
			continue
		}
		if len(out) == maxPages-1 {
			return append(out, cut(page+"\n"+line, most))
		}
		if page != "" {
			out = append(out, page)
		}
		page, used = line, runes(line)
	}
	return append(out, page)
}

// menu is the menu at a place.
func (c centre) menu(place string) menu {
	name, about, _ := strings.Cut(place, " ")
	switch name {
	case "topics":
		return c.topicsMenu(about)
	case "topic":
		return c.topicMenu(about)
	case "way":
		return c.wayMenu(about)
	case "snooze":
		return c.snoozeMenu(about)
	case "quiet":
		return c.quietMenu()
	case "zone":
		return c.zoneMenu()
	case "language":
		return c.languageMenu(about)
	case "know":
		return c.knowMenu()
	case "forget":
		return c.forgetMenu()
	}
	return c.mainMenu()
}

// do does what a choice says: ">quiet" opens a menu, everything else changes something.
// ok is false for what means nothing here, as a topic that is gone.
func (c centre) do(what, label string) (mv move, ok bool) {
	if place, opens := strings.CutPrefix(what, ">"); opens {
		return c.open(place)
	}
	verb, rest, _ := strings.Cut(what, " ")
	switch verb {
	case "on", "off", "every", "snooze", "wake", "go":
		name, how, _ := strings.Cut(rest, " ")
		topic, known := c.m.own.Topic(name)
		if !known && name != everyTopic {
			return move{}, false
		}
		return c.change(verb, topic, how, label)
	case "quiet":
		return c.setQuiet(rest)
	case "zone":
		return c.setZone(rest)
	case "language":
		return c.setLanguage(rest)
	case "forget":
		return c.forget()
	case "done":
		c.say("relance.preferences.closed", nil)
		return c.st.onward(), true
	}
	return move{}, false
}

// open opens a menu, if what it is about is there.
func (c centre) open(place string) (move, bool) {
	name, about, _ := strings.Cut(place, " ")
	if name == "topic" || name == "way" {
		if _, known := c.m.own.Topic(about); !known {
			return move{}, false
		}
	}
	return c.show(place, ""), true
}

// mainMenu is where everything begins, and where every way back leads.
func (c centre) mainMenu() menu {
	topics := c.topics()
	n := menu{text: c.text("relance.preferences.ask", nil)}
	shortcuts, numbered := c.topicOptions(topics)
	if lines := c.overview(topics, numbered); lines != "" {
		n.text = lines + "\n" + n.text
	}
	if n.options = shortcuts; len(topics) > maxShortcuts {
		n.options = []option{c.to("topics", "topics")}
	}
	awake, asleep := c.agreed()
	if awake {
		n.options = append(n.options, c.to("pause", "snooze "+everyTopic))
	}
	if asleep {
		n.options = append(n.options, c.does("resume", "wake "+everyTopic))
	}
	if len(c.m.own.Bot.Topics) > 0 {
		n.options = append(n.options, c.to("quiet", "quiet"))
	}
	n.options = append(n.options, c.to("zone", "zone"))
	if len(c.m.own.languages) > 1 {
		n.options = append(n.options, c.to("language", "language"))
	}
	n.options = append(n.options, c.to("know", "know"), c.does("done", "done"))
	n.typed = func(r reply) string {
		if r.is(c.text("relance.preferences.forget", nil)) {
			return ">forget"
		}
		return c.titled(topics, numbered, r)
	}
	return n
}

// overview says where the person stands with each topic; of very many only with those
// they agreed to.
func (c centre) overview(topics []*Topic, numbered bool) string {
	var lines []string
	for i, t := range topics {
		if len(topics) > maxListed && !c.standing(t).active() {
			continue
		}
		line := c.line(t)
		if numbered {
			line = strconv.Itoa(i+1) + ". " + line
		}
		lines = append(lines, line)
	}
	if len(lines) > maxListed {
		lines = append(lines[:maxListed], "…")
	}
	return strings.Join(lines, "\n")
}

// Bounds of what one screen shows.
const (
	maxShortcuts = 5  // topics that stand in the main menu themselves
	maxListed    = 20 // topics whose standing it tells
	maxPages     = 15 // texts that what is known takes; the rest is left out
)

// to is a choice that opens a menu; does is one that changes something.
func (c centre) to(label, place string) option { return c.does(label, ">"+place) }

func (c centre) does(label, what string) option {
	return option{c.text("relance.preferences."+label, nil), what}
}

// wayOut is the way back and the end of every menu but the first.
func (c centre) wayOut() []option { return []option{c.to("back", ""), c.does("done", "done")} }

func (c centre) text(key string, vars map[string]any) string { return c.m.text(key, vars) }

// say tells something that needs no answer.
func (c centre) say(key string, vars map[string]any) {
	if c.m.maySend() {
		c.m.say(c.st, Message{Kind: Text, Text: c.text(key, vars)})
	}
}
