package flows

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

const greedyBot = `
-- bot.yaml --
name: Test
locale: en
topics: {news: {title: News}}
events: {news: {text: text}}
-- flows/news.yaml --
triggers:
  - event: news
    topic: news
steps:
  - say: News.
  - say: "{{ event.text }}"
-- flows/later.yaml --
triggers:
  - keywords: [later]
steps:
  - wait: 1d
  - say: Now.
-- flows/join.yaml --
triggers: [{keywords: [join]}]
steps: [{opt_in: news}]
`

func TestSessionsThatGrowTooLargeLoseTheirLargestFlow(t *testing.T) {
	t.Parallel()
	p, data := compileTalk(t, greedyBot)
	w := World{Now: time.Unix(1774630800, 0), WindowUntil: time.Unix(1774700000, 0), Data: data}
	s := p.Advance(Session{}, Input{Kind: InMessage, ID: "1", Text: "later"}, w).Session
	turn := p.Advance(s, Input{
		Kind: InNotify, ID: "2", Trigger: "news/event:news", Topic: "news", Event: map[string]any{"text": strings.Repeat("x", maxSession)},
	}, w)
	if last, ok := turn.Effects[len(turn.Effects)-1].(Fault); !ok || last.Flow != "news" {
		t.Errorf("no fault: %.200v", turn.Effects)
	}
	if got := strings.Join(turn.Session.Flows(), " "); got != "later" {
		t.Errorf("what is left is %q", got)
	}
}

func TestFlowsThatWaitAreBounded(t *testing.T) {
	t.Parallel()
	p, data := compileTalk(t, greedyBot)
	w := World{Now: time.Unix(1774630800, 0), WindowUntil: time.Unix(1774700000, 0), Data: data}
	var s Session
	faults := 0
	for range maxBeside + 3 {
		turn := p.Advance(s, Input{Kind: InMessage, ID: "1", Text: "later"}, w)
		s = turn.Session
		for _, e := range turn.Effects {
			if f, ok := e.(Fault); ok && f.Flow == "later" {
				faults++
			}
		}
	}
	if len(s.beside) != maxBeside || faults != 3 {
		t.Errorf("%d flows wait, %d faults", len(s.beside), faults)
	}
}

func TestAWaitingQuestionIsStoredInFewBytes(t *testing.T) {
	t.Parallel()
	p, data := compileTalk(t, turnBot)
	w := World{Now: time.Unix(1774630800, 0), WindowUntil: time.Unix(1774700000, 0), Data: data}
	s := p.Advance(Session{}, Input{Kind: InMessage, ID: "1", Text: "pointure"}, w).Session
	text, err := json.Marshal(s)
	if err != nil || len(text) > 400 {
		t.Errorf("%d bytes, %v: %s", len(text), err, text)
	}
}

func TestUnknownInputsAreFaults(t *testing.T) {
	t.Parallel()
	p, data := compileTalk(t, greedyBot)
	w := World{Now: time.Unix(1774630800, 0), Data: data}
	for _, in := range []Input{{Kind: "dream"}, {Kind: InNotify, Trigger: "gone"}} {
		turn := p.Advance(Session{}, in, w)
		if len(turn.Effects) == 0 || !turn.Session.Empty() {
			t.Fatalf("%v made %v", in, turn)
		}
		if f, ok := turn.Effects[0].(Fault); !ok || f.Message == "" {
			t.Errorf("%v made %v", in, turn.Effects)
		}
	}
}
