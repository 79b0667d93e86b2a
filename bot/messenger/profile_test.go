package messenger

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/relance-bot/relance/bot"
)

func TestProfileTakesWhatThePlatformTells(t *testing.T) {
	t.Parallel()
	zone := func(h float64) *float64 { return &h }
	for _, tt := range []struct {
		name, answer string
		want         bot.Profile
	}{
		{"all of it", `{"first_name":"Zoé","last_name":"Martin","locale":"fr_FR","timezone":2,"id":"20"}`,
			bot.Profile{FirstName: "Zoé", LastName: "Martin", Locale: "fr_FR", TimezoneOffset: zone(2)}},
		{"half an hour", `{"timezone":5.5}`, bot.Profile{TimezoneOffset: zone(5.5)}},
		{"nothing", `{}`, bot.Profile{}},
		{"an offset that is none", `{"first_name":"Zoé","timezone":99}`, bot.Profile{FirstName: "Zoé"}},
		{"a field of another kind", `{"first_name":"Zoé","locale":7}`, bot.Profile{FirstName: "Zoé"}},
		{"a name without end", `{"first_name":"` + strings.Repeat("z", 5000) + `"}`, bot.Profile{FirstName: strings.Repeat("z", 200)}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			fake := newFakeGraph(t, says(200, tt.answer))
			got, err := fake.channel(t, Config{}).Profile(context.Background(), "20")
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
			if fields := fake.requests()[0].query.Get("fields"); fields != "first_name,last_name,locale,timezone" {
				t.Errorf("asked for %s", fields)
			}
		})
	}
}

func TestProfileAsksForNamesAloneWhenTheRestIsNotAllowed(t *testing.T) {
	t.Parallel()
	for _, refusal := range []string{`{"error":{"code":100,"error_subcode":2018247}}`, `{"error":{"code":10}}`, `{"error":{"code":200}}`} {
		fake := newFakeGraph(t, func(w http.ResponseWriter, r *http.Request) {
			if strings.Contains(r.URL.Query().Get("fields"), "timezone") {
				says(400, refusal)(w, r)
				return
			}
			says(200, `{"first_name":"Zoé"}`)(w, r)
		})
		got, err := fake.channel(t, Config{}).Profile(context.Background(), "20")
		if err != nil || got.FirstName != "Zoé" || len(fake.requests()) != 2 {
			t.Errorf("%s: got %+v, error %v after %d requests", refusal, got, err, len(fake.requests()))
		}
	}
}

func TestProfileFailsWithACodeAndNothingElse(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		answer answer
		want   string
	}{
		{says(400, `{"error":{"code":190,"message":"token of Zoé"}}`), "profile: error 190"},
		{says(400, `{"error":{"code":613}}`), "profile: error 613"},
		{says(502, `<html>`), "profile: status 502"},
		{says(200, `<html>`), "profile: answer is no JSON"},
		{hangUp(""), "profile: cut"},
	} {
		fake := newFakeGraph(t, tt.answer)
		_, err := fake.channel(t, Config{}).Profile(context.Background(), "20")
		if err == nil || err.Error() != tt.want {
			t.Errorf("got %v, want %s", err, tt.want)
		}
	}
	c := newTestChannel(t, Config{})
	for _, person := range []string{"", ".", "..", strings.Repeat("2", 2000)} {
		if _, err := c.Profile(context.Background(), person); err == nil {
			t.Errorf("%.10q was asked for", person)
		}
	}
}
