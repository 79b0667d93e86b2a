package messenger

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/relance-bot/relance/bot"
)

// arrival is the now of every Parse in these tests.
var arrival = time.Date(2026, time.November, 2, 9, 0, 0, 0, time.UTC)

func ms(n int64) time.Time { return time.UnixMilli(n).UTC() }

// inBody puts items of messaging into a body of the Page 10.
func inBody(items ...string) []byte {
	return fmt.Appendf(nil, `{"object":"page","entry":[{"id":"10","time":1790000000000,"messaging":[%s]}]}`, strings.Join(items, ","))
}

func TestWhatIsNoWebhookBodyIsErrBody(t *testing.T) {
	t.Parallel()
	c := newTestChannel(t, Config{})
	for _, body := range []string{
		``, ` `, `hello`, `{`, `{"object":"page","entry":[`, `null`, `7`, `[]`, `"entry"`, `{}`, `{"object":"page"}`,
		`{"entry":null}`, `{"entry":{}}`, `{"entry":"10"}`, `{"object":"page","entry":[]} x`,
		strings.Repeat(`{"entry":[`, 20_000),
	} {
		if events, err := c.Parse([]byte(body), arrival); !errors.Is(err, bot.ErrBody) || events != nil {
			t.Errorf("%.40q: %d events, error %v; want ErrBody", body, len(events), err)
		}
	}
	if events, err := c.Parse([]byte(`{"object":"page","entry":[]}`), arrival); err != nil || len(events) != 0 {
		t.Errorf("no entries: %d events, error %v; want none of both", len(events), err)
	}
}

func TestAStrangeItemIsKeptAndNeverAnError(t *testing.T) {
	t.Parallel()
	c := newTestChannel(t, Config{})
	for _, tt := range []struct{ name, body, reason, page, kept string }{
		{"an item that is a number", string(inBody(`7`)), "malformed", "10", `7`},
		{"an item that is null", string(inBody(`null`)), "unrecognised", "10", `null`},
		{"a text that is an object", string(inBody(`{"sender":{"id":"20"},"message":{"mid":"m","text":{}}}`)), "malformed", "10", ``},
		{"an id that is an object", string(inBody(`{"sender":{"id":{}},"message":{"mid":"m"}}`)), "malformed", "10", ``},
		{"an id without end", string(inBody(`{"sender":{"id":"` + strings.Repeat("9", 2000) + `"},"message":{"mid":"m"}}`)), "malformed", "10", ``},
		{"nothing known in it", string(inBody(`{"sender":{"id":"20"},"future_thing":{}}`)), "unrecognised", "10", ``},
		{"nobody sent it", string(inBody(`{"recipient":{"id":"10"},"message":{"mid":"m","text":"x"}}`)), "no_person", "10", ``},
		{"an entry that is a text", `{"object":"page","entry":["x"]}`, "malformed", "", `"x"`},
		{"an entry with a broken list", `{"object":"page","entry":[{"id":"10","messaging":{}}]}`, "malformed", "10", `{"id":"10","messaging":{}}`},
		{"an entry with nothing", `{"object":"page","entry":[{"id":"10","time":1}]}`, "empty_entry", "10", `{"id":"10","time":1}`},
		{"another object", `{"object":"permissions","entry":[{"id":"10","messaging":[]}]}`, "foreign_object", "10", ``},
		{"a change without value", `{"object":"page","entry":[{"id":"10","changes":[{"field":"x"}]}]}`, "change", "10", `{"field":"x"}`},
		{"a change that is a number", `{"object":"page","entry":[{"id":"10","changes":[3]}]}`, "malformed", "10", `3`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			events, err := c.Parse([]byte(tt.body), arrival)
			if err != nil || len(events) != 1 {
				t.Fatalf("got %d events, error %v; want one", len(events), err)
			}
			e := events[0]
			if e.Kind != bot.EventUnknown || e.Reason != tt.reason || e.Page != tt.page || e.At.IsZero() || e.Key == "" {
				t.Errorf("got %+v", e)
			}
			if !json.Valid(e.Body) || tt.kept != "" && string(e.Body) != tt.kept {
				t.Errorf("kept %s, want %s", e.Body, tt.kept)
			}
		})
	}
}

