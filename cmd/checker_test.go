package cmd

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/bot/messenger/emulator"
	"github.com/relance-bot/relance/storage"
)

// story writes one person's evidence as a bot leaves it that keeps its promises.
type story struct {
	*witnessed
	now time.Time
}

func (s *story) tick() time.Time {
	s.now = s.now.Add(time.Second)
	return s.now
}

// does is an act of the person, acknowledged and answered.
func (s *story) does(what string) {
	a := act{does: what}
	if what != accepts && what != acceptsNews {
		a.mid = fmt.Sprintf("m-%s-in-%d", s.psid, len(s.acts))
		s.chat = append(s.chat, emulator.Shown{At: s.tick(), From: emulator.FromPerson, Kind: emulator.KindText, Text: what, MID: a.mid})
	}
	s.acts = append(s.acts, a)
	for _, text := range flagship[what] {
		s.says(text, false)
	}
	switch {
	case what == "Chaque semaine", what == "Chaque mois":
		s.records(bot.Asked, bot.StatusAsked)
	case what == accepts, what == acceptsNews:
		s.records(bot.Granted, bot.StatusActive)
	case slices.Contains(stops, what):
		s.records(bot.Stopped, bot.StatusStopped)
	}
}

func (s *story) records(action bot.Action, status string) {
	s.ledger, s.status = append(s.ledger, bot.LedgerLine{Action: action}), status
}

// says is a message that the bot decided, sent and settled. It returns its id.
func (s *story) says(text string, bulk bool) string {
	id := fmt.Sprintf("%s-out-%d", s.psid, len(s.sends))
	at := s.tick()
	s.sends = append(s.sends, storage.Send{
		ID: id, Seq: int64(len(s.sends) + 1), State: storage.SendSent, Bulk: bulk, At: at, ClaimAt: at, MID: "m-" + id,
	})
	s.keeps(len(s.sends)-1, text, false)
	s.shows(len(s.sends) - 1)
	return id
}

// keeps puts a text into the outbox.
func (s *story) keeps(i int, text string, resent bool) {
	body := kept{Resent: resent}
	body.Message.Text = text
	raw, err := json.Marshal(body)
	if err != nil {
		panic(err)
	}
	s.sends[i].Body = raw
}

// loses gives a reply up: its outcome stayed unknown, after one try or after two.
func (s *story) loses(i int, resent bool) {
	s.sends[i].State = storage.SendUnknown
	s.keeps(i, words(s.sends[i]), resent)
}

// isCut is a call that the platform did not answer; it may come again later.
func (s *story) isCut(e *evidence, i int) {
	e.line = append(e.line, handled{at: s.sends[i].ClaimAt, body: s.sends[i].ID, cut: true})
	s.now = s.now.Add(resendAfter)
}

// shows puts a message of the outbox at the end of the chat.
func (s *story) shows(i int) {
	send := s.sends[i]
	s.chat = append(s.chat, emulator.Shown{
		At: s.tick(), From: emulator.FromPage, Kind: emulator.KindText, Text: words(send), MID: send.MID, Metadata: send.ID,
	})
}

// isTold is an event that reaches the person.
func (s *story) isTold(event string) { s.isSent("back", event, "Zoé : "+toldText) }

func (s *story) isSent(trigger, occurrence, text string) {
	id := s.says(text, true)
	s.decisions = append(s.decisions, storage.Decision{
		Trigger: trigger, Occurrence: occurrence, Kind: bot.DecisionSent, Send: id, MID: "m-" + id, Delivered: s.now,
	})
}

// forgets takes the notification out of the outbox, as a bot may once it was
// accepted.
func (s *story) forgets() {
	s.sends = slices.DeleteFunc(s.sends, func(send storage.Send) bool { return send.Bulk })
}

