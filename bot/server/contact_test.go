package server

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/storage"
)

func TestContactAddresses(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		method, path string
		refuse       error
		status       int
		asked        string
		says         string
	}{
		"who":                {"GET", "/v1/contacts/messenger:10:77", nil, 200, "contact messenger:10:77", `"first_name":"Zoé"`},
		"who, escaped":       {"GET", "/v1/contacts/messenger%3A10%3A77", nil, 200, "contact messenger:10:77", ""},
		"who, by a field":    {"GET", "/v1/contacts/email=zoe@foulee.example", nil, 200, "contact email=zoe@foulee.example", ""},
		"export":             {"GET", "/v1/contacts/messenger:10:77/export", nil, 200, "export messenger:10:77", `"decisions"`},
		"why":                {"GET", "/v1/contacts/messenger:10:77/why?flow=monday", nil, 200, "why messenger:10:77 monday", `[]`},
		"receipt":            {"GET", "/v1/contacts/messenger:10:77/receipt", nil, 200, "receipt messenger:10:77", `"contact":"messenger:10:77"`},
		"everybody":          {"GET", "/v1/contacts", nil, 200, "contacts  100", `[{"id":"messenger:1:2"`},
		"who comes after":    {"GET", "/v1/contacts?after=messenger:1:1&limit=2", nil, 200, "contacts messenger:1:1 2", ""},
		"after a NUL":        {"GET", "/v1/contacts?after=%00", nil, 400, "", "bad_query"},
		"which bot":          {"GET", "/v1/bot", nil, 200, "", `{"name":"Foulée","timezone":"Europe/Paris"`},
		"the ledger":         {"GET", "/v1/consent/export", nil, 200, "ledger", "{}"},
		"verify":             {"POST", "/v1/consent/verify", nil, 200, "verify map[]", "[]"},
		"verify, and away":   {"POST", "/v1/consent/verify", errors.New("secret"), 503, "verify map[]", "unavailable"},
		"forget":             {"DELETE", "/v1/contacts/messenger:10:77", nil, 204, "forget messenger:10:77", ""},
		"nobody":             {"GET", "/v1/contacts/x", bot.ErrUnknownContact, 404, "contact x", "unknown_contact"},
		"nobody to forget":   {"DELETE", "/v1/contacts/x", fmt.Errorf("a: %w", bot.ErrUnknownContact), 404, "forget x", "unknown_contact"},
		"the store is away":  {"GET", "/v1/contacts/x", fmt.Errorf("secret: %w", storage.ErrUnavailable), 503, "contact x", "unavailable"},
		"something is wrong": {"GET", "/v1/contacts/x", errors.New("secret"), 500, "contact x", "internal"},
		"no id":              {"GET", "/v1/contacts/", nil, 404, "", "not_found"},
		"a broken escape":    {"GET", "/v1/contacts/a%2", nil, 404, "", "unknown_contact"},
		"a NUL":              {"GET", "/v1/contacts/a%00b", nil, 404, "", "unknown_contact"},
		"not UTF-8":          {"GET", "/v1/contacts/a%ff", nil, 404, "", "unknown_contact"},
		"too long":           {"GET", "/v1/contacts/" + strings.Repeat("a", maxQueryID+1), nil, 404, "", "unknown_contact"},
		"a slash too many":   {"GET", "/v1/contacts/a/b", nil, 404, "", "not_found"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fake := &fakeBot{refuse: tc.refuse}
			req := newRequest(tc.method, "/", "", "Authorization: Bearer k")
			req.URL.Opaque = tc.path // as it is, broken escapes too
			req.RequestURI = tc.path
			got := test(t, build(t, Config{Bot: fake, APIKey: "k"}), req)
			if got.status != tc.status || !strings.Contains(got.body, tc.says) || strings.Contains(got.body, "secret") {
				t.Errorf("%d %s", got.status, got.body)
			}
			if asked := strings.Join(fake.asked, ";"); asked != tc.asked {
				t.Errorf("asked %q, want %q", asked, tc.asked)
			}
		})
	}
}

