package messenger

import (
	"context"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/relance-bot/relance/bot"
)

func TestConversationsChangeHands(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name       string
		delivery   bot.Delivery
		reply      answer
		path, body string
		want       bot.Outcome
	}{
		{"given to the inbox", bot.Delivery{ID: "s1", Person: "20", Lane: "window", Control: bot.ControlPass, Note: `Zoé "asks"`},
			says(http.StatusOK, `{"success":true}`), "pass_thread_control",
			`{"recipient":{"id":"20"},"target_app_id":263902037430900,"metadata":"Zoé \"asks\""}`, bot.Outcome{Status: bot.Accepted}},
		{"taken back", bot.Delivery{ID: "s1", Person: "20", Lane: "window", Control: bot.ControlTake},
			says(http.StatusOK, `{"success":true}`), "take_thread_control", `{"recipient":{"id":"20"}}`, bot.Outcome{Status: bot.Accepted}},
		{"refused", bot.Delivery{ID: "s1", Person: "20", Lane: "window", Control: bot.ControlTake},
			says(http.StatusBadRequest, `{"error":{"code":2018300,"message":"Another app is controlling this thread now."}}`),
			"take_thread_control", `{"recipient":{"id":"20"}}`, bot.Outcome{Status: bot.Refused, Class: bot.ClassThread, Code: "2018300"}},
		{"a breakdown", bot.Delivery{ID: "s1", Person: "20", Lane: "window", Control: bot.ControlPass},
			says(http.StatusBadGateway, ``), "pass_thread_control",
			`{"recipient":{"id":"20"},"target_app_id":263902037430900}`, bot.Outcome{Status: bot.Unknown, Code: "http_502"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			fake := newFakeGraph(t, tt.reply)
			c := fake.channel(t, Config{})
			if diff := cmp.Diff(tt.want, c.Send(context.Background(), tt.delivery)); diff != "" {
				t.Errorf("outcome (-want +got):\n%s", diff)
			}
			got := fake.requests()
			if len(got) != 1 || got[0].method != http.MethodPost || got[0].path != "/v25.0/"+c.Page()+"/"+tt.path || got[0].query.Get("appsecret_proof") == "" {
				t.Fatalf("requests %+v", got)
			}
			if diff := cmp.Diff(canonical(t, tt.body), canonical(t, got[0].body)); diff != "" {
				t.Errorf("body (-want +got):\n%s", diff)
			}
		})
	}
}
