package flows

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestSessionsAreStoredInFewBytes(t *testing.T) {
	t.Parallel()
	s := Session{stack: []thread{{Frames: []frame{{Flow: "restock", Step: "size"}}, Wait: wait{For: forAnswer, Until: 1767603600000, Tries: 1}}}}
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"s":[{"f":[{"f":"restock","s":"size"}],"w":{"k":"answer","u":1767603600000,"t":1}}]}`; string(text) != want {
		t.Errorf("a waiting question is stored as\n%s, want\n%s", text, want)
	}
}

func TestSessionsComeBackAsTheyWere(t *testing.T) {
	t.Parallel()
	s := Session{
		stack: []thread{{
			Frames: []frame{{Flow: "a", Step: "1", Names: map[string]any{"size": 42.5, "found": []any{map[string]any{"x": true}}}}, {Flow: "b"}},
			Wait:   wait{For: forYes, Until: 5, Tries: 2, Request: "r", Cadence: "daily", About: map[string]any{"m": "G"}, Wording: "May I?"},
		}},
		beside: []thread{{
			Frames: []frame{{Flow: "c", Step: "2.else.1"}},
			Wait:   wait{For: forAct, Until: 9},
			Cause: &cause{Trigger: "c/event:e", Topic: "t", Event: map[string]any{"n": 1.0},
				Events: []map[string]any{{"n": 0.0}, {"n": 1.0}}, Interest: map[string]any{"n": 1.0}},
		}},
	}
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	back, err := ParseSession(text)
	if err != nil {
		t.Fatal(err)
	}
	again, err := json.Marshal(back)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(text), string(again)); diff != "" {
		t.Errorf("-first +second:\n%s", diff)
	}
	if got := back.Wake(); !got.Equal(time.UnixMilli(5)) {
		t.Errorf("wakes at %v", got)
	}
	if got := strings.Join(back.Flows(), " "); got != "b a c" || !back.Waiting() || back.Step() != "b#" {
		t.Errorf("flows %s, waiting %v, step %s", got, back.Waiting(), back.Step())
	}
}

// The timeout of a question below others wakes nobody: it counts when the question
// is on top again.
func TestABuriedQuestionWakesNobody(t *testing.T) {
	t.Parallel()
	buried := thread{Frames: []frame{{Flow: "a", Step: "1"}}, Wait: wait{For: forAnswer, Until: 5}}
	top := thread{Frames: []frame{{Flow: "b", Step: "1"}}, Wait: wait{For: forAnswer}}
	if got := (Session{stack: []thread{buried, top}}).Wake(); !got.IsZero() {
		t.Errorf("wakes at %v", got)
	}
	pause := thread{Frames: []frame{{Flow: "c", Step: "1"}}, Wait: wait{For: forTime, Until: 9}}
	if got := (Session{stack: []thread{buried, top}, beside: []thread{pause}}).Wake(); !got.Equal(time.UnixMilli(9)) {
		t.Errorf("wakes at %v, not when the pause is over", got)
	}
}

func TestSessionsThatWereNeverStoredAreRefused(t *testing.T) {
	t.Parallel()
	for _, text := range []string{`[]`, `{"s":[{}]}`, `{"x":1}`, `{"s":[{"f":[]}]}`, `{} {}`, `{"s":[`, `{"s":"` + strings.Repeat("x", maxSession) + `"}`} {
		if _, err := ParseSession([]byte(text)); err == nil {
			t.Errorf("%.40s was read", text)
		}
	}
	if s, err := ParseSession(nil); err != nil || !s.Empty() || s.Step() != "" || !s.Wake().IsZero() {
		t.Errorf("no bytes are %v, %v", s, err)
	}
}
