package lives

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// checker reads what a life left behind. It asks nothing of the engine.
type checker struct {
	shop    *shop
	tape    *tape
	records *records
	born    map[string]string // birthdays by PSID

	people map[string]*history
	seen   map[string]string // messages that people saw: PSID by metadata
	texts  map[string]string // of messages, by the platform's id
	tapped map[string]string // the message that an act's button stood under, by the act's id
	runs   []placed[int]     // editions
	found  []violation
}

// violation is a promise that was broken to somebody.
type violation struct {
	promise string
	who     string
	line    int // of the tape; -1: none
	what    string
}

func (v violation) String() string { return v.promise + ": " + v.what }

// promises, in the words of the project's contract, each with what looks after it.
var promises = []struct {
	name string
	keep func(*checker, *history, string)
}{
	{"never without consent", (*checker).consented},
	{"never after a stop", (*checker).quit},
	{"never above the cadence", (*checker).paced},
	{"never above the budget", (*checker).within},
	{"never in quiet hours", (*checker).slept},
	{"at most once for each person and occurrence", (*checker).once},
	{"never too late, never at another time", (*checker).timely},
	{"every occurrence is accounted for", (*checker).accounted},
	{"replies keep their order", (*checker).ordered},
	{"the ledger tells what happened", (*checker).proven},
	{"what is stored follows from the ledger", (*checker).follows},
	{"decisions tell what happened", (*checker).decided},
	{"who is left out stays out", (*checker).leftOut},
	{"who is forgotten is", (*checker).forgetful},
	{"silent while people have the conversation", (*checker).silent},
}

// check says which promises a life broke.
func check(s *shop, t *tape, r *records, born map[string]string) []violation {
	c := &checker{
		shop: s, tape: t, records: r, born: born, people: map[string]*history{}, seen: map[string]string{}, texts: map[string]string{}, tapped: map[string]string{},
	}
	for who, chat := range r.chats {
		for _, shown := range chat {
			if shown.Metadata != "" {
				c.seen[shown.Metadata] = who
			}
			c.texts[shown.MID] = shown.Text
			if shown.Tapped != "" {
				c.tapped[shown.MID] = shown.Tapped
			}
		}
	}
	for i, l := range t.lines {
		switch l.note {
		case deployed, began:
			n, err := strconv.Atoi(l.text)
			if err != nil {
				panic(err)
			}
			c.runs = append(c.runs, placed[int]{span{i, t.after(i)}, n - 1})
		}
	}
	c.read()
	for _, p := range promises {
		for _, who := range slices.Sorted(maps.Keys(c.people)) {
			p.keep(c, c.people[who], p.name)
		}
	}
	c.everybody()
	return c.found
}

func (c *checker) says(promise string, h *history, line int, format string, args ...any) {
	who := ""
	if h != nil {
		who = h.who
	}
	c.found = append(c.found, violation{promise, who, line, fmt.Sprintf(format, args...)})
}

// terms are those that may hold for what goes out at a line, which was decided a moment
// before.
func (c *checker) terms(i int) (out []terms) {
	for from := c.lineAt(c.tape.lines[i].at.Add(-outboxTime)); from <= i; from++ {
		if from == i || c.tape.lines[from].note == deployed {
			for _, n := range at(c.runs, from) {
				out = append(out, c.shop.editions[n])
			}
		}
	}
	return out
}

// After a refusal with barred a Page may rest for pageRest.
const (
	barred   = 368
	pageRest = 26 * time.Hour
)

// unwell says whether the platform had the Page rest, so that what came then may wait.
func (c *checker) unwell(i int) bool {
	since := c.tape.lines[min(i, len(c.tape.lines)-1)].at.Add(-pageRest)
	for _, l := range c.tape.lines[c.lineAt(since):] {
		if l.told != nil && l.told.code == barred {
			return true
		}
	}
	return false
}

// steady is the one edition that runs from one line to another; false if there are two.
func (c *checker) steady(from, to int) (terms, bool) {
	before := at(c.runs, from)
	if len(before) != 1 {
		return terms{}, false
	}
	for _, r := range c.runs {
		if r.first >= from && r.first <= to && r.value != before[0] {
			return terms{}, false
		}
	}
	return c.shop.editions[before[0]], true
}

// tells is the notice that a message is; false for a reply.
func (c *checker) tells(m *message) (notice, bool) {
	for _, t := range c.shop.editions {
		for _, n := range t.notices {
			if strings.HasPrefix(m.text, n.begins) {
				return n, true
			}
		}
	}
	return notice{}, false
}

// notices calls f with each notification that the person got, or that was on its way
// to them if all is set.
func (c *checker) notices(h *history, all bool, f func(w word, n notice)) {
	for _, w := range h.told {
		if n, ok := c.tells(w.message); ok && (all || w.seen && (w.accepted() || w.cut)) {
			f(w, n)
		}
	}
}

func (c *checker) consented(h *history, promise string) {
	c.notices(h, true, func(w word, n notice) {
		all, ok := c.standings(h, n.topic, w.line)
		if ok && !slices.ContainsFunc(all, func(s standing) bool { return s.reaches(w.at) }) {
			c.says(promise, h, w.line, "%q goes out, and they stand so: %+v", w.text, all)
		}
	})
}

