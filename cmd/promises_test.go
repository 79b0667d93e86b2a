package cmd

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/bot/messenger/emulator"
	"github.com/relance-bot/relance/storage"
)

// What the bot says to each act, by how it begins, and of its own.
var flagship = map[string][]string{
	"stock":          {"Quelle pointure cherches-tu ?"},
	"42":             {"Plus de 42 pour le moment, ", "À quelle fréquence ?"},
	"Chaque semaine": {optInTitle},
	accepts:          {agreedText},
	"Stop":           {"C'est fait : plus de messages « Ta pointure est de retour »."},
	"stop":           {"C'est fait : je ne t'écrirai plus de moi-même."},
	switchesOff:      {}, // the platform has said so itself
	switchesOn:       {},
	"nouveautés":     {"Tu fais du combien ?"},
	"43":             {"", "À quelle fréquence ?"}, // cards first
	"Chaque mois":    {newsTitle},
	acceptsNews:      {"À lundi, alors !"},
}

const (
	optInTitle = "Ta pointure est de retour"
	agreedText = "C'est noté ! Je t'écris dès que le 42 revient."
	toldText   = "la Gazelle en 42 est de retour !"
	newsTitle  = "Les nouveautés de la semaine"
	newsText   = "Les nouveautés de la semaine en "
)

// stops are the acts that end the consent.
var stops = []string{"Stop", "stop"}

// promises are what must hold whenever and however often the bot was killed. Each
// reports what breaks it.
var promises = []struct {
	name  string
	check func(e *evidence, broken reporter)
}{
	{"at rest", (*evidence).atRest},
	{"nothing acknowledged is lost", (*evidence).nothingLost},
	{"a reply comes again under its own id only", (*evidence).repliesOnce},
	{"nothing is given up or sent again without a cause", (*evidence).caused},
	{"replies keep their order", (*evidence).inOrder},
	{"no notification is doubled", (*evidence).toldOnce},
	{"nobody is told more often than agreed", (*evidence).seldom},
	{"the Page keeps its pace", (*evidence).paced},
	{"a schedule fires once", (*evidence).fired},
	{"nothing goes out after a stop", (*evidence).silentAfterStop},
	{"the ledger tells what happened", (*evidence).provable},
	{"every person and event is accounted for", (*evidence).accounted},
	{"everybody gets to the end", (*evidence).finished},
}

// reporter says what is broken; psid is empty if it is nobody's in particular.
type reporter func(psid, format string, args ...any)

// broken lists every promise that the evidence shows to be broken.
func (e *evidence) broken() []string {
	var out []string
	for _, p := range promises {
		p.check(e, func(psid, format string, args ...any) {
			if psid != "" {
				psid += ": "
			}
			out = append(out, p.name+": "+psid+fmt.Sprintf(format, args...))
		})
	}
	return out
}

func (e *evidence) atRest(broken reporter) {
	for _, u := range e.undelivered {
		broken(u.PSID, "a webhook was never answered with 200 after %d tries, at last %d", u.Tries, u.Status)
	}
	for _, o := range e.occurrences {
		if o.State != "done" {
			broken("", "occurrence %s is %s", o.ID, o.State)
		}
	}
	for _, c := range e.calls {
		if c.Code != 0 && len(c.Body) > 0 && !e.again(c) { // a call cut off by a kill is no call
			broken("", "the platform refused a call with %d/%d: %s %s", c.Code, c.Subcode, c.Method, c.Body)
		}
	}
	for _, s := range e.strays {
		if !e.ofCopy(s) {
			broken("", "a stray: %s (%s) %s%s", s.Reason, s.Source, s.Body, e.about(s))
		}
	}
	for _, p := range e.people {
		if p.inputs > 0 {
			broken(p.psid, "%d inputs are left in the inbox", p.inputs)
		}
		for _, s := range p.sends {
			switch s.State {
			case storage.SendPending, storage.SendClaimed, storage.SendWaiting:
				broken(p.psid, "a message is %s", s.State)
			}
		}
	}
}

// again reports whether a call is refused because the opt-in request that it sends once
// more was shown by the first try.
func (e *evidence) again(c emulator.Call) bool {
	return c.Code == 613 && c.Subcode == 1893016 && slices.ContainsFunc(e.people, func(p *witnessed) bool {
		return slices.ContainsFunc(p.fromPage(), func(m emulator.Shown) bool {
			return m.OptIn != nil && strings.Contains(c.Body, m.Metadata) && m.At.Before(c.At)
		})
	})
}