func TestABrokenListDoesNotHideTheOthers(t *testing.T) {
	t.Parallel()
	c := newTestChannel(t, Config{})
	body := `{"object":"page","entry":[{"id":"10","changes":7,"messaging":[` + at20(`"message":{"mid":"m1","text":"stop"}`) + `]}]}`
	events, err := c.Parse([]byte(body), arrival)
	if err != nil || len(events) != 2 || events[0].Text != "stop" || events[1].Reason != "malformed" {
		t.Errorf("got %+v, error %v", events, err)
	}
}

func TestOneBodyMayHoldSeveralPagesAndLists(t *testing.T) {
	t.Parallel()
	c := newTestChannel(t, Config{})
	item := func(page, person, mid string) string {
		return fmt.Sprintf(`{"sender":{"id":%q},"recipient":{"id":%q},"timestamp":1790000000000,"message":{"mid":%q,"text":"t"}}`, person, page, mid)
	}
	optin := `{"sender":{"id":"21"},"recipient":{"id":"11"},"timestamp":1790000000000,
		"optin":{"type":"notification_messages","notification_messages_token":"T","payload":"r1"}}`
	body := fmt.Sprintf(`{"object":"page","entry":[
		{"id":10,"time":1790000000000,"messaging":[%s,%s]},
		{"id":"11","time":1790000000000,"messaging_optin":[%s],"standby":[%s]},
		{"id":"12","time":1790000000000,"changes":[{"field":"feed","value":{"item":"like"}},
			{"field":"messages","value":%s}]}]}`,
		item("10", "20", "m1"), item("10", "21", "m2"), optin, item("11", "22", "m3"), item("12", "23", "m4"))
	events, err := c.Parse([]byte(body), arrival)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range events {
		got = append(got, strings.TrimSuffix(fmt.Sprintf("%s %s %s %s", e.Page, e.Kind, e.Person, e.MID+e.Reason), " "))
	}
	want := []string{
		"10 message 20 m1", "10 message 21 m2", "11 opt_in 21", "11 message 22 m3", "12 ignored ", "12 message 23 m4",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestKeysTellDuplicatesAndOnlyThem(t *testing.T) {
	t.Parallel()
	c := newTestChannel(t, Config{})
	// Different things that share a mid, a person, an instant or a content.
	items := []string{
		`{"sender":{"id":"20"},"recipient":{"id":"10"},"timestamp":1790000000000,"message":{"mid":"m1","text":"x"}}`,
		`{"sender":{"id":"10"},"recipient":{"id":"20"},"timestamp":1790000000000,"message":{"mid":"m1","text":"x","is_echo":true}}`,
		`{"sender":{"id":"20"},"recipient":{"id":"10"},"timestamp":1790000000000,"message":{"mid":"m1","is_deleted":true}}`,
		`{"sender":{"id":"20"},"recipient":{"id":"10"},"timestamp":1790000000000,"message_edit":{"mid":"m1","text":"y","num_edit":1}}`,
		`{"sender":{"id":"20"},"recipient":{"id":"10"},"timestamp":1790000000000,"message_edit":{"mid":"m1","text":"y","num_edit":2}}`,
		`{"sender":{"id":"20"},"recipient":{"id":"10"},"timestamp":1790000000000,"postback":{"mid":"m1","payload":"P"}}`,
		`{"sender":{"id":"20"},"recipient":{"id":"10"},"timestamp":1790000000000,"postback":{"payload":"P"}}`,
		`{"sender":{"id":"20"},"recipient":{"id":"10"},"timestamp":1790000000001,"postback":{"payload":"P"}}`,
		`{"sender":{"id":"21"},"recipient":{"id":"10"},"timestamp":1790000000000,"postback":{"payload":"P"}}`,
		`{"sender":{"id":"20"},"recipient":{"id":"10"},"timestamp":1790000000000,"postback":{"payload":"Q"}}`,
		`{"sender":{"id":"20"},"recipient":{"id":"10"},"timestamp":1790000000000,"reaction":{"mid":"m1","action":"react","emoji":"❤"}}`,
	}
	events, err := c.Parse(inBody(items...), arrival)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]int{}
	for i, e := range events {
		if j, twice := seen[e.Key]; twice {
			t.Errorf("items %d and %d share the key %s", j, i, e.Key)
		}
		seen[e.Key] = i
	}
	// The same again, later, with other blanks, and a message whose picture has
	// another address by now.
	again := append([]string{}, items...)
	again[0] = `{"sender":{"id":"20"},"recipient":{"id":"10"},"timestamp":1790000000000,"message":{"mid":"m1","text":"x",
		"attachments":[{"type":"image","payload":{"url":"https://cdn.example/other"}}]}}`
	for i := range again {
		again[i] = strings.ReplaceAll(again[i], `,"timestamp"`, ` , "timestamp"`)
	}
	repeated, err := c.Parse(inBody(again...), arrival.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	for i := range events {
		if events[i].Key != repeated[i].Key {
			t.Errorf("item %d sent again has another key", i)
		}
	}
}

func TestTimesThatCannotBeBelievedAreTheEntrysOrTheArrivals(t *testing.T) {
	t.Parallel()
	c := newTestChannel(t, Config{})
	for _, tt := range []struct {
		name, entry, item string
		want              time.Time
	}{
		{"milliseconds", `1790000000123`, `1780000000123`, ms(1780000000123)},
		{"seconds", `1790000000123`, `1780000000`, ms(1780000000000)},
		{"a string", `1790000000123`, `"1780000000123"`, ms(1780000000123)},
		{"none", `1790000000123`, `null`, ms(1790000000123)},
		{"zero", `1790000000123`, `0`, ms(1790000000123)},
		{"negative", `1790000000123`, `-5`, ms(1790000000123)},
		{"an object", `1790000000123`, `{}`, ms(1790000000123)},
		{"beyond the calendar", `1790000000123`, `9223372036854775807`, ms(1790000000123)},
		{"seconds beyond the calendar", `1790000000123`, `999999999999`, ms(1790000000123)},
		{"neither", `12341`, `"soon"`, arrival},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			body := fmt.Sprintf(`{"entry":[{"id":"10","time":%s,"messaging":[{"sender":{"id":"20"},"timestamp":%s,"message":{"mid":"m"}}]}]}`, tt.entry, tt.item)
			events, err := c.Parse([]byte(body), arrival)
			if err != nil || len(events) != 1 || events[0].Kind != bot.EventMessage {
				t.Fatalf("got %+v, error %v", events, err)
			}
			if !events[0].At.Equal(tt.want) {
				t.Errorf("at %s, want %s", events[0].At, tt.want)
			}
			if _, err := json.Marshal(events[0]); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestParseIsBounded(t *testing.T) {
	t.Parallel()
	c := newTestChannel(t, Config{})

	t.Run("more events than any body has end in one that keeps them all", func(t *testing.T) {
		t.Parallel()
		items := make([]string, maxEvents+7)
		for i := range items {
			items[i] = fmt.Sprintf(`{"sender":{"id":"%d"},"message":{"mid":"m%d"}}`, i+1, i)
		}
		body := inBody(items...)
		events, err := c.Parse(body, arrival)
		if err != nil || len(events) != maxEvents+1 {
			t.Fatalf("%d events, error %v", len(events), err)
		}
		last := events[maxEvents]
		if last.Kind != bot.EventUnknown || last.Reason != "too_many" || last.Page != "10" || !bytes.Equal(last.Body, body) || last.Key == "" {
			t.Errorf("the last is %s %q", last.Kind, last.Reason)
		}
	})
	t.Run("texts are cut at a character", func(t *testing.T) {
		t.Parallel()
		text := "a" + strings.Repeat("é", maxText)
		events, err := c.Parse(inBody(`{"sender":{"id":"20"},"message":{"mid":"m","text":"`+text+`"}}`), arrival)
		if err != nil || len(events) != 1 {
			t.Fatalf("%d events, error %v", len(events), err)
		}
		if want := text[:maxText-1]; events[0].Text != want {
			t.Errorf("%d bytes, want %d", len(events[0].Text), len(want))
		}
	})
	t.Run("lists inside an item are cut", func(t *testing.T) {
		t.Parallel()
		mids := strings.TrimSuffix(strings.Repeat(`"m",`, maxReceipts+5), ",")
		pictures := strings.TrimSuffix(strings.Repeat(`{"type":"image","payload":{"url":"u"}},`, maxAttachments+5), ",")
		events, err := c.Parse(inBody(
			`{"sender":{"id":"20"},"delivery":{"mids":[`+mids+`]}}`,
			`{"sender":{"id":"20"},"message":{"mid":"m","attachments":[`+pictures+`]}}`,
		), arrival)
		if err != nil || len(events) != 2 {
			t.Fatalf("%d events, error %v", len(events), err)
		}
		if len(events[0].MIDs) != maxReceipts || len(events[1].Attachments) != maxAttachments {
			t.Errorf("%d mids, %d attachments", len(events[0].MIDs), len(events[1].Attachments))
		}
	})
	t.Run("a NUL does not get through", func(t *testing.T) {
		t.Parallel()
		events, err := c.Parse(inBody(`{"sender":{"id":"20"},"message":{"mid":"m","text":"a\u0000b"}}`), arrival)
		if err != nil || len(events) != 1 || events[0].Text != "ab" {
			t.Errorf("%+v, error %v", events, err)
		}
	})
}

func FuzzParse(f *testing.F) {
	for _, body := range fixtureBodies(f) {
		f.Add(body)
	}
	for _, item := range eventItems {
		f.Add(inBody(item.item))
	}
	made, err := filepath.Glob("testdata/webhook/made/*.json")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range made {
		f.Add(readFile(f, file))
	}
	c := newTestChannel(f, Config{})
	f.Fuzz(func(t *testing.T, body []byte) {
		events, err := c.Parse(body, arrival)
		if err != nil {
			if !errors.Is(err, bot.ErrBody) || events != nil {
				t.Fatalf("%d events with error %v", len(events), err)
			}
			return
		}
		if len(events) > maxEvents+1 {
			t.Fatalf("%d events", len(events))
		}
		again, _ := c.Parse(body, arrival.Add(time.Hour))
		for i, e := range events {
			switch {
			case e.Kind == "" || e.Key == "" || e.At.IsZero():
				t.Fatalf("event without kind, key or time: %+v", e)
			case e.Kind == bot.EventUnknown && (e.Reason == "" || len(e.Body) == 0), e.Kind.Kept() && len(e.Body) == 0:
				t.Fatalf("what is kept is without reason or body: %+v", e)
			case e.Kind == bot.EventComment && e.Comment == "":
				t.Fatalf("comment without its id: %+v", e)
			case !e.Kind.AboutPage() && e.Kind != bot.EventDelivery && e.Person == "": // a paid message may be delivered to nobody we know
				t.Fatalf("event of nobody: %+v", e)
			case e.Key != again[i].Key:
				t.Fatalf("key %q, the second time %q", e.Key, again[i].Key)
			case len(e.Text) > maxText, len(e.Payload) > maxWord, len(e.MID) > maxID:
				t.Fatalf("beyond the bounds: %+v", e)
			}
			if _, err := json.Marshal(e); err != nil {
				t.Fatalf("not to be stored: %v", err)
			}
		}
	})
}

// BenchmarkVerifyAndParse is what every webhook costs before it is stored: the signature
// and the events of one small body.
func BenchmarkVerifyAndParse(b *testing.B) {
	c := newTestChannel(b, Config{})
	body := inBody(`{"sender":{"id":"24012345678901234"},"recipient":{"id":"10"},"timestamp":1790000000000,"message":{"mid":"m_AG5Hz2Uq7tuwNEhXfYYKj8mJEM_QPpz5jdCK48PnKAjSdjfipqxqMvK8ma6AC8fplwlqLP_5cgXIbu7I3rBN0P","text":"Plus de 42 pour le moment ? D\u00e9sol\u00e9e","quick_reply":{"payload":"{\"go\":\"restock\"}"}}}`)
	header := signed(body)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if err := c.Verify(header, body); err != nil {
			b.Fatal(err)
		}
		if events, err := c.Parse(body, arrival); err != nil || len(events) != 1 || events[0].Kind != bot.EventMessage {
			b.Fatal(events, err)
		}
	}
}
