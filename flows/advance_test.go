package flows

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// busyBot has every verb, and flows that get in each other's way.
const busyBot = `
-- bot.yaml --
name: Test
locale: fr
fields:
  size: {type: number, min: 35, max: 48}
  style: {type: choice, options: [city, trail]}
  vip: {type: boolean}
topics:
  restock: {title: Restocks, cadence: [daily, weekly], interest: {model: text, size: number}}
  news: {title: News, cadence: [weekly]}
events:
  restock: {model: text, size: number}
  paid: {order: number}
-- locales/en.yaml --
Quelle pointure ?: Which size?
-- flows/size.yaml --
triggers:
  - keywords: [size]
  - referral: size*
steps:
  - id: size
    ask: Quelle pointure ?
    save: contact.size
    choices: [40, 41, 42]
    check: value != 47
    timeout: 2h
    on_timeout: [{say: Trop tard.}, {go: "#watch"}]
    otherwise: [{end: true}]
  - set: {found: "{{ filter(data.shoes, .size == contact.size) }}"}
  - if: len(found) > 0
    then:
      - show: cards
        each: found
        title: "{{ item.model }}"
        buttons: [{label: Stop, opt_out: restock}, {label: Menu, go: menu, with: {from: "{{ item.model }}"}}]
    else: [{run: menu, with: {from: size}}]
  - id: watch
    opt_in: restock
    about: {model: Gazelle, size: "{{ contact.size }}"}
    cadence: [daily, weekly]
    accepted: [{say: Noted.}]
    declined: [{say: Fine.}, {opt_out: {topic: restock, about: {model: Gazelle}}}]
  - say: "Fin {{ contact.size ?? '-' }}."
-- flows/menu.yaml --
inputs: {from: text}
triggers:
  - keywords: [menu]
    match: word
steps:
  - choose: "Menu {{ from ?? '' }}"
    options:
      - {label: Pointure, go: size}
      - label: Attendre
        steps: [{wait: 3d}, {say: Trois jours.}, {ask: "Alors ?", type: boolean, save: so, attempts: 1, timeout: 1h}, {say: "{{ so }}"}]
      - {label: Suite, steps: [{run: news}]}
  - say: {one_of: [Un, Deux, Trois]}
    quick_replies: [{label: Pointure, go: size}, {label: Stop, opt_out: all}]
-- flows/news.yaml --
triggers:
  - cron: 0 9 * * MON
    topic: news
  - pattern: news (?P<n>\d+)
steps:
  - set: {contact.vip: true, count: "{{ n }}"}
  - say: "News {{ count }}"
  - ask: Encore ?
    type: choice
    choices: [Oui, Non]
    save: more
  - opt_in: news
  - if: more == "Oui"
    then: [{go: news}]
-- flows/back.yaml --
triggers:
  - event: restock
    topic: restock
steps:
  - ask: "{{ event.model }} {{ interest.size }} ?"
    save: answer
  - say: "{{ answer }}"
-- flows/order.yaml --
triggers:
  - event: paid
  - keywords: [order]
steps:
  - say: "Order {{ event.order ?? '?' }}"
  - wait: {event: paid, where: event.order > 3, timeout: 1d, on_timeout: [{say: Pas payé.}]}
  - say: "Payé {{ event.order }}"
  - run: order
-- flows/bye.yaml --
triggers:
  - opted_out: restock
steps:
  - ask: Pourquoi ?
    save: why
  - say: "{{ why }}"
-- flows/hi.yaml --
triggers:
  - start: true
  - opted_in: news
steps:
  - say: Salut.
  - go: menu
-- flows/lost.yaml --
triggers:
  - fallback: true
steps:
  - id: again
    say: Pardon ?
  - if: contact.vip
    then: [{go: "#again"}]
-- data/shoes.yaml --
- {model: Gazelle, size: 42}
- {model: Samba, size: 41}
`

