package server

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
)

func postSubscriptions(t *testing.T, b Bot, query, body string) response {
	t.Helper()
	return test(t, build(t, Config{Bot: b, APIKey: "k"}), newRequest("POST", "/v1/subscriptions"+query, body, "Authorization: Bearer k"))
}

func TestSubscriptionsAreJudgedOneByOne(t *testing.T) {
	t.Parallel()
	fake := &fakeBot{}
	got := postSubscriptions(t, fake, "?dry_run=true", `[{"contact":"1"},{"contact":2},{"contcat":"3"},{"contact":"4","consented_at":"soon"},null,{"contact":"5"}]`)
	want := `{"results":[{"result":"added"},{"result":"refused","reason":"contact must not be a number"},` +
		`{"result":"refused","reason":"unknown key \"contcat\""},{"result":"refused","reason":"a time must be written as 2026-03-30T09:00:00+02:00"},` +
		`{"result":"refused","reason":"a subscription is an object with contact, topic, cadence, consented_at, wording and source"},{"result":"added"}]}` + "\n"
	if got.status != 200 || got.body != want {
		t.Errorf("%d %s\nwant %s", got.status, got.body, want)
	}
	if asked := strings.Join(fake.asked, ", "); asked != "import 1 dry=true, import 5 dry=true" {
		t.Errorf("the bot was asked: %s", asked)
	}
}

func TestSubscriptionsThatAreNotTaken(t *testing.T) {
	t.Parallel()
	many := "[" + strings.TrimSuffix(strings.Repeat(`{"contact":"1"},`, maxEvents+1), ",") + "]"
	for name, tc := range map[string]struct {
		query, body string
		err         error
		status      int
		code        string
	}{
		"no JSON":        {"", "contact=1", nil, 400, "bad_json"},
		"too deep":       {"", strings.Repeat("[", 1000), nil, 400, "bad_json"},
		"a wrong query":  {"?dry_run=1", "[]", nil, 400, "bad_query"},
		"a misspelt one": {"?dryrun=true", `{"contact":"1"}`, nil, 400, "bad_query"},
		"dry_run empty":  {"?dry_run=", "[]", nil, 400, "bad_query"},
		"too many":       {"", many, nil, 422, "too_many"},
		"not stored":     {"", `{"contact":"1"}`, fmt.Errorf("disk: %w", errors.New("full")), 503, "unavailable"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fake := &fakeBot{refuse: tc.err}
			if got := postSubscriptions(t, fake, tc.query, tc.body); got.status != tc.status || got.code() != tc.code || len(fake.asked) > 0 {
				t.Errorf("%d %s, the bot was asked %v", got.status, got.body, fake.asked)
			}
		})
	}
}

func TestAnArticleNumberOfAnImportKeepsItsDigits(t *testing.T) {
	t.Parallel()
	row, err := ReadSubscription([]byte(`{"contact":"1","interests":[{"sku":9007199254740993,"size":42}]}`))
	if want := []map[string]any{{"sku": "9007199254740993", "size": 42.0}}; err != nil || !reflect.DeepEqual(row.Interests, want) {
		t.Errorf("interests %v and error %v, want %v", row.Interests, err, want)
	}
}
