package messenger

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/flows"
)

func TestAChangeOfTheFeed(t *testing.T) {
	t.Parallel()
	c := newTestChannel(t, Config{})
	for _, tt := range []struct{ name, value, want string }{
		{"a comment", `{"item":"comment","verb":"add","comment_id":"90_91","from":{"id":"7","name":"Zoé L"},"message":"Du 42 ?"}`, "comment 90_91 Zoé L: Du 42 ?"},
		{"in its older form", `{"item":"comment","verb":"add","comment_id":"90_91","sender_id":7,"sender_name":"Zoé L","message":"Du 42 ?"}`, "comment 90_91 Zoé L: Du 42 ?"},
		{"a picture", `{"item":"comment","verb":"add","comment_id":"90_91","from":{"id":"7"}}`, "comment 90_91 : "},
		{"of the Page", `{"item":"comment","verb":"add","comment_id":"90_91","from":{"id":"10"},"message":"Du 42 ?"}`, "ignored  : "},
		{"of the Page, older", `{"item":"comment","verb":"add","comment_id":"90_91","sender_id":10,"message":"Du 42 ?"}`, "ignored  : "},
		{"of nobody", `{"item":"comment","verb":"add","comment_id":"90_91","message":"Du 42 ?"}`, "ignored  : "},
		{"changed", `{"item":"comment","verb":"edited","comment_id":"90_91","from":{"id":"7"},"message":"Du 42 ?"}`, "ignored  : "},
		{"removed", `{"item":"comment","verb":"remove","comment_id":"90_91","from":{"id":"7"}}`, "ignored  : "},
		{"a like", `{"item":"reaction","verb":"add","comment_id":"90_91","from":{"id":"7"}}`, "ignored  : "},
		{"without its id", `{"item":"comment","verb":"add","from":{"id":"7"},"message":"Du 42 ?"}`, "ignored  : "},
		{"malformed", `{"item":"comment","verb":"add","comment_id":{},"from":7}`, "ignored  : "},
		{"no object", `3`, "ignored  : "},
	} {
		events, err := c.Parse([]byte(`{"object":"page","entry":[{"id":"10","time":1790000000,"changes":[{"field":"feed","value":`+tt.value+`}]}]}`), arrival)
		if err != nil || len(events) != 1 {
			t.Errorf("%s: %d events, error %v; want one", tt.name, len(events), err)
			continue
		}
		e := events[0]
		if got := string(e.Kind) + " " + e.Comment + " " + e.Name + ": " + e.Text; got != tt.want || e.Person != "" || len(e.Body) > 0 {
			t.Errorf("%s: %q of %q with %d bytes kept, want %q of nobody", tt.name, got, e.Person, len(e.Body), tt.want)
		}
		if e.Kind == bot.EventComment && strings.Contains(e.Key, "91") {
			t.Errorf("%s: its key %q names the comment", tt.name, e.Key)
		}
	}
}

func TestAPrivateReplyTellsWhoHasIt(t *testing.T) {
	t.Parallel()
	fake := newFakeGraph(t, says(http.StatusOK, `{"recipient_id":"20","message_id":"m_1"}`))
	c := fake.channel(t, Config{})
	reply := bot.Delivery{ID: "s1", Comment: "90_91", Lane: "window", Message: flows.Message{Kind: flows.Text, Text: "Quel modèle ?"}}
	if diff := cmp.Diff(bot.Outcome{MID: "m_1", Person: "20"}, c.Send(context.Background(), reply)); diff != "" {
		t.Error(diff)
	}
	reply.Message = flows.Message{Kind: flows.OptInRequest, Text: "Nouveautés", OptIn: &flows.OptIn{Request: "r1"}}
	if o := c.Send(context.Background(), reply); o.Status != bot.Refused || o.Class != bot.ClassContent || len(fake.requests()) != 1 {
		t.Errorf("a request for consent: %+v after %d calls, want it refused without one", o, len(fake.requests()))
	}
}
