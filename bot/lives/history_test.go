package lives

import (
	"maps"
	"slices"
	"strings"
	"time"
)

// far is a line that never comes.
const far = 1 << 60

// span is when something took hold: it may have from the line first on, and has for sure
// from the line settled on.
type span struct{ first, settled int }

// sure says whether it holds at a line, maybe whether it may.
func (s span) sure(i int) bool  { return s.settled <= i }
func (s span) maybe(i int) bool { return s.first <= i && s.settled > i }

// history is what the checker knows about one person.
type history struct {
	lifetime
	who     string
	acts    []deed
	told    []word
	threads []thread
	zones   []placed[string]
	quiet   []placed[hours]
	givens  []int
	known   int // the line from which the shop has told what it knows about them
	// by topic, in order of the platform's time
	changes map[string][]change
	since   map[int64]int // acts by their timestamp: where in acts
}

// deed is an act with what it means.
type deed struct {
	*act
	span
	at int    // line
	on string // the message a label was tapped on
}

// word is a message to the person.
type word struct {
	*message
	line int
	at   time.Time
	seen bool
}

type placed[T any] struct {
	span
	value T
}

// change is an entry of the ledger, and since when it holds.
type change struct {
	entry
	span
}

// stoppedThere is the subcode of a refusal that says that the person stopped on the platform.
const stoppedThere = 1893015

// patience is how long the first that somebody says may wait for who they are.
const patience = 5 * time.Second

// stopAll are the words that end everything, folded.
var stopAll = []string{"stop", "unsubscribe"}

func folded(text string) string { return strings.ToLower(strings.Trim(text, " !.?")) }

func (d deed) stopsAll() bool {
	return d.kind == "message" && slices.Contains(stopAll, folded(d.text)) && d.on == ""
}

// stops is the topic that the act surely stops; "" if none.
func (c *checker) stops(d deed) string {
	switch {
	case d.kind == "optin" && strings.HasPrefix(d.status, "STOP"):
		return c.shop.topicOf(d.title)
	case d.text == "Stop" && d.on != "":
		for _, t := range c.shop.editions {
			for _, n := range t.notices {
				if strings.HasPrefix(d.on, n.begins) {
					return n.topic
				}
			}
		}
	}
	return ""
}

// agrees says whether an act may be a yes to a topic.
func (c *checker) agrees(d deed, topic string) bool {
	title := c.shop.topics[topic].title
	switch {
	case d.kind == "optin":
		return d.title == title && !strings.HasPrefix(d.status, "STOP")
	case d.on != "":
		return d.text == "Yes" && strings.Contains(d.on, title)
	}
	return folded(d.text) == "yes"
}

// read makes the histories of everybody.
func (c *checker) read() {
	for who := range c.records.lifetimes {
		c.history(who)
	}
	c.threads()
	for _, h := range c.people {
		h.known = far
	}
	for i, l := range c.tape.lines {
		if l.who == "" {
			continue
		}
		h := c.history(l.who)
		switch {
		case l.act != nil:
			c.readAct(h, l.act, i)
		case l.told != nil:
			_, seen := c.seen[l.told.metadata]
			h.told = append(h.told, word{l.told, i, l.at, seen})
		case l.given != nil:
			h.givens = append(h.givens, i)
		case l.note == moved:
			h.known = min(h.known, c.tape.after(i))
			if l.text != "" {
				h.zones = append(h.zones, placed[string]{span{i, c.tape.after(i)}, l.text})
			}
		}
	}
	for _, who := range slices.Sorted(maps.Keys(c.people)) { // what was not taken in one lifetime may be in the next
		h := c.people[who]
		if before := c.people[h.before]; before != nil {
			for _, d := range before.acts {
				if d.acked < 0 || d.acked > before.to {
					c.readAct(h, d.act, d.at)
				}
			}
		}
	}
	for who, h := range c.people {
		for _, e := range c.records.ledger[who] {
			c.readEntry(h, e)
		}
		for _, list := range h.changes {
			slices.SortStableFunc(list, func(a, b change) int { return a.at.Compare(b.at) })
		}
	}
}

func (c *checker) history(who string) *history {
	h := c.people[who]
	if h == nil {
		of, ok := c.records.lifetimes[who]
		if !ok {
			of = lifetime{from: -1, to: far}
		}
		h = &history{lifetime: of, who: who, known: far, changes: map[string][]change{}, since: map[int64]int{}}
		h.zones = []placed[string]{{span{-1, -1}, ""}}
		c.people[who] = h
	}
	return h
}