// sound is what breaks nothing: Ana who is told and stops by the button, Bob who
// stops by a word before he is told, Ida who stays, and Lea who reads the news.
func sound() (e *evidence, ana, bob, ida *story) {
	noon := time.Date(2026, 3, 27, 12, 0, 0, 0, time.UTC)
	person := func(psid string, does ...string) *story {
		s := &story{witnessed: &witnessed{psid: psid}, now: noon}
		for _, what := range does {
			s.does(what)
		}
		return s
	}
	agree := []string{"stock", "42", "Chaque semaine", accepts}
	ana, bob, ida = person("1", agree...), person("2", agree...), person("9", agree...)
	lea := person("3", "nouveautés", "43", "Chaque mois", acceptsNews)
	lea.kind = reads
	bob.does("stop")
	first := posted{id: "restock-1", at: noon.Add(time.Minute), settled: noon.Add(2 * time.Minute)}
	for _, s := range []*story{ana, ida} {
		s.now = first.at
		s.isTold(first.id)
		s.now = first.settled
	}
	ana.does("Stop")
	second := posted{id: "restock-2", at: noon.Add(5 * time.Minute), settled: noon.Add(6 * time.Minute)}
	ida.kind = stays
	ida.decisions = append(ida.decisions, storage.Decision{Trigger: "back", Occurrence: second.id, Kind: bot.DecisionHeld, Rule: bot.RuleCadence})
	fire := posted{id: "2026-03-30T09:00", news: true, at: noon.Add(3 * time.Minute), settled: noon.Add(4 * time.Minute)}
	lea.now = fire.at
	lea.isSent("monday", fire.id, newsText+"43, Zoé")
	return &evidence{
		people: []*witnessed{ana.witnessed, bob.witnessed, ida.witnessed, lea.witnessed}, events: []posted{first, second, fire},
		rate: 40, chains: []bot.Chain{{Entries: 8}},
		occurrences: []storage.Occurrence{
			{Trigger: "back", ID: first.id, State: "done", Counts: []byte(`{"sent":2}`)},
			{Trigger: "back", ID: second.id, State: "done", Counts: []byte(`{"held":1,"missed":7}`)},
			{Trigger: "monday", ID: fire.id + " Europe/Paris", Zone: "Europe/Paris", State: "done", Counts: []byte(`{"queued":1}`)},
		},
		timers: []storage.Timer{{Body: []byte(`{"trigger":"monday","zone":"Europe/Paris","local":"2026-04-06T09:00"}`)}},
	}, ana, bob, ida
}

