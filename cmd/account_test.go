package cmd

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/relance-bot/relance/storage"
)

// account tells all there is to know of why nothing was decided about an event and a
// person: when the event came and was decided for the others, what its occurrences
// counted, what the consent says, and what became of the person since they agreed.
func (e *evidence) account(p *witnessed, event posted) string {
	var out strings.Builder
	clock := func(t time.Time) string {
		if t.IsZero() {
			return "never"
		}
		return t.UTC().Format("15:04:05.000")
	}
	fmt.Fprintf(&out, "; posted at %s, known to be decided at %s", clock(event.at), clock(event.settled))
	for _, o := range e.occurrences {
		if o.ID == event.id || strings.HasPrefix(o.ID, event.id+" ") {
			fmt.Fprintf(&out, "; occurrence %s %q of %s is %s at %q with %s", o.Trigger, o.ID, clock(o.At), o.State, o.Cursor, o.Counts)
		}
	}
	fmt.Fprintf(&out, "; of kind %d, the consent is %q since %s", p.kind, p.status, clock(p.active))
	agreed, stopping := p.agreement()
	fmt.Fprintf(&out, "; agreed at %s, began to stop at %s", clock(agreed), clock(stopping))
	type moment struct {
		at   time.Time
		what string
	}
	var since []moment
	for _, m := range p.chat {
		since = append(since, moment{m.At, fmt.Sprintf("%s: %q", m.From, textOf(m))})
	}
	for _, d := range p.decisions {
		since = append(since, moment{d.At, fmt.Sprintf("event %s is %s by %q", d.Occurrence, d.Kind, d.Rule)})
	}
	for _, s := range p.sends {
		if s.Bulk {
			since = append(since, moment{s.At, "a notification is " + s.State})
		}
	}
	slices.SortStableFunc(since, func(a, b moment) int { return a.at.Compare(b.at) })
	for _, m := range since {
		if !m.at.Before(agreed) {
			fmt.Fprintf(&out, "\n\t%s %s", clock(m.at), m.what)
		}
	}
	return out.String()
}

// activeSince is since when a consent counts.
func activeSince(r storage.Reader, contact string) (since time.Time, err error) {
	consents, err := r.Consents(contact)
	for _, c := range consents {
		since = c.ActiveSince
	}
	return since, err
}
