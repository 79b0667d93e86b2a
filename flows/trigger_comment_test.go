package flows

import (
	"fmt"
	"testing"
	"testing/fstest"
)

func TestTheFirstWordOfACommentCounts(t *testing.T) {
	t.Parallel()
	p, _, found := Load(fstest.MapFS{
		"bot.yaml":     {Data: []byte("name: Fern & Fig\n")},
		"flows/a.yaml": {Data: []byte("triggers: [{comment: Saucer}, {comment: how wide}]\nsteps: [{say: Which pot}]\n")},
		"flows/b.yaml": {Data: []byte("triggers: [{comment: größe}, {comment: pot}]\nsteps: [{say: Which one}]\n")},
	})
	if p == nil {
		t.Fatal(found[0].Render(false))
	}
	for text, want := range map[string]string{
		"saucer":            "a/comment:Saucer",
		"Any SAUCER?! 🌱":    "a/comment:Saucer",
		"a pot, a saucer":   "a/comment:Saucer",
		"How... wide is it": "a/comment:how wide",
		"how very wide":     "",
		"saucers":           "",
		"Welche Grosse?":    "b/comment:größe",
		"die Größe!":        "b/comment:größe",
		"a p o t":           "",
		"":                  "",
		"🌱":                 "",
	} {
		got := ""
		if trigger, ok := p.Comment(text); ok {
			got = trigger.ID
		}
		if got != want {
			t.Errorf("%q starts %q, want %q", text, got, want)
		}
	}
}

// parkedOn is a session in which flows wait for the person's next act, each of a
// trigger of its own.
func parkedOn(program string, triggers ...string) Session {
	s := Session{own: program}
	for _, id := range triggers {
		s.beside = append(s.beside, thread{Frames: []frame{{Flow: id, Step: "2"}}, Wait: wait{For: forAct}, Cause: &cause{Trigger: id}})
	}
	return s
}

func TestWhatAStrangerLeftJoinsASession(t *testing.T) {
	t.Parallel()
	many := make([]string, maxBeside)
	for i := range many {
		many[i] = fmt.Sprint("t", i)
	}
	full := parkedOn("p1", many...)
	asked := parkedOn("p1")
	asked.stack = []thread{{Frames: []frame{{Flow: "city", Step: "1"}}, Wait: wait{For: forAnswer}}}
	for _, tt := range []struct {
		name      string
		old, with Session
		flows     int
		newest    string
		programs  string
	}{
		{"nothing goes on", Session{}, parkedOn("p2", "a"), 1, "a", "[p2]"},
		{"nothing was parked", parkedOn("p1", "a"), Session{}, 1, "a", "[p1]"},
		{"beside a question", asked, parkedOn("p1", "a"), 2, "a", "[p1]"},
		{"of another program", parkedOn("p1", "a"), parkedOn("p2", "b"), 2, "b", "[p1 p2]"},
		{"of the same trigger", parkedOn("p1", "a", "b"), parkedOn("p1", "a"), 2, "a", "[p1]"},
		{"more than may wait", full, parkedOn("p1", "new"), maxBeside, "new", "[p1]"},
	} {
		got := tt.old.Join(tt.with)
		if n := len(got.Flows()); n != tt.flows || got.beside[len(got.beside)-1].Cause.Trigger != tt.newest || fmt.Sprint(got.Programs()) != tt.programs {
			t.Errorf("%s: %d flows %v, the newest of %s, on %v", tt.name, n, got.Flows(), got.beside[len(got.beside)-1].Cause.Trigger, got.Programs())
		}
		stored, err := ParseSession(got.appendJSON(nil))
		if err != nil || fmt.Sprint(stored.Flows()) != fmt.Sprint(got.Flows()) {
			t.Errorf("%s: stored it is %v (%v)", tt.name, stored.Flows(), err)
		}
	}
}
