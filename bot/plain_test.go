package bot

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/relance-bot/relance/storage"
)

// words are texts with all that JSON has to say in another way.
var words = rapid.OneOf(rapid.SampledFrom([]string{"", "daily", "41", "été", "a\"b\\c", "<b>&", "\n\t\x01\u2028", "👟", "\xff"}), rapid.String())

var stamps = rapid.Custom(func(t *rapid.T) time.Time {
	zone := rapid.SampledFrom([]*time.Location{time.UTC, time.FixedZone("", 2*3600), time.FixedZone("", -9*3600-1800)}).Draw(t, "zone")
	return time.Unix(rapid.Int64Range(0, 1<<33).Draw(t, "s"), rapid.SampledFrom([]int64{0, 1, 5e8, 123456789}).Draw(t, "ns")).In(zone)
})

// values are what JSON gives back, up to a depth.
func values(depth int) *rapid.Generator[any] {
	return rapid.Custom(func(t *rapid.T) any {
		switch n := rapid.IntRange(0, 8).Draw(t, "kind"); {
		case n == 0:
			return nil
		case n == 1:
			return rapid.Bool().Draw(t, "flag")
		case n <= 3:
			return rapid.Float64().Draw(t, "number")
		case n == 4:
			return float64(rapid.Int64Range(-1000, 1000).Draw(t, "number"))
		case n == 5 && depth > 0:
			return rapid.SliceOfN(values(depth-1), 0, 3).Draw(t, "list")
		case n == 6 && depth > 0:
			return objects(depth-1).Draw(t, "object")
		}
		return words.Draw(t, "text")
	})
}

func objects(depth int) *rapid.Generator[map[string]any] {
	return rapid.MapOfN(words, values(depth), 0, 4)
}

func TestPlainReadsMapsAsJSONDoes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		raw, err := json.Marshal(objects(3).Draw(t, "object"))
		if err != nil {
			t.Fatal(err)
		}
		sameMap(t, raw)
	})
}

// What nobody wrote is read, or refused, as encoding/json does.
func TestPlainReadsWhatIsOddAsJSONDoes(t *testing.T) {
	t.Parallel()
	for _, raw := range []string{
		``, ` `, `null`, `{`, `{}`, ` {} `, `{} {}`, `{}x`, `[]`, `"a"`, `{"a"}`, `{"a":}`, `{"a":1,}`, `{,}`, `{"a":1 }`, `{"a" :1}`, `{"a":1"b":2}`,
		`{"a":01}`, `{"a":-}`, `{"a":-0}`, `{"a":+1}`, `{"a":1.}`, `{"a":.5}`, `{"a":1e}`, `{"a":1e5}`, `{"a":1E+5}`, `{"a":1e999}`, `{"a":0x1}`, `{"a":1_0}`, `{"a":Inf}`,
		`{"a":tru}`, `{"a":true}`, `{"a":nul}`, `{"a":null}`, `{"a":[]}`, `{"a":[1,]}`, `{"a":[1 2]}`, `{"a":[`, `{"a":"\u0041"}`, `{"a":"\x"}`, `{"a":"` + "\xff" + `"}`,
		`{"a":"` + "\x01" + `"}`, `{"a":1,"a":2}`, `{"a":{"b":1},"a":{"c":2}}`, `{a:1}`, `{"a":'b'}`, `{"a":[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]}`,
	} {
		sameMap(t, []byte(raw))
	}
}

func sameMap(t rapid.TB, raw []byte) {
	t.Helper()
	var want map[string]any
	fault := json.Unmarshal(raw, &want)
	got, err := readMap(raw)
	if (err == nil) != (fault == nil) {
		t.Fatalf("%s: %v, want %v", raw, err, fault)
	}
	if diff := cmp.Diff(want, got); diff != "" && err == nil {
		t.Fatalf("%s: %s", raw, diff)
	}
}

func TestConsentsAreReadAsTheyAreWritten(t *testing.T) {
	t.Parallel()
	moments := rapid.MapOfN(words, stamps, 1, 3)
	few := rapid.SliceOfN(objects(1), 1, 3)
	rapid.Check(t, func(t *rapid.T) {
		maybe := func(name string) bool { return rapid.Bool().Draw(t, name) }
		body := consentBody{StoppedBy: words.Draw(t, "by"), Ended: maybe("ended")}
		var interests []map[string]any
		if maybe("interests") {
			interests = few.Draw(t, "about")
		}
		if maybe("cleared") {
			body.Cleared = few.Draw(t, "gone")
		}
		if maybe("times") {
			body.StoppedAt, body.CadenceAt, body.SnoozedAt = stamps.Draw(t, "1"), stamps.Draw(t, "2"), stamps.Draw(t, "3")
			body.AgreedAt, body.DroppedAt = moments.Draw(t, "4"), moments.Draw(t, "5")
		}
		for range rapid.IntRange(0, 2).Draw(t, "requests") {
			r := Request{ID: words.Draw(t, "id"), Title: words.Draw(t, "title"), At: stamps.Draw(t, "at"), Declined: maybe("declined"), Flow: words.Draw(t, "flow")}
			if maybe("whole") {
				r.Cadence, r.Step, r.Image, r.Locale, r.Program = "weekly", "ask", words.Draw(t, "image"), "fr_FR", "abc"
				r.About = objects(1).Draw(t, "interest")
			}
			body.Requests = append(body.Requests, r)
		}
		record := storage.Consent{Topic: "restock", Body: marshal(t, body), Interests: marshal(t, interests)}
		got, err := FromRecord(record)
		if err != nil {
			t.Fatal(err)
		}
		var want Consent
		var again consentBody
		unmarshal(t, record.Body, &again)
		unmarshal(t, record.Interests, &want.Interests)
		want.Topic, want.StoppedBy, want.Cleared, want.Requests = "restock", again.StoppedBy, again.Cleared, again.Requests
		want.StoppedAt, want.Ended, want.CadenceAt, want.SnoozedAt = again.StoppedAt, again.Ended, again.CadenceAt, again.SnoozedAt
		want.AgreedAt, want.DroppedAt = again.AgreedAt, again.DroppedAt
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("%s %s: %s", record.Interests, record.Body, diff)
		}
	})
}

func TestPermitsAreReadAsTheyAreWritten(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := permitBody{Title: words.Draw(t, "title"), Frequency: words.Draw(t, "frequency"), Zone: words.Draw(t, "zone")}
		if rapid.Bool().Draw(t, "sent") {
			want.LastSent = stamps.Draw(t, "last")
		}
		for range rapid.IntRange(0, 2).Draw(t, "spare") {
			want.Spare = append(want.Spare, SpareToken{Token: words.Draw(t, "token"), ExpiresAt: stamps.Draw(t, "expires")})
		}
		raw := marshal(t, want)
		unmarshal(t, raw, &want)
		var p permit
		if err := p.read(&storage.Permit{Body: raw}); err != nil {
			t.Fatal(err)
		}
		got := permitBody{Title: p.Title, Frequency: p.Frequency, Zone: p.Zone, LastSent: p.LastSent, Spare: p.Spare}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("%s: %s", raw, diff)
		}
	})
}

func marshal(t *rapid.T, v any) []byte {
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func unmarshal(t *rapid.T, raw []byte, v any) {
	if err := json.Unmarshal(raw, v); err != nil {
		t.Fatal(err)
	}
}