// drawInput draws anything that may happen; payloads are those the bot has sent,
// old ones and nonsense.
func drawInput(t *rapid.T, payloads, requests []string) Input {
	texts := rapid.OneOf(
		rapid.SampledFrom([]string{"size", "menu", "order", "news 5", "42", "47", "51", "oui", "non", "stop", "Attendre", "Suite", "Pointure", "chaque jour", "non merci", "", "👍"}),
		rapid.String(), rapid.Just(strings.Repeat("long ", 2000)),
	)
	payload := rapid.OneOf(
		rapid.SampledFrom(append([]string{"", "OTHER", `relance:{"go":"gone"}`, `relance:{"flow":"size","step":"size","choice":42}`,
			`relance:{"go":"size#watch","with":{"x":1}}`, `relance:{"start":true}`, `relance:{"opt_out":"all"}`}, payloads...)),
		rapid.Map(rapid.String(), func(s string) string { return payloadMark + s }),
	)
	in := Input{ID: rapid.StringMatching(`[a-z]{1,8}`).Draw(t, "id")}
	in.Kind = rapid.SampledFrom([]InputKind{InMessage, InMessage, InMessage, InPostback, InPostback, InReferral, InReaction, InAccepted,
		InOptedIn, InOptedOut, InWithdraw, InEvent, InNotify, InWake, InWake, InResult, "else"}).Draw(t, "kind")
	switch in.Kind {
	case InMessage:
		in.Text = texts.Draw(t, "text")
		in.Payload = payload.Draw(t, "payload")
	case InPostback:
		in.Label, in.Payload = texts.Draw(t, "label"), payload.Draw(t, "payload")
	case InReferral:
		in.Ref = rapid.SampledFrom([]string{"", "size-3", "else"}).Draw(t, "ref")
	case InAccepted, InOptedIn, InOptedOut, InWithdraw:
		in.Topic = rapid.SampledFrom([]string{"restock", "news", "gone", ""}).Draw(t, "topic")
		in.Request = rapid.SampledFrom(append([]string{"gone"}, requests...)).Draw(t, "request")
	case InEvent:
		in.Name, in.Trigger = "paid", rapid.SampledFrom([]string{"order/event:paid", "", "gone"}).Draw(t, "trigger")
		in.Event = map[string]any{"order": rapid.Float64().Draw(t, "order"), "note": rapid.String().Draw(t, "note")}
	case InNotify:
		in.Trigger = rapid.SampledFrom([]string{"news/cron:0 9 * * MON", "back/event:restock", "gone"}).Draw(t, "trigger")
		in.Topic = "restock"
		in.Event = map[string]any{"model": strings.Repeat("x", rapid.IntRange(0, 12_000).Draw(t, "size"))}
	}
	return in
}

// Whatever happens, in whatever order: no turn fails, runs wild or depends on
// anything but its arguments, and sessions survive being stored.
func TestAnyInputsAreSurvived(t *testing.T) {
	t.Parallel()
	p, data := compileTalk(t, busyBot)
	asking := []Asking{AskPlatform, AskOurselves, AskPointer, AskNot}
	rapid.Check(t, func(t *rapid.T) {
		var session Session
		var payloads, requests []string
		w := World{
			Now: time.Date(2026, 3, 27, 17, 0, 0, 0, time.UTC), First: true, Data: data,
			Contact: Contact{ID: "messenger:1:2", Timezone: "Europe/Paris", Fields: map[string]any{}},
		}
		for range rapid.IntRange(1, 40).Draw(t, "turns") {
			w.Now = w.Now.Add(time.Duration(rapid.SampledFrom([]int{0, 1, 90, 60 * 20, 60 * 80}).Draw(t, "minutes")) * time.Minute)
			w.Contact.Locale = rapid.SampledFrom([]string{"", "fr_FR", "en_US", "xx"}).Draw(t, "locale")
			topics := Standings{}
			w.Topics = topics
			for _, topic := range []string{"restock", "news"} {
				topics[topic] = Standing{
					Status: rapid.SampledFrom([]string{"", "asked", "active", "snoozed", "stopped"}).Draw(t, "status"),
					Asking: rapid.SampledFrom(asking).Draw(t, "asking"),
				}
			}
			in := drawInput(t, payloads, requests)
			in.At = w.Now
			switch in.Kind {
			case InMessage, InPostback, InReferral, InReaction:
				w.WindowUntil = w.Now.Add(24 * time.Hour)
			}
			turn := checkTurn(t, p, session, in, w)
			session = turn.Session
			w.First = false
			for _, e := range turn.Effects {
				switch e := e.(type) {
				case Say:
					for _, q := range e.Message.QuickReplies {
						payloads = append(payloads, q.Payload)
					}
				case Ask:
					requests = append(requests, e.Request)
				case SetField:
					w.Contact.Fields = cloneMap(w.Contact.Fields)
					w.Contact.Fields[e.Name] = e.Value
				}
			}
			payloads = payloads[max(0, len(payloads)-20):]
		}
	})
}

