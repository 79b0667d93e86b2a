package server

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/relance-bot/relance/bot"
)

func postEvents(t *testing.T, b Bot, body string, headers ...string) response {
	t.Helper()
	headers = append(headers, "Authorization: Bearer k")
	return test(t, build(t, Config{Bot: b, APIKey: "k"}), newRequest("POST", "/v1/events", body, headers...))
}

func TestEventsReachTheBot(t *testing.T) {
	t.Parallel()
	fake := &fakeBot{}
	got := postEvents(t, fake, ` [
		{"id":"restock-881","name":"restock","data":{"model":"Gazelle","size":42,"half":42.5,"on":true,"tags":["a",1],"none":null,"ean":12345678901234567890}},
		{"id":"order-7","name":"order","contact":"email=zoe@foulee.example"},
		{"id":"restock-881","name":"restock","data":null}
	]`)
	if got.status != 202 || got.body != "{\"accepted\":2,\"duplicates\":1}\n" {
		t.Errorf("%d %s", got.status, got.body)
	}
	want := []bot.ShopEvent{
		{ID: "restock-881", Name: "restock", Data: map[string]any{
			"model": "Gazelle", "size": 42.0, "half": 42.5, "on": true, "tags": []any{"a", 1.0}, "none": nil, "ean": "12345678901234567890",
		}},
		{ID: "order-7", Name: "order", Data: map[string]any{}, Contact: "email=zoe@foulee.example"},
	}
	if diff := cmp.Diff(want, fake.events); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestOneEventNeedsNoList(t *testing.T) {
	t.Parallel()
	fake := &fakeBot{}
	got := postEvents(t, fake, `{"id":"a","name":"restock"}`)
	if got.status != 202 || got.body != "{\"accepted\":1,\"duplicates\":0}\n" || len(fake.events) != 1 {
		t.Errorf("%d %s", got.status, got.body)
	}
}

func TestAThousandEventsAreTaken(t *testing.T) {
	t.Parallel()
	for n, status := range map[int]int{0: 202, maxEvents: 202, maxEvents + 1: 422} {
		fake := &fakeBot{}
		items := make([]string, n)
		for i := range items {
			items[i] = fmt.Sprintf(`{"id":"e%d","name":"restock"}`, i)
		}
		got := postEvents(t, fake, "["+strings.Join(items, ",")+"]")
		if got.status != status {
			t.Errorf("%d events: %d %s", n, got.status, got.body)
		}
		if status == 202 && len(fake.events) != n || status != 202 && len(fake.events) != 0 {
			t.Errorf("%d events: the bot got %d", n, len(fake.events))
		}
	}
}

func TestEventsThatAreRefused(t *testing.T) {
	t.Parallel()
	good := `{"id":"good","name":"restock"}`
	deep := func(n int) string {
		return `{"id":"x","name":"n","data":{"a":` + strings.Repeat("[", n) + strings.Repeat("]", n) + `}}`
	}
	for name, tc := range map[string]struct {
		body   string
		status int
		says   string // in the message
	}{
		"nothing":               {"", 400, "not JSON"},
		"no JSON":               {"id=1&name=restock", 400, "not JSON"},
		"half an event":         {`{"id":"a"`, 400, "not JSON"},
		"more behind it":        {good + good, 400, "not JSON"},
		"not UTF-8":             {"{\"id\":\"\xff\",\"name\":\"n\"}", 400, "not JSON"},
		"a number too large":    {`{"id":"x","name":"n","data":{"size":1e999}}`, 422, `event 1 ("x"): data: size is too large a number`},
		"a string":              {`"restock"`, 422, "event 1: an event is an object"},
		"null":                  {`null`, 422, "event 1: an event is an object"},
		"a list in the list":    {`[` + good + `,[]]`, 422, "event 2: an event is an object"},
		"no id":                 {`[` + good + `,{"name":"restock"}]`, 422, "event 2: id is missing"},
		"an empty id":           {`{"id":"","name":"n"}`, 422, "event 1: id must have 1 to 200 characters"},
		"a number for an id":    {`{"id":881,"name":"n"}`, 422, "event 1: id must be a string"},
		"an id too long":        {`{"id":"` + strings.Repeat("é", 201) + `","name":"n"}`, 422, "event 1: id must have 1 to 200"},
		"an id with a line":     {`{"id":"a\nb","name":"n"}`, 422, "event 1: id must not hold control characters"},
		"no name":               {`[` + good + `,` + good + `,{"id":"x"}]`, 422, `event 3 ("x"): name is missing`},
		"null for a contact":    {`{"id":"x","name":"n","contact":null}`, 422, `event 1 ("x"): contact must be a string; leave it out`},
		"an empty contact":      {`{"id":"x","name":"n","contact":""}`, 422, `event 1 ("x"): contact must have`},
		"a misspelt contact":    {`{"id":"x","name":"n","contcat":"a"}`, 422, `event 1 ("x"): unknown key "contcat"`},
		"a key in capitals":     {`{"id":"x","name":"n","Contact":"a"}`, 422, `event 1 ("x"): unknown key "Contact"`},
		"data that is a list":   {`{"id":"x","name":"n","data":[]}`, 422, `event 1 ("x"): data must be an object`},
		"data too large":        {`[` + good + `,{"id":"x","name":"n","data":{"a":"` + strings.Repeat("x", maxEventData) + `"}}]`, 422, `event 2 ("x"): data is larger than 64 KiB`},
		"too deep":              {`[` + good + `,` + deep(maxEventDepth-1) + `]`, 422, "event 2: lists and objects stand more than 16 deep"},
		"far too deep":          {strings.Repeat("[", 1<<20), 422, "event 1: lists and objects stand more than 16 deep"},
		"deep objects":          {strings.Repeat(`{"a":`, 1<<18), 422, "event 1: lists and objects stand more than 16 deep"},
		"a misspelt one of two": {`[{"id":"x","name":"n"},{"id":"y","nam":"n"}]`, 422, `event 2 ("y"): unknown key "nam"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fake := &fakeBot{}
			got := postEvents(t, fake, tc.body)
			if got.status != tc.status || got.code() == "" {
				t.Errorf("%d %s", got.status, got.body)
			}
			if plain := strings.ReplaceAll(got.body, `\"`, `"`); !strings.Contains(plain, tc.says) {
				t.Errorf("says %s, want %s", plain, tc.says)
			}
			if len(fake.events) != 0 {
				t.Errorf("the bot got %v", fake.events)
			}
		})
	}
}

func TestADeepEventWithinTheBoundIsTaken(t *testing.T) {
	t.Parallel()
	n := maxEventDepth - 2 // beside the event itself and its data
	body := `[{"id":"x","name":"n","data":{"a":` + strings.Repeat("[", n) + `"]]]]}}{{\""` + strings.Repeat("]", n) + `}}]`
	if got := postEvents(t, &fakeBot{}, body); got.status != 202 {
		t.Errorf("%d %s", got.status, got.body)
	}
}

func TestWhatTheBotSaysOfEvents(t *testing.T) {
	t.Parallel()
	two := `[{"id":"a","name":"n"},{"id":"b","name":"n"}]`
	for name, tc := range map[string]struct {
		err    error
		status int
		says   string
	}{
		"one is wrong":  {&bot.EventError{Index: 1, Err: errors.New("size is not a number")}, 422, `event 2 (\"b\"): size is not a number`},
		"not stored":    {fmt.Errorf("%w: secret path", bot.ErrUnavailable), 503, "try again"},
		"anything else": {errors.New("secret"), 503, "try again"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := postEvents(t, &fakeBot{refuse: tc.err}, two)
			if got.status != tc.status || !strings.Contains(got.body, tc.says) || strings.Contains(got.body, "secret") {
				t.Errorf("%d %s", got.status, got.body)
			}
		})
	}
}

func TestCompressedEventsAreRefused(t *testing.T) {
	t.Parallel()
	if got := postEvents(t, &fakeBot{}, "x", "Content-Encoding: gzip"); got.status != 415 || got.code() != "encoded" {
		t.Errorf("%d %s", got.status, got.body)
	}
}