// about tells what both ends know of the message that a stray is about.
func (e *evidence) about(s storage.Stray) string {
	var event bot.Event
	if err := json.Unmarshal(s.Body, &event); err != nil {
		return ""
	}
	var out strings.Builder
	fmt.Fprintf(&out, "; kept at %s", s.At.Format(time.StampMilli))
	for _, p := range e.people {
		for _, m := range p.fromPage() {
			if !slices.Contains(event.MIDs, m.MID) && m.MID != event.MID {
				continue
			}
			fmt.Fprintf(&out, "; %q was shown as %s at %s", textOf(m), m.Metadata, m.At.Format(time.StampMilli))
			for _, send := range p.sends {
				if send.ID == m.Metadata {
					fmt.Fprintf(&out, "; it is %s as %q, claimed at %s", send.State, send.MID, send.ClaimAt.Format(time.StampMilli))
				}
			}
			for _, d := range p.decisions {
				if d.Send == m.Metadata {
					fmt.Fprintf(&out, "; decision %s as %q, delivered %v", d.Kind, d.MID, d.Delivered)
				}
			}
		}
	}
	return out.String()
}

// ofCopy reports whether a stray is the receipt of a message that came twice. The
// outbox knows it by the platform's id of one of them only.
func (e *evidence) ofCopy(s storage.Stray) bool {
	var event bot.Event
	if err := json.Unmarshal(s.Body, &event); err != nil || event.Kind != bot.EventDelivery {
		return false
	}
	for _, p := range e.people {
		for _, m := range p.fromPage() {
			if slices.Contains(event.MIDs, m.MID) && len(p.shown(m.Metadata)) > 1 {
				return true
			}
		}
	}
	return false
}

// nothingLost holds the acts that were acknowledged against the replies that the
// bot decided, one by one, and those against what the platform showed.
func (e *evidence) nothingLost(broken reporter) {
	for _, p := range e.people {
		known := map[string]bool{}
		var want []string
		for _, a := range p.acts {
			known[a.mid] = true
			if _, ok := flagship[a.does]; !ok {
				broken(p.psid, "did something that is not in the script: %q", a.does)
			}
			want = append(want, flagship[a.does]...)
		}
		for _, s := range p.chat {
			if s.From == emulator.FromPerson && !known[s.MID] {
				broken(p.psid, "%q was never acknowledged", s.Text)
			}
		}
		replies := p.replies()
		for i := range max(len(want), len(replies)) {
			switch {
			case i >= len(replies):
				broken(p.psid, "nothing was decided of %q, which an acknowledged act calls for", want[i])
			case i >= len(want):
				broken(p.psid, "%q was decided, which nothing calls for", words(replies[i]))
			case !strings.HasPrefix(words(replies[i]), want[i]):
				broken(p.psid, "%q was decided, want %q", words(replies[i]), want[i])
			}
		}
		for _, s := range replies {
			shown := p.shown(s.ID)
			switch {
			case len(shown) == 0 && !lost(s):
				broken(p.psid, "%q is %s, and was never shown", words(s), s.State)
			case len(shown) > 0 && s.State != storage.SendSent:
				broken(p.psid, "%q was shown, and is %s: its echo was lost", words(s), s.State)
			case len(shown) > 0 && !slices.ContainsFunc(shown, func(m emulator.Shown) bool { return m.MID == s.MID }):
				broken(p.psid, "%q has the platform's id of another message", words(s))
			}
		}
	}
}

// lost reports whether a reply was given up, as it may be once it was sent again
// and the outcome of that is unknown too.
func lost(s storage.Send) bool {
	return !s.Bulk && s.State == storage.SendUnknown && outboxBody(s).Resent
}

func (e *evidence) repliesOnce(broken reporter) {
	for _, p := range e.people {
		ids := map[string]string{}
		for _, m := range p.fromPage() {
			text := textOf(m)
			if m.Metadata == "" {
				broken(p.psid, "%q carries no id", text)
			}
			if id, twice := ids[text]; twice && id != m.Metadata {
				broken(p.psid, "%q came again under another id", text)
			}
			ids[text] = m.Metadata
		}
	}
}