// checkTurn does a turn twice, once with the session stored in between.
func checkTurn(t *rapid.T, p *Program, s Session, in Input, w World) Turn {
	before := mustJSON(t, s)
	if len(before) > maxSession {
		t.Fatalf("the session holds %d bytes", len(before))
	}
	stored, err := ParseSession([]byte(before))
	if err != nil {
		t.Fatalf("%s: %v", before, err)
	}
	fields := cloneMap(w.Contact.Fields)
	turn, again := p.Advance(s, in, w), p.Advance(stored, in, w)
	if diff := cmp.Diff(turn.Effects, again.Effects); diff != "" {
		t.Fatalf("the stored session makes another turn (-live +stored):\n%s", diff)
	}
	if a, b := mustJSON(t, turn.Session), mustJSON(t, again.Session); a != b {
		t.Fatalf("the stored session goes elsewhere:\n%s\n%s", a, b)
	}
	if after := mustJSON(t, s); after != before {
		t.Fatalf("the turn changed the session it was given:\n%s\n%s", before, after)
	}
	if diff := cmp.Diff(fields, w.Contact.Fields); diff != "" {
		t.Fatalf("the turn changed the world it was given:\n%s", diff)
	}
	checkEffects(t, turn, in, w)
	depth := 0
	for i, th := range turn.Session.stack {
		depth += len(th.Frames)
		if i == len(turn.Session.stack)-1 && !th.waits() {
			t.Fatalf("the top of the stack waits for nothing: %s", mustJSON(t, turn.Session))
		}
	}
	for _, th := range turn.Session.beside {
		if th.Wait.For == "" {
			t.Fatalf("a thread beside waits for nothing: %s", mustJSON(t, turn.Session))
		}
	}
	if depth > maxStack || len(turn.Session.beside) > maxBeside {
		t.Fatalf("%d deep, %d beside", depth, len(turn.Session.beside))
	}
	return turn
}

// checkEffects checks what holds for the effects of every turn.
func checkEffects(t *rapid.T, turn Turn, in Input, w World) {
	notifications, silent, said := 0, 0, 0
	for _, e := range turn.Effects {
		switch e := e.(type) {
		case Fault:
			if strings.Contains(e.Message, "internal error") {
				t.Fatalf("%+v", e)
			}
		case Silent:
			silent++
		case Say:
			said++
			m := e.Message
			if e.Notification {
				notifications++
			} else if !w.Now.Before(w.WindowUntil) {
				t.Fatalf("said with the window closed: %+v", m)
			}
			if len(m.Buttons) > maxButtons || len(m.QuickReplies) > maxQuickReplies || m.Kind == Text && (m.Text == "" || len([]rune(m.Text)) > maxText) {
				t.Fatalf("the platform would refuse %+v", m)
			}
			for _, q := range m.QuickReplies {
				if len([]rune(q.Payload)) > maxPayload || q.Label == "" || len([]rune(q.Label)) > maxLabel {
					t.Fatalf("the platform would refuse %+v", q)
				}
			}
		}
	}
	if in.Kind == InNotify && notifications+silent != 1 || in.Kind != InNotify && notifications+silent != 0 {
		t.Fatalf("%s made %d notifications, %d silent: %+v", in.Kind, notifications, silent, turn.Effects)
	}
	if said > maxMessages+maxStack+2 {
		t.Fatalf("%d messages in one turn", said)
	}
}

func mustJSON(t *rapid.T, s Session) string {
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestOneOfPicksTheSameForTheSameInput(t *testing.T) {
	t.Parallel()
	p, data := compileTalk(t, busyBot)
	w := World{Now: time.Unix(1774630800, 0), WindowUntil: time.Unix(1774700000, 0), Data: data}
	said := func(id string) string {
		var texts []string
		s := p.Advance(Session{}, Input{Kind: InMessage, ID: id, Text: "menu"}, w).Session
		for _, e := range p.Advance(s, Input{Kind: InMessage, ID: id, Payload: Payload{Flow: "menu", Step: "1", Choice: "Suite"}.Encode()}, w).Effects {
			if say, ok := e.(Say); ok {
				texts = append(texts, say.Message.Text)
			}
		}
		return strings.Join(texts, " ")
	}
	if a, b := said("x"), said("x"); a != b {
		t.Errorf("the same input said %q, then %q", a, b)
	}
	var all []string
	st := p.flows["menu"].find("2")
	for i := range 40 {
		m := machine{in: Input{ID: strings.Repeat("i", i)}}
		if at := []string{"Un", "Deux", "Trois"}[m.pick(st, 3)]; !slices.Contains(all, at) {
			all = append(all, at)
		}
	}
	if len(all) != 3 {
		t.Errorf("of three texts only %v are ever said", all)
	}
}