// plants are what a bot could do wrong, each with the promise that it breaks; ""
// is what it may do.
var plants = []struct {
	name   string
	breaks string
	plant  func(e *evidence, ana, bob, ida *story)
}{
	{"nothing", "", func(*evidence, *story, *story, *story) {}},
	{"a reply that comes again under its own id", "", func(e *evidence, _, bob, _ *story) {
		bob.isCut(e, 0)
		bob.shows(0)
	}},
	{"a reply that comes a third time, as two processes ended with it", "", func(e *evidence, _, bob, _ *story) {
		bob.isCut(e, 0)
		bob.shows(0)
		bob.isCut(e, 0)
		bob.shows(0)
	}},
	{"the receipt of a copy", "", func(e *evidence, _, bob, _ *story) {
		bob.isCut(e, 0)
		bob.shows(0)
		e.strays = []storage.Stray{{Body: []byte(`{"kind":"delivery","mids":["` + bob.sends[0].MID + `"]}`)}}
	}},
	{"a last reply that is given up after two tries", "", func(e *evidence, _, bob, _ *story) {
		last := len(bob.sends) - 1
		bob.isCut(e, last)
		bob.loses(last, true)
		bob.hides(last)
	}},
	{"a notification of unknown outcome that nobody saw", "", func(e *evidence, ana, _, _ *story) {
		i := ana.notification()
		e.faults = []fault{{seat: 2, from: ana.sends[i].ClaimAt, to: ana.sends[i].ClaimAt}}
		ana.sends[i].State, ana.decisions[0].Kind = storage.SendUnknown, bot.DecisionUnknown
		ana.hides(i)
	}},

	{"a request that was shown, sent again and refused for it", "", func(e *evidence, ana, _, _ *story) {
		shown := &ana.chat[slices.IndexFunc(ana.chat, func(m emulator.Shown) bool { return m.Text == optInTitle })]
		shown.OptIn = &emulator.ShownOptIn{Title: optInTitle}
		e.calls = []emulator.Call{{At: shown.At.Add(resendAfter), Code: 613, Subcode: 1893016, Body: `{"metadata":"` + shown.Metadata + `"}`}}
	}},
	{"notifications that the outbox has forgotten", "", func(_ *evidence, ana, _, ida *story) {
		ana.forgets()
		ida.forgets()
	}},

	{"a webhook that is never taken", "at rest", func(e *evidence, _, _, _ *story) {
		e.undelivered = []emulator.Undelivered{{PSID: "1", Tries: 9, Status: 503}}
	}},
	{"an occurrence that stops half-way", "at rest", func(e *evidence, _, _, _ *story) { e.occurrences[1].State = "running" }},
	{"a call the platform refuses", "at rest", func(e *evidence, _, _, _ *story) {
		e.calls = []emulator.Call{{Code: 10, Subcode: 2018278, Body: `{"recipient":{"id":"1"}}`}}
	}},
	{"a request shown under another id", "at rest", func(e *evidence, _, _, _ *story) {
		e.calls = []emulator.Call{{Code: 613, Subcode: 1893016, Body: `{"metadata":"another"}`}}
	}},
	{"a receipt that is not known", "at rest", func(e *evidence, _, bob, _ *story) {
		e.strays = []storage.Stray{{Body: []byte(`{"kind":"delivery","mids":["` + bob.sends[0].MID + `"]}`)}}
	}},
	{"an input that is never handled", "at rest", func(_ *evidence, ana, _, _ *story) { ana.inputs = 1 }},
	{"a message that is never settled", "at rest", func(_ *evidence, ana, _, _ *story) { ana.sends[0].State = storage.SendWaiting }},

	{"an act that was shown and never acknowledged", "nothing acknowledged is lost", func(_ *evidence, ana, _, _ *story) {
		ana.chat = append(ana.chat, emulator.Shown{From: emulator.FromPerson, Text: "stock", MID: "m-more"})
	}},
	{"an acknowledged act without a turn", "nothing acknowledged is lost", func(_ *evidence, ana, _, _ *story) {
		ana.acts = append(ana.acts, act{"m-more", "stock"})
	}},
	{"a turn taken twice", "nothing acknowledged is lost", func(_ *evidence, ana, _, _ *story) { ana.says(flagship["Stop"][0], false) }},
	{"a reply that is never sent", "nothing acknowledged is lost", func(_ *evidence, ana, _, _ *story) { ana.hides(1) }},
	{"a reply given up after one try", "nothing acknowledged is lost", func(_ *evidence, ana, _, _ *story) {
		ana.loses(1, false)
		ana.hides(1)
	}},
	{"an echo that settles nothing", "nothing acknowledged is lost", func(_ *evidence, ana, _, _ *story) { ana.loses(1, true) }},
	{"an echo that settles another message", "nothing acknowledged is lost", func(_ *evidence, ana, _, _ *story) { ana.sends[1].MID = ana.sends[2].MID }},

	{"two acts that change places", "nothing acknowledged is lost", func(_ *evidence, ana, _, _ *story) {
		ana.acts[0], ana.acts[1] = ana.acts[1], ana.acts[0]
	}},

	{"a copy under another id", "a reply comes again under its own id only", func(_ *evidence, ana, _, _ *story) {
		ana.says(flagship["stock"][0], false)
	}},
	{"a message without an id", "a reply comes again under its own id only", func(_ *evidence, ana, _, _ *story) { ana.chat[1].Metadata = "" }},

	{"a reply that comes again though it was answered", "nothing is given up or sent again without a cause", func(e *evidence, _, bob, _ *story) {
		bob.isCut(e, 0)
		e.line[0].cut = false
		bob.shows(0)
	}},
	{"a reply that comes again though another process was hit", "nothing is given up or sent again without a cause", func(e *evidence, _, bob, _ *story) {
		bob.isCut(e, 0)
		e.line[0].cut, e.faults = false, []fault{{seat: 1, from: e.line[0].at, to: e.line[0].at}}
		bob.shows(0)
	}},
	{"a reply that comes again though its process only slept", "nothing is given up or sent again without a cause", func(e *evidence, _, bob, _ *story) {
		bob.isCut(e, 0)
		e.line[0].cut, e.faults = false, []fault{{from: e.line[0].at, to: e.line[0].at, asleep: true}}
		bob.shows(0)
	}},
	{"a reply that comes again too soon", "nothing is given up or sent again without a cause", func(e *evidence, _, bob, _ *story) {
		bob.isCut(e, 0)
		bob.now = bob.chat[1].At
		bob.shows(0)
	}},
	{"a reply that comes a third time", "nothing is given up or sent again without a cause", func(e *evidence, _, bob, _ *story) {
		bob.isCut(e, 0)
		bob.shows(0)
		bob.shows(0)
	}},
	{"a notification given up without a cause", "nothing is given up or sent again without a cause", func(_ *evidence, ana, _, _ *story) {
		i := ana.notification()
		ana.sends[i].State, ana.decisions[0].Kind = storage.SendUnknown, bot.DecisionUnknown
		ana.hides(i)
	}},

	{"two replies that change places", "replies keep their order", func(_ *evidence, ana, _, _ *story) {
		ana.sends[1], ana.sends[2] = ana.sends[2], ana.sends[1]
	}},
	{"a message that was never decided", "replies keep their order", func(_ *evidence, ana, _, _ *story) {
		ana.chat = append(ana.chat, emulator.Shown{From: emulator.FromPage, Text: "Bonjour !", Metadata: "from-nowhere"})
	}},

	{"a notification that comes again", "no notification is doubled", func(_ *evidence, _, _, ida *story) { ida.shows(ida.notification()) }},
	{"an event told by two messages", "no notification is doubled", func(_ *evidence, _, _, ida *story) { ida.isTold("restock-1") }},
	{"a notification that was shown and is unknown", "no notification is doubled", func(_ *evidence, _, _, ida *story) {
		ida.sends[ida.notification()].State = storage.SendUnknown
	}},
	{"a notification dropped and shown", "no notification is doubled", func(_ *evidence, _, _, ida *story) {
		ida.sends[ida.notification()].State = storage.SendDropped
	}},
	{"a notification that passes for a reply", "no notification is doubled", func(_ *evidence, _, _, ida *story) {
		ida.sends[ida.notification()].Bulk = false
	}},

	{"a forgotten notification that comes again", "no notification is doubled", func(_ *evidence, _, _, ida *story) {
		ida.shows(ida.notification())
		ida.forgets()
	}},
	{"a notification that nobody decided", "no notification is doubled", func(_ *evidence, _, _, ida *story) {
		ida.forgets()
		ida.decisions[0].Send = ""
	}},

	{"two messages in one week", "nobody is told more often than agreed", func(_ *evidence, _, _, ida *story) { ida.isTold("restock-3") }},
	{"two news in one month", "nobody is told more often than agreed", func(e *evidence, _, _, _ *story) {
		lea := e.people[3]
		lea.chat = append(lea.chat, lea.chat[len(lea.chat)-1])
	}},

	{"three times the pace", "the Page keeps its pace", func(_ *evidence, _, _, ida *story) {
		for i := range 240 {
			ida.chat = append(ida.chat, emulator.Shown{From: emulator.FromPage, Text: toldText, At: ida.now.Add(time.Duration(i) * time.Second / 120)})
		}
	}},

	{"a fire that counts somebody twice", "a schedule fires once", func(e *evidence, _, _, _ *story) {
		e.occurrences[2].Counts = []byte(`{"sent":2}`)
	}},
	{"a fire in another zone that counts them again", "a schedule fires once", func(e *evidence, _, _, _ *story) {
		again := e.occurrences[2]
		again.ID, again.Zone, again.Counts = "2026-03-30T09:00 Asia/Tokyo", "Asia/Tokyo", []byte(`{"sent":1}`)
		e.occurrences = append(e.occurrences, again)
	}},
	{"an event that counts fewer than were told", "a schedule fires once", func(e *evidence, _, _, _ *story) {
		e.occurrences[0].Counts = []byte(`{"sent":1}`)
	}},
	{"a fire that never occurred", "a schedule fires once", func(e *evidence, _, _, _ *story) { e.occurrences = e.occurrences[:2] }},
	{"a schedule that ends", "a schedule fires once", func(e *evidence, _, _, _ *story) { e.timers = nil }},
	{"a schedule whose time has passed", "a schedule fires once", func(e *evidence, _, _, _ *story) { e.timers[0].At = e.at.Add(-time.Second) }},
	{"a schedule that will fire again", "a schedule fires once", func(e *evidence, _, _, _ *story) {
		e.timers[0].Body = []byte(`{"trigger":"monday","zone":"Europe/Paris","local":"2026-03-30T09:00"}`)
	}},

	{"a notification shown after the stop", "nothing goes out after a stop", func(_ *evidence, _, bob, _ *story) { bob.isTold("restock-1") }},
	{"a notification claimed after the stop's turn", "nothing goes out after a stop", func(_ *evidence, ana, _, _ *story) {
		ana.sends[ana.notification()].ClaimAt = ana.now
	}},
	{"a notification claimed long after another process stopped it", "nothing goes out after a stop", func(e *evidence, ana, _, _ *story) {
		e.apart = time.Second
		ana.sends[ana.notification()].ClaimAt = ana.now.Add(2 * e.apart)
	}},
	{"a notification taken by the platform and not shown", "nothing goes out after a stop", func(e *evidence, ana, _, _ *story) {
		e.calls = []emulator.Call{{At: ana.tick(), Status: 200, Body: `{"recipient":{"id":"1"},"message":{"text":"` + toldText + `"}}`}}
	}},

	{"a ledger without a chain", "the ledger tells what happened", func(e *evidence, _, _, _ *story) { e.chains = nil }},
	{"a ledger with two chains", "the ledger tells what happened", func(e *evidence, _, _, _ *story) { e.chains = append(e.chains, e.chains[0]) }},
	{"a broken chain", "the ledger tells what happened", func(e *evidence, _, _, _ *story) {
		e.chains[0].Findings = []bot.Finding{{Seq: 3}}
	}},
	{"an entry that was never sealed", "the ledger tells what happened", func(e *evidence, _, _, _ *story) { e.chains[0].Unsealed = 1 }},
	{"a stop that was not recorded", "the ledger tells what happened", func(_ *evidence, ana, _, _ *story) { ana.ledger = ana.ledger[:2] }},
	{"a consent recorded twice", "the ledger tells what happened", func(_ *evidence, ana, _, _ *story) {
		ana.ledger = slices.Insert(ana.ledger, 1, ana.ledger[1])
	}},
	{"a stop that did not count", "the ledger tells what happened", func(_ *evidence, ana, _, _ *story) { ana.ledger[2].None = "late" }},

	{"an event that passed somebody by", "every person and event is accounted for", func(_ *evidence, _, _, ida *story) {
		ida.decisions = ida.decisions[:1]
	}},
	{"a fire that passed somebody by", "every person and event is accounted for", func(e *evidence, _, _, _ *story) {
		e.people[3].decisions = nil
	}},
	{"a forgotten notification under another id", "every person and event is accounted for", func(_ *evidence, _, _, ida *story) {
		ida.forgets()
		ida.decisions[0].MID = "m-other"
	}},
	{"a decision without its message", "every person and event is accounted for", func(_ *evidence, _, _, ida *story) {
		ida.decisions[0].Send = "none"
	}},
	{"a delivery that was forgotten", "every person and event is accounted for", func(_ *evidence, _, _, ida *story) {
		ida.decisions[0].Delivered = time.Time{}
	}},
	{"a notification held for somebody who stopped", "every person and event is accounted for", func(_ *evidence, ana, _, _ *story) {
		ana.decisions = append(ana.decisions, storage.Decision{Occurrence: "restock-2", Kind: bot.DecisionHeld, Rule: bot.RuleCadence})
	}},
	{"a notification that failed", "every person and event is accounted for", func(_ *evidence, _, _, ida *story) {
		ida.decisions[0].Kind = bot.DecisionFailed
	}},
	{"an unknown outcome of a message that arrived", "every person and event is accounted for", func(_ *evidence, _, _, ida *story) {
		ida.decisions[0].Kind = bot.DecisionUnknown
	}},

	{"a stop that did not stop", "everybody gets to the end", func(_ *evidence, ana, _, _ *story) { ana.status = bot.StatusActive }},
	{"a consent that is lost", "everybody gets to the end", func(_ *evidence, _, _, ida *story) { ida.status = "" }},
}