func TestWithdrawals(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		path, body string
		refuse     error
		status     int
		asked      string
		says       string
	}{
		"a topic": {"messenger:10:77", `{"topic": "restock"}`, nil, 200, "withdraw messenger:10:77 restock 0001-01-01 ", `[{"topic":"restock","status":"stopped"}]`},
		"a letter": {
			"email=zoe%40foulee.example", `{"topic": "all", "at": "2026-03-20T10:00:00+01:00", "source": "letter"}`, nil,
			200, "withdraw email=zoe@foulee.example all 2026-03-20 letter", `"status":"stopped"`,
		},
		"nobody":      {"x", `{"topic": "all"}`, bot.ErrUnknownContact, 404, "withdraw x all 0001-01-01 ", "unknown_contact"},
		"no topic":    {"x", `{}`, fmt.Errorf("%w: topic is missing", bot.ErrWithdrawal), 422, "withdraw x  0001-01-01 ", `"message":"cannot be withdrawn so: topic is missing"`},
		"no JSON":     {"x", `topic=restock`, nil, 400, "", "bad_json"},
		"no instant":  {"x", `{"topic": "all", "at": "yesterday"}`, nil, 400, "", "bad_json"},
		"too much":    {"x", `{"source": "` + strings.Repeat("a", maxSmallBody) + `"}`, nil, 413, "", "too_large"},
		"no person":   {"a%00b", `{"topic": "all"}`, nil, 404, "", "unknown_contact"},
		"not stored":  {"x", `{"topic": "all"}`, fmt.Errorf("secret: %w", storage.ErrUnavailable), 503, "withdraw x all 0001-01-01 ", "unavailable"},
		"no one else": {"x", `{"topic": "all", "By": "platform"}`, nil, 200, "withdraw x all 0001-01-01 ", "stopped"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fake := &fakeBot{refuse: tc.refuse}
			req := newRequest("POST", "/", tc.body, "Authorization: Bearer k")
			req.URL.Opaque = "/v1/contacts/" + tc.path + "/withdraw"
			req.RequestURI = req.URL.Opaque
			got := test(t, build(t, Config{Bot: fake, APIKey: "k"}), req)
			if got.status != tc.status || !strings.Contains(got.body, tc.says) || strings.Contains(got.body, "secret") {
				t.Errorf("%d %s", got.status, got.body)
			}
			if asked := strings.Join(fake.asked, ";"); asked != tc.asked {
				t.Errorf("asked %q, want %q", asked, tc.asked)
			}
		})
	}
}

func TestDecisionsAreListedToTheLetter(t *testing.T) {
	t.Parallel()
	got := test(t, build(t, Config{APIKey: "k"}), newRequest("GET", "/v1/decisions", "", "Authorization: Bearer k"))
	want := `[{"kind":"sent","rule":"","lane":"recurring","at":"2026-03-30T07:00:00Z","next":null,"flow":"monday","occurrence":"2026-03-30T09:00","contact":"messenger:1:2","text":"Sent on Monday."},` +
		`{"kind":"held","rule":"cadence","lane":"","at":"2026-03-30T07:00:00Z","next":"2026-04-06T07:00:00Z","flow":"monday","occurrence":"","contact":"messenger:1:3","text":""}]` + "\n"
	if diff := cmp.Diff(want, got.body); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestDecisionQueries(t *testing.T) {
	t.Parallel()
	for query, tc := range map[string]struct {
		status int
		asked  string
	}{
		"":                                      {200, "decisions   100ns"},
		"?contact=messenger:1:2&flow=monday":    {200, "decisions messenger:1:2 monday 100ns"},
		"?flow=promo%2Fmonday&limit=1000":       {200, "decisions  promo/monday 1µs"},
		"?limit=1":                              {200, "decisions   1ns"},
		"?limit=0":                              {400, ""},
		"?limit=1001":                           {400, ""},
		"?limit=all":                            {400, ""},
		"?limit=":                               {400, ""},
		"?contact=&flow=":                       {200, "decisions   100ns"}, // as left out
		"?contact=%00":                          {400, ""},
		"?contact=%zz":                          {400, ""},
		"?flow=" + strings.Repeat("a", 501):     {400, ""},
		"?contact=messenger%3A1%3A2&unknown=ok": {200, "decisions messenger:1:2  100ns"},
	} {
		fake := &fakeBot{}
		req := newRequest("GET", "/v1/decisions", "", "Authorization: Bearer k")
		req.URL.RawQuery = strings.TrimPrefix(query, "?")
		req.RequestURI = "/v1/decisions" + query
		got := test(t, build(t, Config{Bot: fake, APIKey: "k"}), req)
		if asked := strings.Join(fake.asked, ";"); got.status != tc.status || asked != tc.asked {
			t.Errorf("%s: %d %s, asked %q", query, got.status, got.body, asked)
		}
		if tc.status == 400 && got.code() != "bad_query" {
			t.Errorf("%s: %s", query, got.body)
		}
	}
}
