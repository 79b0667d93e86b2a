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

// TestAFileIsKeptByThePlatform: what stands in a flow is asked to be kept, sent by its id,
// and by its address again when the platform does not know the id.
func TestAFileIsKeptByThePlatform(t *testing.T) {
	t.Parallel()
	var fake *fakeGraph
	fake = newFakeGraph(t, func(w http.ResponseWriter, r *http.Request) {
		body := lastBody(fake)
		switch {
		case strings.Contains(body, `"attachment_id":"gone"`):
			says(400, `{"error":{"code":100,"error_subcode":2018074,"message":"unknown"}}`)(w, r)
		case strings.Contains(body, "is_reusable"):
			says(200, `{"recipient_id":"20","message_id":"m_1","attachment_id":"77"}`)(w, r)
		default:
			ok(w, r)
		}
	})
	c := fake.channel(t, Config{})
	picture := window(flows.Message{Kind: flows.Image, URL: "https://foulee.example/a.png", Fixed: true})
	own := window(flows.Message{Kind: flows.Image, URL: "https://foulee.example/zoe.png"})
	own.FileID = "5" // nobody gives one; it would not count
	byID, gone := picture, picture
	byID.FileID, gone.FileID = "77", "gone"
	if o := c.Send(context.Background(), picture); o.Status != bot.Accepted || o.FileID != "77" || o.FileGone {
		t.Errorf("the first: %+v", o)
	}
	if o := c.Send(context.Background(), byID); o.Status != bot.Accepted || o.FileID != "" || o.FileGone {
		t.Errorf("by its id: %+v", o)
	}
	if o := c.Send(context.Background(), gone); o.Status != bot.Accepted || o.FileID != "77" || !o.FileGone {
		t.Errorf("by an id that is gone: %+v", o)
	}
	if o := c.Send(context.Background(), own); o.Status != bot.Accepted || o.FileID != "" {
		t.Errorf("somebody's own: %+v", o)
	}
	var got []string
	for _, r := range fake.requests() {
		_, payload, _ := strings.Cut(r.body, `"payload":`)
		got = append(got, strings.TrimRight(payload, "}"))
	}
	want := []string{
		`{"url":"https://foulee.example/a.png","is_reusable":true`,
		`{"attachment_id":"77"`,
		`{"attachment_id":"gone"`,
		`{"url":"https://foulee.example/a.png","is_reusable":true`,
		`{"url":"https://foulee.example/zoe.png"`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestAFileThatIsGoneIsToldOfThoughThePersonaIsGoneToo: one message loses both.
func TestAFileThatIsGoneIsToldOfThoughThePersonaIsGoneToo(t *testing.T) {
	t.Parallel()
	var fake *fakeGraph
	fake = newFakeGraph(t, func(w http.ResponseWriter, r *http.Request) {
		switch body := lastBody(fake); {
		case strings.Contains(body, `"attachment_id":"gone"`):
			says(400, `{"error":{"code":100,"error_subcode":2018074}}`)(w, r)
		case strings.Contains(body, "persona_id"):
			says(400, `{"error":{"code":100}}`)(w, r)
		default:
			ok(w, r)
		}
	})
	d := window(flows.Message{Kind: flows.Image, URL: "https://foulee.example/a.png", Fixed: true, Persona: "zoe"})
	d.FileID, d.PersonaID = "gone", "7"
	want := bot.Outcome{Status: bot.Accepted, MID: "m_1", FileGone: true, PersonaGone: true}
	if diff := cmp.Diff(want, fake.channel(t, Config{}).Send(context.Background(), d)); diff != "" {
		t.Error(diff)
	}
}

// TestFilesInABatch: those whose id is gone go once more, the others do not.
func TestFilesInABatch(t *testing.T) {
	t.Parallel()
	var fake *fakeGraph
	fake = newFakeGraph(t, func(w http.ResponseWriter, r *http.Request) {
		body := lastBody(fake)
		if strings.Contains(body, "gone") {
			says(200, `[{"code":200,"body":"{\"message_id\":\"m_1\"}"},{"code":400,"body":"{\"error\":{\"code\":100,\"error_subcode\":2018074}}"}]`)(w, r)
			return
		}
		says(200, `[{"code":200,"body":"{\"message_id\":\"m_2\",\"attachment_id\":\"78\"}"}]`)(w, r)
	})
	c := fake.channel(t, Config{})
	picture := notification(flows.Message{Kind: flows.Image, URL: "https://foulee.example/a.png", Fixed: true})
	gone := picture
	picture.FileID, gone.FileID = "77", "gone"
	outs := c.SendBatch(context.Background(), []bot.Delivery{picture, gone})
	want := []bot.Outcome{{Status: bot.Accepted, MID: "m_1"}, {Status: bot.Accepted, MID: "m_2", FileID: "78", FileGone: true}}
	if diff := cmp.Diff(want, outs); diff != "" {
		t.Error(diff)
	}
	if n := len(fake.requests()); n != 2 {
		t.Errorf("%d requests", n)
	}
}

func lastBody(f *fakeGraph) string {
	all := f.requests()
	return all[len(all)-1].body
}