// notification is where the first notification stands in the outbox.
func (s *story) notification() int {
	return slices.IndexFunc(s.sends, func(send storage.Send) bool { return send.Bulk })
}

// hides takes a message out of the chat.
func (s *story) hides(i int) {
	s.chat = slices.DeleteFunc(s.chat, func(m emulator.Shown) bool { return m.Metadata == s.sends[i].ID })
}

// TestCheckerFindsWhatIsPlanted plants each thing a bot could do wrong, so that the
// checker of the crash test is known to see it.
func TestCheckerFindsWhatIsPlanted(t *testing.T) {
	t.Parallel()
	planted := map[string]bool{"": true}
	for _, test := range plants {
		planted[test.breaks] = true
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			e, ana, bob, ida := sound()
			test.plant(e, ana, bob, ida)
			broken := e.broken()
			switch {
			case test.breaks == "" && len(broken) > 0:
				t.Errorf("nothing is wrong, but the checker says:\n%s", strings.Join(broken, "\n"))
			case test.breaks != "" && !slices.ContainsFunc(broken, func(b string) bool { return strings.HasPrefix(b, test.breaks+": ") }):
				t.Errorf("want %q to be broken, the checker says:\n%s", test.breaks, strings.Join(broken, "\n"))
			}
		})
	}
	for _, p := range promises {
		if !planted[p.name] {
			t.Errorf("nothing is planted that breaks %q", p.name)
		}
	}
}