// inOrder looks at when each message was shown first.
func (e *evidence) inOrder(broken reporter) {
	for _, p := range e.people {
		var shown, decided []string
		for _, m := range p.fromPage() {
			if !slices.Contains(shown, m.Metadata) {
				shown = append(shown, m.Metadata)
			}
		}
		var forgotten []string // notifications that were accepted: only the decision is kept
		for _, s := range p.sends {
			if slices.Contains(shown, s.ID) {
				decided = append(decided, s.ID)
			}
		}
		for _, id := range shown {
			if !slices.Contains(decided, id) && p.decided(id) {
				forgotten = append(forgotten, id)
			}
		}
		shown = slices.DeleteFunc(shown, func(id string) bool { return slices.Contains(forgotten, id) })
		if len(decided) < len(shown) {
			broken(p.psid, "%d messages were shown that nobody decided", len(shown)-len(decided))
		} else if !slices.Equal(shown, decided) {
			broken(p.psid, "shown in the order %v, decided in the order %v", shown, decided)
		}
	}
}

// toldOnce holds what was shown against what was decided. The outbox forgets a
// notification once it was accepted: the decision then knows its id at both ends.
func (e *evidence) toldOnce(broken reporter) {
	for _, p := range e.people {
		for _, s := range p.sends {
			if !s.Bulk {
				continue
			}
			times, want := len(p.shown(s.ID)), 0
			if s.State == storage.SendSent {
				want = 1
			}
			if times != want {
				broken(p.psid, "a notification that is %s was shown %d times", s.State, times)
			}
		}
		carried := map[string]int{} // times each event was told
		for _, d := range p.decisions {
			if d.Send != "" {
				carried[d.Trigger+" "+d.Occurrence] += len(p.shown(d.Send))
			}
		}
		for event, times := range carried {
			if times > 1 {
				broken(p.psid, "was told %d times of %s", times, event)
			}
		}
		for _, m := range p.fromPage() {
			bulk := p.decided(m.Metadata)
			if i := slices.IndexFunc(p.sends, func(s storage.Send) bool { return s.ID == m.Metadata }); i >= 0 {
				bulk = p.sends[i].Bulk
			}
			if bulk != told(m) {
				broken(p.psid, "%q is kept as notification=%v", m.Text, bulk)
			}
		}
	}
}

// decided reports whether a message carried a notification.
func (p *witnessed) decided(send string) bool {
	return slices.ContainsFunc(p.decisions, func(d storage.Decision) bool { return d.Send == send })
}

// silentAfterStop looks at both ends: nothing shown after the person has read that
// it is over, and nothing taken in hand after the stop was decided. Between processes
// the times are not exact: each reads its clock before it waits for the contact.
func (e *evidence) silentAfterStop(broken reporter) {
	for _, p := range e.people {
		var stopped *emulator.Shown
		for _, m := range p.fromPage() {
			switch {
			case confirms(m) && stopped == nil:
				stopped = &m
			case told(m) && stopped != nil:
				broken(p.psid, "a notification was shown %s after the stop was confirmed", m.At.Sub(stopped.At))
			}
		}
		for _, call := range e.calls {
			if stopped != nil && call.At.After(stopped.At) && call.Status == 200 && strings.Contains(call.Body, toldText) && strings.Contains(call.Body, p.psid) {
				broken(p.psid, "the platform took a notification %s after the stop was confirmed", call.At.Sub(stopped.At))
			}
		}
		for _, reply := range p.replies() {
			if !slices.ContainsFunc(stops, func(stop string) bool { return words(reply) == flagship[stop][0] }) {
				continue
			}
			for _, s := range p.sends {
				if s.Bulk && s.ClaimAt.After(reply.At.Add(e.apart)) {
					broken(p.psid, "a notification was claimed %s after the stop was decided", s.ClaimAt.Sub(reply.At))
				}
			}
		}
	}
}

