package lives

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/storage"
)

// ending is when the bot forgot somebody.
type ending struct {
	line int      // of the tape: what stands behind it happened to somebody new
	kept *records // what was stored about them just before
	left []string // and just after
}

// forgetting lets the bot forget somebody: at rest, while something they did is on its
// way, while the process dies of it, or with the next message to them on its way.
func (l *life) forgetting(p *person, x, y int) {
	switch x % 5 {
	case 0:
		l.fated = p
		l.writing(p, y, x)
		return
	case 1:
		l.writing(p, y, x)
	case 2:
		l.mortal.killSoon(1+y%2, y%3 == 0)
	}
	l.forgets(p)
	if y%2 == 0 {
		l.rest()
		l.returning(p, x, y)
	}
}

// returning lets somebody come back who was forgotten, and ask for what they had.
func (l *life) returning(p *person, x, y int) {
	l.passes([]time.Duration{time.Second, time.Minute, 26 * time.Hour}[x%3])
	switch y % 5 {
	case 0:
		l.accepting(p, x, y) // of an older request
	case 1:
		l.switching(p, x, y)
	case 2:
		l.tapping(p, x, y)
	}
	l.rest()
	l.acts(func() error { return l.platform.Write(p.psid, []string{"news", "watch 37"}[x%2]) })
	l.passes(10 * time.Second)
	l.acts(func() error { return l.platform.Tap(p.psid, "Every day") })
	l.passes(10 * time.Second)
	if y%3 > 0 {
		l.accepting(p, x, y)
	}
}

// forgets has the bot forget somebody, however often it dies of it.
func (l *life) forgets(p *person) {
	kept := newRecords()
	l.tries(func() error { return l.forget(p, &kept) })
	l.forgotten(p, kept)
}

// forgetsOnTheWay is forgets amidst a call of the bot's. If it dies of that, it is asked
// again once it runs.
func (l *life) forgetsOnTheWay(p *person) {
	kept := newRecords()
	err := l.forget(p, &kept)
	switch {
	case l.mortal.killed():
		l.owed = func() {
			l.tries(func() error { return l.forget(p, &kept) })
			l.forgotten(p, kept)
		}
	case err != nil:
		l.t.Fatalf("the bot cannot forget: %v", err)
	default:
		l.forgotten(p, kept)
	}
}

// forget asks the bot once. kept is what it knew, unless it had forgotten already.
func (l *life) forget(p *person, kept **records) error {
	r := newRecords()
	err := l.raw.Read(context.Background(), func(from storage.Reader) (err error) {
		if err = r.person(from, p.psid); err == nil {
			r.unsettled, err = from.Sends(contact(p.psid))
		}
		return err
	})
	if err != nil {
		l.t.Fatalf("what is stored cannot be read: %v", err)
	}
	if _, known := r.contacts[p.psid]; known {
		*kept = r
	}
	if err = l.bot.Forget(context.Background(), contact(p.psid)); errors.Is(err, bot.ErrUnknownContact) {
		return nil
	}
	return err
}

func (l *life) forgotten(p *person, kept *records) {
	l.world.sums.forgotten.Add(1)
	line := l.tape.add(line{at: l.clock.Now(), who: p.psid, note: forgot})
	l.endings[p.psid] = append(l.endings[p.psid], ending{line, kept, l.remains(p)})
}

// remains is what is stored of somebody.
func (l *life) remains(p *person) (left []string) {
	id := contact(p.psid)
	err := l.raw.Read(context.Background(), func(r storage.Reader) error {
		_, err1 := r.Contact(id)
		_, err2 := r.Salt(id)
		consents, err3 := r.Consents(id)
		permits, err4 := r.Permits(id)
		timers, err5 := r.Timers(id)
		inputs, err6 := r.Inputs(id, 100)
		sends, err7 := r.Sends(id)
		decisions, err8 := r.Decisions(storage.DecisionQuery{Contact: id})
		outcomes, err9 := r.Outcomes(storage.OutcomeQuery{Contact: id})
		entries, err10 := r.Entries(id)
		for what, err := range map[string]error{"the contact": err1, "the salt": err2} {
			if !errors.Is(err, storage.ErrNotFound) {
				left = append(left, what)
			}
		}
		for what, n := range map[string]int{
			"consents": len(consents), "permits": len(permits), "timers": len(timers), "inputs": len(inputs), "messages": len(sends),
			"decisions": len(decisions), "outcomes": len(outcomes), "entries under their name": len(entries),
		} {
			if n > 0 {
				left = append(left, strconv.Itoa(n)+" "+what)
			}
		}
		running, err11 := r.Occurrences("running", 0)
		for _, o := range running {
			if o.Cursor == id {
				left = append(left, "the cursor of "+o.Trigger+" "+o.ID)
			}
		}
		return errors.Join(err3, err4, err5, err6, err7, err8, err9, err10, err11)
	})
	if err != nil {
		l.t.Fatalf("what is stored cannot be read: %v", err)
	}
	return left
}

// lifetime is the part of a life in which the bot knew somebody as one person: who was
// forgotten and comes back is another.
type lifetime struct {
	from, to int // lines of the tape: behind the one, up to the other
	before   string
	ended    bool
	busy     bool // something of theirs was on its way when it ended
	left     []string
}

