package bench

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// endpoint is the fake of a job in which two people wrote once each, and three are
// to be notified.
func endpoint(t *testing.T) (g *graph, base string) {
	t.Helper()
	g = &graph{}
	base, stop, err := g.listen()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	b := newBook(job{Senders: 2, Replies: true, People: 3})
	for sender := range 2 {
		b.sends(sender, b.now())
		b.acknowledged(sender, 0, true)
	}
	g.book.Store(b)
	return g, base
}

func post(t *testing.T, address, kind, body string) string {
	t.Helper()
	res, err := http.Post(address, kind, strings.NewReader(body)) //nolint:noctx // loopback
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func reply(person int) string {
	return fmt.Sprintf(`{"recipient":{"id":"%s"},"message":{"text":"Hello"}}`, personID(person))
}

func notification(person int) string {
	return fmt.Sprintf(`{"recipient":{"notification_messages_token":"%s"},"message":{"text":"It is \"back\" & well"}}`, token(person))
}

func TestWhatIsDoubledOrUnaskedIsSeen(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name                            string
		calls                           []string
		replies, people, twice, unasked int
		complete                        bool
	}{
		{"everything once", []string{reply(0), reply(1), notification(0), notification(1), notification(2)}, 2, 3, 0, 0, true},
		{"a reply missing", []string{reply(0), notification(0), notification(1), notification(2)}, 1, 3, 0, 0, false},
		{"a reply twice", []string{reply(0), reply(0), reply(1), notification(0), notification(1), notification(2)}, 2, 3, 0, 1, true},
		{"a notification twice", []string{reply(0), reply(1), notification(0), notification(0), notification(0), notification(2)}, 2, 2, 1, 0, false},
		{"to somebody else", []string{reply(7), notification(9)}, 0, 0, 0, 2, false},
		{"typing is no message", []string{`{"recipient":{"id":"` + personID(0) + `"},"sender_action":"typing_on"}`}, 0, 0, 0, 0, false},
		{"written in another way", []string{`{ "message": {"text": "Hello"}, "recipient": {"id": "` + personID(1) + `"} }`}, 1, 0, 0, 0, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			g, base := endpoint(t)
			for _, call := range test.calls {
				post(t, base+"/"+pageID+"/messages", "application/json", call)
			}
			b := g.book.Load()
			r := b.report()
			if r.Replies != test.replies || r.People != test.people || r.Twice != test.twice || r.Unasked != test.unasked || b.complete() != test.complete {
				t.Errorf("replies %d, people %d, twice %d, unasked %d, complete %v", r.Replies, r.People, r.Twice, r.Unasked, b.complete())
			}
		})
	}
}

func TestBatchIsAnsweredEntryByEntry(t *testing.T) {
	t.Parallel()
	form := func(person int) string {
		return url.Values{"recipient": {`{"notification_messages_token":"` + token(person) + `"}`}, "message": {`{"text":"It is \"back\" & well"}`}}.Encode()
	}
	list := func(bodies ...string) string {
		var calls []map[string]string
		for _, body := range bodies {
			calls = append(calls, map[string]string{"method": "POST", "relative_url": "v25.0/" + pageID + "/messages", "body": body})
		}
		raw, err := json.Marshal(calls)
		if err != nil {
			t.Fatal(err)
		}
		return string(raw)
	}
	for _, test := range []struct{ name, kind, body string }{
		{"a form of forms", "application/x-www-form-urlencoded", url.Values{"batch": {list(form(0), form(1), form(2))}, "include_headers": {"false"}}.Encode()},
		{"a form of JSON", "application/x-www-form-urlencoded", url.Values{"batch": {list(notification(0), notification(1), notification(2))}}.Encode()},
		{"an object", "application/json", `{"batch":` + list(form(0), notification(1), form(2)) + `}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			g, base := endpoint(t)
			root := strings.TrimSuffix(base, "/v25.0") + "/"
			var answers []struct {
				Code int
				Body string
			}
			if err := json.Unmarshal([]byte(post(t, root, test.kind, test.body)), &answers); err != nil {
				t.Fatal(err)
			}
			mids := map[string]bool{}
			for _, answer := range answers {
				var sent struct {
					MID string `json:"message_id"`
				}
				if err := json.Unmarshal([]byte(answer.Body), &sent); err != nil || answer.Code != 200 || len(sent.MID) != 88 {
					t.Errorf("%v: %+v", err, answer)
				}
				mids[sent.MID] = true
			}
			r := g.book.Load().report()
			if diff := cmp.Diff([]int{3, 3, 0, 0, 1}, []int{len(mids), r.People, r.Twice, r.Unasked, r.Requests}); diff != "" {
				t.Errorf("ids, people, twice, unasked, requests:\n%s", diff)
			}
		})
	}
	t.Run("51 are too many", func(t *testing.T) {
		t.Parallel()
		_, base := endpoint(t)
		many := make([]string, maxBatch+1)
		for i := range many {
			many[i] = notification(0)
		}
		if answer := post(t, base, "application/json", `{"batch":`+list(many...)+`}`); !strings.Contains(answer, "GraphBatchException") {
			t.Errorf("answered with %s", answer)
		}
	})
}
