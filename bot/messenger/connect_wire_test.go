package messenger

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// setUpAnswers are what the platform tells of the access token, of the app it is for and of
// what the two send each other; long and odd stand for what it should not.
func setUpAnswers(odd string) answer {
	return func(w http.ResponseWriter, r *http.Request) {
		switch part := r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:]; part {
		case "me":
			says(200, `{"id":"10","name":"Foulée"}`)(w, r)
		case "app":
			says(200, `{"id":"77","name":"Bot"}`)(w, r)
		case "debug_token":
			says(200, `{"data":{"type":"PAGE","is_valid":true,"scopes":["pages_messaging","`+odd+`"]}}`)(w, r)
		case "subscribed_apps":
			says(200, `{"data":[{"id":"77","subscribed_fields":["messages","`+odd+`"]}]}`)(w, r)
		case "subscriptions":
			says(200, `{"data":[{"object":"page","callback_url":"https://foulee.example/w","active":true,"fields":[{"name":"messages"},{"name":"`+odd+`"}]}]}`)(w, r)
		default:
			says(404, `{"error":{"code":100}}`)(w, r)
		}
	}
}

// TestOneCallNamesTheTokenInItsAddress: the one that asks about it, as the platform wants.
func TestOneCallNamesTheTokenInItsAddress(t *testing.T) {
	t.Parallel()
	fake := newFakeGraph(t, setUpAnswers("x"))
	a, err := fake.channel(t, Config{}).Access(t.Context())
	if err != nil || !a.Valid {
		t.Fatalf("%+v, %v", a, err)
	}
	var named []string
	for _, r := range fake.requests() {
		if strings.Contains(r.path+"?"+r.query.Encode(), url.QueryEscape(testToken)) {
			named = append(named, r.path+" "+r.query.Get("input_token"))
		}
	}
	if diff := cmp.Diff([]string{"/v25.0/debug_token " + testToken}, named); diff != "" {
		t.Error(diff)
	}
}

// TestListsOfAnAnswerAreBounded like every other text of it.
func TestListsOfAnAnswerAreBounded(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", maxWord+1)
	c := newFakeGraph(t, setUpAnswers(`\u0000`+long)).channel(t, Config{})
	a, err1 := c.Access(t.Context())
	fields, _, err2 := c.Subscription(t.Context(), "77")
	hook, err3 := c.AppWebhook(t.Context(), "77")
	for what, list := range map[string][]string{"scopes": a.Scopes, "fields of the Page": fields, "fields of the app": hook.Fields} {
		if len(list) != 2 || len(list[1]) > maxWord || strings.Contains(list[1], "\x00") {
			t.Errorf("%s: %.60q (%v, %v, %v)", what, list, err1, err2, err3)
		}
	}
}