// lifetimes gives somebody who was forgotten another name each time: on the tape, and in
// what is left of the life. names gets the new ones.
func (l *life) lifetimes(r *records, names, born map[string]string) {
	r.lifetimes = map[string]lifetime{}
	for psid, endings := range l.endings {
		called := func(i int) string {
			if i == 0 {
				return psid
			}
			return psid + "/" + strconv.Itoa(i+1)
		}
		last := called(len(endings))
		r.take(last, r, psid) // what is stored at the end is of the last
		from, before := -1, ""
		for i, e := range endings {
			name, next := called(i), called(i+1)
			r.take(name, e.kept, psid)
			r.chats[next] = r.chats[psid]
			r.cut = append(r.cut, e.kept.unsettled...)
			r.lifetimes[name] = lifetime{from, e.line, before, true, len(e.kept.unsettled) > 0, e.left}
			from, before = e.line, name
			names[next], born[next] = names[psid]+" again", born[psid]
			for j := e.line + 1; j < len(l.tape.lines); j++ {
				if who := &l.tape.lines[j].who; *who == name {
					*who = next
				}
			}
		}
		r.lifetimes[last] = lifetime{from: from, to: far, before: before, left: l.remains(l.byID[psid])}
	}
}

// take sets what is known about somebody to what other records know about another.
func (r *records) take(name string, from *records, as string) {
	move(r.contacts, name, from.contacts, as)
	move(r.consents, name, from.consents, as)
	move(r.ledger, name, from.ledger, as)
	move(r.sealed, name, from.sealed, as)
	move(r.decisions, name, from.decisions, as)
	move(r.waits, name, from.waits, as)
}

func move[V any](to map[string]V, name string, from map[string]V, as string) {
	if v, ok := from[as]; ok {
		to[name] = v
	} else {
		delete(to, name)
	}
}

// forgetful wants nothing to be left of somebody who was forgotten, and nothing to be
// sent to them until they, or the shop, come back.
func (c *checker) forgetful(h *history, promise string) {
	if h.ended && len(h.left) > 0 {
		c.says(promise, h, h.to, "they were forgotten, and there is still: %s", strings.Join(h.left, ", "))
	}
	if h.before == "" {
		return
	}
	back := far
	for i := h.from; i < min(h.to, len(c.tape.lines)); i++ {
		if l := c.tape.lines[i]; l.who == h.who && (l.act != nil || l.given != nil || l.note == moved) {
			back = i
			break
		}
	}
	for _, d := range h.acts {
		if d.at < h.from && d.acked >= 0 { // it was on its way
			back = min(back, h.from)
		}
	}
	for _, w := range h.told {
		if w.line < back {
			c.says(promise, h, w.line, "%q goes out to somebody who was forgotten", w.text)
		}
		n, answer := strings.CutSuffix(w.text, " first")
		if answer && !said(h, n) {
			c.says(promise, h, w.line, "%q answers what they said before they were forgotten", w.text)
		}
	}
	if back == far && !h.ended && len(h.left) > 0 {
		c.says(promise, h, h.from, "they were forgotten and did not come back, and there is: %s", strings.Join(h.left, ", "))
	}
	c.anew(h, promise)
}

func said(h *history, n string) bool {
	for _, d := range h.acts {
		if d.text == "say "+n {
			return true
		}
	}
	return false
}

// anew wants the first who come back asking for the news to be asked whether they agree.
func (c *checker) anew(h *history, promise string) {
	for _, d := range h.acts {
		if d.settled == far || d.at < h.from || h.overheard(d) || d.text != "news" || len(h.changes["news"]) > 0 && h.changes["news"][0].first < d.at {
			continue
		}
		// It may have come too late to be answered, or its answer stand behind one that has
		// no luck.
		if h.busy || c.tape.lines[min(d.settled, len(c.tape.lines)-1)].at.Sub(d.stamp) > 23*time.Hour || c.unwell(d.at) || slices.ContainsFunc(h.told, func(w word) bool {
			return !w.accepted() || w.line > d.at && (w.text == "How often?" || w.title == c.shop.topics["news"].title)
		}) {
			return
		}
		c.says(promise, h, d.at, "they were forgotten, and are not asked whether they want the news")
		return
	}
}

// erased wants the ledger to keep, without their name, what it said about those who were
// forgotten, and to say of each of their topics that it was erased.
func (c *checker) erased(promise string) (entries int) {
	stands, said := map[string]storage.Entry{}, map[string]int{}
	for _, e := range c.records.chain {
		stands[hex.EncodeToString(e.Commit)] = e
		if e.Action == "erased" {
			entries++
			said[fmt.Sprintf("%s at %d", e.Topic, e.At.UnixMilli())]++
			if len(e.Commit) > 0 || e.Contact != "" {
				c.says(promise, nil, -1, "entry %d says whom it erased", e.Seq)
			}
		}
	}
	for who, life := range c.records.lifetimes {
		if !life.ended {
			continue
		}
		for topic := range c.records.consents[who] {
			said[fmt.Sprintf("%s at %d", topic, c.tape.lines[life.to].at.UnixMilli())]--
		}
		for _, e := range c.records.sealed[who] {
			if now, ok := stands[hex.EncodeToString(e.Commit)]; !ok || now.Contact != "" || now.Action != e.Action || now.Topic != e.Topic || !now.At.Equal(e.At) {
				c.says(promise, c.history(who), life.to, "of %s of %s stands, once they were forgotten: %v by %q", e.Action, e.Topic, ok, now.Contact)
			}
		}
	}
	for what, n := range said {
		if n != 0 {
			c.says(promise, nil, -1, "that somebody was erased from %s stands %d times too often", what, n)
		}
	}
	return entries
}