func (e *evidence) provable(broken reporter) {
	if len(e.chains) != 1 {
		broken("", "there are %d chains of one Page", len(e.chains))
	}
	for _, chain := range e.chains {
		if chain.Unsealed > 0 {
			broken("", "%d entries were never sealed", chain.Unsealed)
		}
		for _, f := range chain.Findings {
			broken("", "entry %d: %s %s", f.Seq, f.Kind, f.Text)
		}
	}
	steps := map[string]bot.Action{
		"Chaque semaine": bot.Asked, "Chaque mois": bot.Asked, accepts: bot.Granted, acceptsNews: bot.Granted,
		"Stop": bot.Stopped, "stop": bot.Stopped, switchesOff: bot.Stopped, switchesOn: bot.Resumed,
	}
	for _, p := range e.people {
		var want, got []bot.Action
		for _, a := range p.acts {
			if action, ok := steps[a.does]; ok {
				want = append(want, action)
			}
		}
		for _, line := range p.ledger {
			got = append(got, line.Action)
			if line.None != "" {
				broken(p.psid, "%s was recorded only: %s", line.Action, line.None)
			}
		}
		if !slices.Equal(want, got) {
			broken(p.psid, "the ledger says %v, want %v", got, want)
		}
	}
}

// accounted wants a decision for everybody who had agreed when an event came and
// had not begun to stop when it was decided.
func (e *evidence) accounted(broken reporter) {
	for _, p := range e.people {
		agreed, stopping := p.agreement()
		for _, event := range e.events {
			if event.news != (p.kind == reads) {
				continue
			}
			i := slices.IndexFunc(p.decisions, func(d storage.Decision) bool { return d.Occurrence == event.id })
			concerned := !agreed.IsZero() && agreed.Before(event.at) && !event.settled.IsZero() &&
				(stopping.IsZero() || stopping.After(event.settled))
			if i < 0 && concerned {
				broken(p.psid, "nothing was decided about event %s%s", event.id, e.account(p, event))
			}
		}
		for _, d := range p.decisions {
			p.explains(d, broken)
		}
	}
}

// explains holds a decision against the message that it says carried it.
func (p *witnessed) explains(d storage.Decision, broken reporter) {
	state := "forgotten"
	if i := slices.IndexFunc(p.sends, func(s storage.Send) bool { return s.ID == d.Send }); i >= 0 {
		state = p.sends[i].State
	}
	switch d.Kind {
	case bot.DecisionSent:
		shown := p.shown(d.Send)
		switch {
		case state == "forgotten" && (len(shown) != 1 || shown[0].MID != d.MID):
			broken(p.psid, "event %s was sent by message %s as %q, delivered %s; the platform has shown that %d times%s",
				d.Occurrence, d.Send, d.MID, d.Delivered.Format(time.StampMilli), len(shown), p.whatIs(d.MID))
		case state != storage.SendSent && state != "forgotten":
			broken(p.psid, "event %s was sent, by a message that is %q", d.Occurrence, state)
		case d.Delivered.IsZero():
			broken(p.psid, "event %s was sent, and the receipt of its delivery was lost", d.Occurrence)
		}
	case bot.DecisionUnknown:
		if state != storage.SendUnknown {
			broken(p.psid, "what became of event %s is unknown, by a message that is %q", d.Occurrence, state)
		}
	case bot.DecisionHeld:
		if p.status != bot.StatusActive || d.Rule != bot.RuleCadence {
			broken(p.psid, "event %s is held by %s while the consent is %s", d.Occurrence, d.Rule, p.status)
		}
	case bot.DecisionSkipped:
		if d.Rule != bot.RuleConsent {
			broken(p.psid, "event %s was skipped by %s", d.Occurrence, d.Rule)
		}
	default:
		broken(p.psid, "event %s is %s by %s", d.Occurrence, d.Kind, d.Rule)
	}
}

// whatIs tells which message the platform has shown by an id.
func (p *witnessed) whatIs(mid string) string {
	for _, m := range p.fromPage() {
		if m.MID == mid {
			return fmt.Sprintf(", and by that id %q (%s) at %s", textOf(m), m.Metadata, m.At.Format(time.StampMilli))
		}
	}
	return ""
}

func (e *evidence) finished(broken reporter) {
	for _, p := range e.people {
		want := bot.StatusStopped
		if p.kind == stays || p.kind == reads {
			want = bot.StatusActive
		}
		if p.status != want && !p.stuck() {
			broken(p.psid, "the consent is %q, want %q", p.status, want)
		}
	}
}

// stuck reports whether a question that was given up is why somebody did not go on.
func (p *witnessed) stuck() bool {
	replies := p.replies()
	return len(replies) > 0 && lost(replies[len(replies)-1])
}