// quit looks at what people did, whatever the ledger says of it.
func (c *checker) quit(h *history, promise string) {
	c.notices(h, true, func(w word, n notice) {
		for _, d := range h.acts {
			if !d.sure(w.line) || !(d.stopsAll() || c.stops(d) == n.topic && !d.standby) {
				continue
			}
			again := slices.ContainsFunc(h.acts, func(later deed) bool {
				return later.stamp.After(d.stamp) && later.first <= w.line && c.agrees(later, n.topic)
			}) || slices.ContainsFunc(h.givens, func(i int) bool {
				l := c.tape.lines[i]
				return l.given.topic == n.topic && !l.at.Before(d.stamp) && i <= w.line
			})
			if !again {
				c.says(promise, h, w.line, "%q goes out, and they stopped it at line %d: %s", w.text, d.at, d.words())
				return
			}
		}
	})
}

func (c *checker) paced(h *history, promise string) {
	c.notices(h, false, func(w word, n notice) {
		all, ok := c.standings(h, n.topic, w.line)
		if !ok {
			return
		}
		fits := func(often string, where *time.Location) bool {
			fits := true
			c.notices(h, false, func(before word, m notice) {
				if before.line < w.line && m.topic == n.topic && before.metadata != w.metadata && period(often, before.at, where) == period(often, w.at, where) {
					fits = false
				}
			})
			return fits
		}
		for _, s := range all {
			often := s.often
			if often == "" {
				often = c.shop.topics[n.topic].cadence[0]
			}
			for _, where := range c.zonesAt(h, w.line) {
				if fits(often, where) {
					return
				}
			}
		}
		c.says(promise, h, w.line, "%q is one more than %s", w.text, c.shop.topics[n.topic].cadence)
	})
}

// outboxTime is how long a message may take from its decision to the platform: what is
// refused for a moment, or waits for the Page's pace, is decided again after it.
const outboxTime = time.Minute

func (c *checker) within(h *history, promise string) {
	c.notices(h, false, func(w word, _ notice) {
		for _, t := range c.terms(w.line) {
			n := 0
			c.notices(h, false, func(other word, _ notice) {
				if other.line <= w.line && other.at.After(w.at.Add(outboxTime-t.per)) {
					n++
				}
			})
			if t.budget == 0 || n <= t.budget {
				return
			}
		}
		c.says(promise, h, w.line, "%q is one more than their budget", w.text)
	})
}

func (c *checker) slept(h *history, promise string) {
	c.notices(h, false, func(w word, _ notice) {
		var nights []hours
		for _, q := range h.quiet {
			if q.first <= w.line {
				nights = append(nights, q.value) // it may have been taken, or not
			}
		}
		for _, t := range c.terms(w.line) {
			nights = append(nights, t.quiet)
		}
		for _, where := range c.zonesAt(h, w.line) {
			for _, quiet := range nights {
				if !quiet.holds(w.at, where) || !quiet.holds(w.at.Add(-outboxTime), where) {
					return
				}
			}
		}
		c.says(promise, h, w.line, "%q goes out at %s", w.text, w.at.In(c.zonesAt(h, w.line)[0]).Format("15:04 MST"))
	})
}

// noticeOf finds a notice of any edition by its flow.
func (c *checker) noticeOf(flow string) (notice, bool) {
	for _, t := range c.shop.editions {
		if n, ok := t.notice(flow); ok {
			return n, true
		}
	}
	return notice{}, false
}

func (c *checker) ordered(h *history, promise string) {
	place := map[string]int{}
	var said []string
	unheard := map[string]bool{} // by the bot
	for _, d := range h.acts {
		if n, ok := strings.CutPrefix(d.text, "say "); ok && d.acked >= 0 && c.tape.lines[min(d.settled, len(c.tape.lines)-1)].at.Sub(d.stamp) < 23*time.Hour { // the Page may still answer
			place[n+" first"], place[n+" second"] = len(said), len(said)+1
			said = append(said, n+" first", n+" second")
			unheard[n+" first"], unheard[n+" second"] = h.overheard(d), h.overheard(d)
		}
	}
	last, heard := -1, map[string]bool{}
	for _, w := range h.told {
		at, ok := place[w.text]
		if !ok || !w.seen || heard[w.metadata] {
			continue
		}
		heard[w.metadata] = true
		if at <= last {
			c.says(promise, h, w.line, "%q comes after %q", w.text, said[last])
		}
		last = at
	}
	if h.busy || c.unwell(min(h.to, len(c.tape.lines))) || slices.ContainsFunc(h.told, func(w word) bool { return !w.accepted() }) || slices.ContainsFunc(h.acts, func(d deed) bool { return d.settled == far }) {
		return // some may have been given up
	}
	for _, text := range said {
		if !unheard[text] && !slices.ContainsFunc(h.told, func(w word) bool { return w.text == text }) {
			c.says(promise, h, -1, "%q is never said", text)
		}
	}
}
