package simulate

import (
	"fmt"
	"hash/maphash"
	"slices"

	"github.com/relance-bot/relance/bot/messenger/emulator"
	"github.com/relance-bot/relance/flows"
	"github.com/relance-bot/relance/storage"
)

// law watches the chats for what must not happen: a notification without consent or
// after a stop, and one that comes twice.
type law struct {
	program *flows.Program
	titles  map[string]string // topic by title, in every language
	// questions are those for consent in our own words, which a yes to begins a consent by.
	questions map[string]string
	yes       []string // in every language: the bot may speak another one than the person's phone
	seed      maphash.Seed
	carried   map[uint64]struct{} // notifications that were shown, by the id they carry
	agreed    map[string]map[string]bool
	offers    map[string]string // by person: the topic that the last question in our own words is about

	checked int
	wrongs  []string
}

// maxWrongs is how many violations are told; all are counted.
const maxWrongs = 20

func newLaw(p *flows.Program, languages []string) *law {
	l := &law{program: p, titles: map[string]string{}, questions: map[string]string{}, seed: maphash.MakeSeed(), carried: map[uint64]struct{}{}, agreed: map[string]map[string]bool{}, offers: map[string]string{}}
	for _, t := range p.Bot.Topics {
		for _, language := range append([]string{p.Bot.Locale}, languages...) {
			if yes := p.Text("relance.yes", language, nil); !slices.Contains(l.yes, yes) {
				l.yes = append(l.yes, yes)
			}
			title := p.Title(t.Name, language)
			l.titles[title] = t.Name
			l.questions[p.Text("relance.ask_again", language, map[string]any{"title": title})] = t.Name
		}
	}
	return l
}

func (l *law) wrong(format string, args ...any) {
	l.wrongs = append(l.wrongs, fmt.Sprintf(format, args...))
}

// shown looks at one thing in a chat, in the order in which they come.
func (l *law) shown(p *person, s emulator.Shown) {
	switch {
	case s.From == emulator.FromPage:
		if topic := topicOf(s); topic != "" {
			l.notified(p, s, topic)
		} else if topic := l.questions[s.Text]; topic != "" {
			l.offers[p.psid] = topic
		}
	case s.From == emulator.FromPerson:
		l.said(p, s)
	case s.Kind == noteAccepted, s.Kind == noteResumed:
		l.set(p, l.titles[s.Text], true)
	case s.Kind == noteStopped:
		l.set(p, l.titles[s.Text], false)
	}
}

func (l *law) set(p *person, topic string, agrees bool) {
	if l.agreed[p.psid] == nil {
		l.agreed[p.psid] = map[string]bool{}
	}
	if topic == "all" {
		clear(l.agreed[p.psid])
		return
	}
	l.agreed[p.psid][topic] = agrees
}

// notified judges one notification.
func (l *law) notified(p *person, s emulator.Shown, topic string) {
	l.checked++
	if !l.agreed[p.psid][topic] {
		l.wrong("%s: a notification of %q without consent at %s: %q", p.psid, topic, s.At.Format("2006-01-02 15:04:05"), s.Text)
	}
	id := maphash.String(l.seed, p.psid+" "+s.Metadata)
	if _, twice := l.carried[id]; twice {
		l.wrong("%s: the same notification twice, at %s: %q", p.psid, s.At.Format("2006-01-02 15:04:05"), s.Text)
	}
	l.carried[id] = struct{}{}
}

// said judges what a person says: stops, and a yes to our own question.
func (l *law) said(p *person, s emulator.Shown) {
	if payload, ok := flows.DecodePayload(p.touched); ok && s.Tapped != "" && payload.OptOut != "" {
		l.set(p, payload.OptOut, false)
	}
	if l.program.IsStop(flows.Input{Kind: flows.InMessage, Text: s.Text}) && s.Tapped == "" {
		l.set(p, "all", false)
	}
	if topic := l.offers[p.psid]; topic != "" && slices.Contains(l.yes, s.Text) {
		l.set(p, topic, true)
	}
	delete(l.offers, p.psid)
}

// occurrences looks at what the bot decided about one person: no occurrence may have
// been carried by two messages, and every message that was carried must have been shown.
func (l *law) occurrences(contact, psid string, decisions []storage.Decision) {
	type key struct{ trigger, occurrence string }
	seen := map[key]string{}
	for _, d := range decisions {
		if d.Send == "" {
			continue
		}
		k := key{d.Trigger, d.Occurrence}
		if other, twice := seen[k]; twice && other != d.Send {
			l.wrong("%s: two messages about %s of %s", psid, d.Occurrence, d.Trigger)
		}
		seen[k] = d.Send
	}
}