func (c *checker) readAct(h *history, a *act, i int) {
	d := deed{act: a, at: i, span: span{i, far}}
	if a.acked >= 0 {
		d.settled = c.tape.after(a.acked)
		died := slices.ContainsFunc(c.tape.lines[i:d.settled], func(l line) bool { return l.note == died })
		if died && h.known > i { // a new process does not look up again who they are, and waits as long as the old one would have
			d.settled = c.tape.after(c.lineAt(c.tape.lines[a.acked-1].at.Add(patience)))
		}
	}
	if d.settled > h.to || i <= h.from {
		d.settled = far // it may have come to nothing
	}
	if mid := c.tapped[a.mid]; mid != "" {
		d.on = c.texts[mid]
	}
	h.since[a.stamp.UnixMilli()] = len(h.acts)
	h.acts = append(h.acts, d)
	if zone, ok := strings.CutPrefix(a.text, "move "); ok && a.kind == "message" {
		when := d.span
		if h.overheard(d) {
			when.settled = far // nobody may have listened
		}
		h.zones = append(h.zones, placed[string]{when, zone})
	}
	if own, ok := quietText(a.text); ok {
		h.quiet = append(h.quiet, placed[hours]{d.span, own})
	}
}

// readEntry finds what an entry of the ledger is the entry of.
func (c *checker) readEntry(h *history, e entry) {
	ch := change{entry: e, span: span{far, far}}
	if n, ok := h.since[e.at.UnixMilli()]; ok && e.source != "api" {
		ch.span = h.acts[n].span
	} else if e.source == "api" {
		for _, i := range h.givens {
			if l := c.tape.lines[i]; l.given.topic == e.topic && l.at.Equal(e.at) {
				ch.span = span{i, c.tape.after(i)}
			}
		}
	} else {
		// What the bot did by itself, at its own time: it held before the next rest.
		ch.span = span{c.lineAt(e.at), c.tape.after(c.lineAt(e.at.Add(time.Millisecond)) - 1)}
	}
	for _, w := range h.told {
		if e.action == "stopped" && e.source == "platform" && w.subcode == stoppedThere && w.line < ch.first && !w.at.After(e.at) && e.at.Sub(w.at) < outboxTime {
			ch.first = w.line // the bot heard of it by a refusal
		}
	}
	h.changes[e.topic] = append(h.changes[e.topic], ch)
}

// lineAt is the first line at a time or later.
func (c *checker) lineAt(t time.Time) int {
	i, _ := slices.BinarySearchFunc(c.tape.lines, t, func(l line, t time.Time) int { return l.at.Compare(t) })
	return i
}

// zonesAt are where somebody may be at a line.
func (c *checker) zonesAt(h *history, i int) []*time.Location { return located(c.shop, at(h.zones, i)) }

func located(s *shop, names []string) (out []*time.Location) {
	for _, name := range names {
		out = append(out, s.location(name))
	}
	return out
}

// at are the values that may hold at a line: the last that surely does, those that were
// on their way when it came, and those that are now.
func at[T comparable](list []placed[T], i int) (out []T) {
	var may []placed[T]
	for _, p := range list {
		if p.sure(i) {
			may = slices.DeleteFunc(may, func(q placed[T]) bool { return q.settled <= p.first })
		}
		if p.sure(i) || p.maybe(i) {
			may = append(may, p)
		}
	}
	for _, p := range may {
		if !slices.Contains(out, p.value) {
			out = append(out, p.value)
		}
	}
	return out
}

// quietText reads quiet hours as the preference centre writes them on its choices.
func quietText(text string) (hours, bool) {
	switch text {
	case "No quiet hours":
		return hours{}, true
	case "10pm-8am":
		return hours{22 * 60, 8 * 60}, true
	}
	from, to, ok := strings.Cut(text, " – ")
	if !ok {
		return hours{}, false
	}
	a, err1 := clock(from)
	b, err2 := clock(to)
	return hours{a, b}, err1 == nil && err2 == nil
}

func clock(text string) (int, error) {
	t, err := time.Parse("15:04", text)
	if err != nil {
		t, err = time.Parse("3:04 PM", strings.ReplaceAll(text, "\u202f", " "))
	}
	return t.Hour()*60 + t.Minute(), err
}
