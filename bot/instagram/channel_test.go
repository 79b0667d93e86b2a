package instagram

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/bot/channeltest"
	"github.com/relance-bot/relance/flows"
)

const account, person = "17841400000000010", "1200000000000020"

func testChannel(t testing.TB, c Config) *Channel {
	t.Helper()
	c.AccountID, c.AccessToken, c.AppSecret, c.VerifyToken = account, "token", "secret", "verify"
	if c.GraphURL == "" {
		c.GraphURL = "http://127.0.0.1:1"
	}
	channel, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return channel
}

func bodies(t testing.TB) map[string][]byte {
	t.Helper()
	paths, err := filepath.Glob("testdata/*.json")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no bodies (%v)", err)
	}
	out := map[string][]byte{}
	for _, path := range paths {
		body, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		out[strings.TrimSuffix(filepath.Base(path), ".json")] = body
	}
	return out
}

func says(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		io.WriteString(w, body)
	}
}

func TestTheChannelKeepsTheContract(t *testing.T) {
	t.Parallel()
	channeltest.Run(t, channeltest.Subject{
		New: func(t *testing.T, endpoint string) bot.Channel {
			return testChannel(t, Config{GraphURL: endpoint, Lanes: LaneNames(), Recurring: true})
		},
		Bodies: bodies(t),
		Events: map[string][]bot.Event{
			"text":        {{Kind: bot.EventMessage, Person: person, Text: "Du 42 ?"}},
			"quick_reply": {{Kind: bot.EventMessage, Person: person, Text: "42", Payload: "SIZE 42"}},
		},
		Sign: func(body []byte) http.Header {
			mac := hmac.New(sha256.New, []byte("secret"))
			mac.Write(body)
			return http.Header{"X-Hub-Signature-256": {"sha256=" + hex.EncodeToString(mac.Sum(nil))}}
		},
		Accept: says(http.StatusOK, `{"recipient_id":"20","message_id":"m_1"}`),
		MID:    "m_1",
		Refuse: says(http.StatusBadRequest, `{"error":{"code":10,"error_subcode":2534022,"type":"OAuthException"}}`),
	})
}

// TestEveryEventOfInstagram says what each body of testdata means.
func TestEveryEventOfInstagram(t *testing.T) {
	t.Parallel()
	c := testChannel(t, Config{})
	want := map[string]string{
		"text":               "message Du 42 ?",
		"quick_reply":        "message 42 [SIZE 42]",
		"postback":           "postback [SIZE]",
		"image":              "message (image https://lookaside.example/a.jpg)",
		"story_mention":      "message (other https://lookaside.example/story)",
		"story_reply":        "message Encore en 42 ? to 18000000000000001",
		"message_reply":      "message celle-ci to aWdfZAG0",
		"ig_post":            "message (fallback https://lookaside.example/post)",
		"share":              "message (fallback https://lookaside.example/share)",
		"ig_reel":            "message (video https://lookaside.example/reel)",
		"like_heart":         "message (sticker )",
		"ephemeral":          "message (other )",
		"unsent":             "unsent",
		"unsupported":        "message (other )",
		"echo":               "echo Quelle pointure ?",
		"seen":               "read to 2026-09-21",
		"reaction":           "reaction ❤️",
		"referral":           "referral restock",
		"referral_shortlink": "referral restock",
		"message_edit":       "edited Du 43 ?",
		"optin":              "opt_in weekly T1",
		"taken":              "taken by 1217981644879628",
		"comment":            "comment 18000000000000004 Du 42 ?",
		"live_comment":       "comment 18000000000000006 Du 42 ?",
		"own_comment":        "ignored",
		"mention":            "unknown change",
		"of_a_page":          "unknown foreign_object",
	}
	for name, body := range bodies(t) {
		events, err := c.Parse(body, time.Date(2026, time.November, 2, 9, 0, 0, 0, time.UTC))
		if err != nil || len(events) != 1 {
			t.Errorf("%s: %d events, error %v; want one", name, len(events), err)
			continue
		}
		e := events[0]
		if got := line(e); got != want[name] {
			t.Errorf("%s: %q, want %q", name, got, want[name])
		}
		if name != "of_a_page" && e.Page != account {
			t.Errorf("%s is about %q", name, e.Page)
		}
		if e.Kind.OpensWindow() && e.Kind != bot.EventComment && e.Person != person {
			t.Errorf("%s is of %q", name, e.Person)
		}
	}
}

// line is what an event says, in one line.
func line(e bot.Event) string {
	words := []string{string(e.Kind), e.Comment, e.Text, e.Emoji, e.Ref, e.Reason}
	if e.Payload != "" && e.Permit == nil {
		words = append(words, "["+e.Payload+"]")
	}
	for _, a := range e.Attachments {
		words = append(words, "("+a.Kind+" "+a.URL+")")
	}
	if e.ReplyTo != "" {
		words = append(words, "to "+e.ReplyTo)
	}
	if !e.Watermark.IsZero() {
		words = append(words, "to "+e.Watermark.Format(time.DateOnly))
	}
	if e.Permit != nil {
		words = append(words, e.Permit.Frequency, e.Permit.Token)
	}
	if e.App != "" {
		words = append(words, "by "+e.App)
	}
	words = append(words, e.MIDs...)
	return strings.Join(strings.Fields(strings.Join(words, " ")), " ")
}

// TestWhatDoesNotGoOnInstagram is refused before it is sent, or left out.
func TestWhatDoesNotGoOnInstagram(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var seen []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		seen = append(seen, r.URL.Path+" "+string(body))
		mu.Unlock()
		says(http.StatusOK, `{"recipient_id":"20","message_id":"m_1"}`)(w, r)
	}))
	t.Cleanup(server.Close)
	c := testChannel(t, Config{GraphURL: server.URL + "/v25.0"})
	text := func(s string) flows.Message { return flows.Message{Kind: flows.Text, Text: s} }
	const path, to = "/v25.0/" + account + "/messages ", `{"recipient":{"id":"20"},"messaging_type":"RESPONSE","message":{"metadata":"s1",`
	for _, tt := range []struct {
		name    string
		message flows.Message
		code    string // of a refusal
		sent    string
	}{
		{"a thousand bytes", text(strings.Repeat("é", 500)), "", to + `"text":"` + strings.Repeat("é", 500) + `"}}`},
		{"one more", text(strings.Repeat("é", 500) + "!"), "text_length", ""},
		{"a receipt", flows.Message{Kind: flows.ReceiptKind}, "kind", ""},
		{"a coupon", flows.Message{Kind: flows.CouponKind}, "kind", ""},
		{"the media template", flows.Message{Kind: flows.MediaKind}, "kind", ""},
		{"an approved template", flows.Message{Kind: flows.TemplateKind}, "kind", ""},
		{
			"a persona, and the e-mail address", flows.Message{Kind: flows.Text, Text: "Ton e-mail ?", Persona: "zoe", QuickReplies: []flows.QuickReply{{Own: "email"}, {Own: "phone"}}}, "",
			to + `"text":"Ton e-mail ?","quick_replies":[{"content_type":"user_phone_number"}]}}`,
		},
		{"a file", flows.Message{Kind: flows.File, URL: "https://foulee.example/a.pdf"}, "", to + `"attachment":{"type":"file","payload":{"url":"https://foulee.example/a.pdf"}}}}`},
	} {
		mu.Lock()
		seen = nil
		mu.Unlock()
		o := c.Send(t.Context(), bot.Delivery{ID: "s1", Person: "20", Lane: "window", PersonaID: "7", Message: tt.message})
		if tt.code != "" {
			if o.Status != bot.Refused || o.Class != bot.ClassContent || o.Code != tt.code || len(seen) != 0 {
				t.Errorf("%s: %+v after %d requests, want it refused as %s", tt.name, o, len(seen), tt.code)
			}
			continue
		}
		if diff := cmp.Diff([]string{path + tt.sent}, seen); o.Status != bot.Accepted || diff != "" {
			t.Errorf("%s: %+v\n%s", tt.name, o, diff)
		}
	}
}

// TestBothRoadsToAnAccount are by its own id and by that of its Page; contacts are of the
// account on either.
func TestBothRoadsToAnAccount(t *testing.T) {
	t.Parallel()
	var paths []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		paths = append(paths, r.Method+" "+r.URL.Path+" "+r.URL.Query().Get("fields"))
		says(http.StatusOK, `{"recipient_id":"20","message_id":"m_1","name":"Zoé Laforêt","username":"zoe.l"}`)(w, r)
	}))
	t.Cleanup(server.Close)
	send := bot.Delivery{ID: "s1", Person: "20", Lane: "window", Message: flows.Message{Kind: flows.Text, Text: "Bonjour"}}
	for _, page := range []string{"", "10"} {
		c := testChannel(t, Config{PageID: page, GraphURL: server.URL})
		if c.Page() != account || c.String() != "instagram:"+account {
			t.Errorf("through %q it is %s of %s", page, c, c.Page())
		}
		c.Send(t.Context(), send)
		pass := send
		pass.Control = bot.ControlPass
		c.Send(t.Context(), pass)
		p, err := c.Profile(t.Context(), "20")
		if diff := cmp.Diff(bot.Profile{FirstName: "Zoé", LastName: "Laforêt"}, p); err != nil || diff != "" {
			t.Errorf("profile: %v\n%s", err, diff)
		}
	}
	want := []string{
		"POST /" + account + "/messages ", "POST /" + account + "/pass_thread_control ", "GET /20 name",
		"POST /10/messages ", "POST /10/pass_thread_control ", "GET /20 name",
	}
	if diff := cmp.Diff(want, paths); diff != "" {
		t.Error(diff)
	}
}

func TestRefusalsOfInstagram(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]bot.Class{
		`{"error":{"code":10,"error_subcode":2534022}}`:  bot.ClassWindow,
		`{"error":{"code":10,"error_subcode":2534077}}`:  bot.ClassOperator,
		`{"error":{"code":36103}}`:                       bot.ClassOperator,
		`{"error":{"code":100,"error_subcode":2534013}}`: bot.ClassOperator,
		`{"error":{"code":100,"error_subcode":2534014}}`: bot.ClassUnreachable,
		`{"error":{"code":100,"error_subcode":2534015}}`: bot.ClassContent,
		`{"error":{"code":100,"error_subcode":2534025}}`: bot.ClassContent,
		`{"error":{"code":100,"error_subcode":2534029}}`: bot.ClassPage,
		`{"error":{"code":100,"error_subcode":2534037}}`: bot.ClassThread,
		`{"error":{"code":200,"error_subcode":2534041}}`: bot.ClassOperator,
		`{"error":{"code":613,"error_subcode":2534040}}`: bot.ClassBackoff,
		`{"error":{"code":80002}}`:                       bot.ClassBackoff,
	} {
		server := httptest.NewServer(says(http.StatusBadRequest, body))
		o := testChannel(t, Config{GraphURL: server.URL}).Send(t.Context(), bot.Delivery{
			ID: "s1", Person: "20", Lane: "window", Message: flows.Message{Kind: flows.Text, Text: "Bonjour"},
		})
		server.Close()
		if o.Status != bot.Refused || o.Class != want {
			t.Errorf("%s: %+v, want it refused as %s", body, o, want)
		}
	}
}

// TestTheOneLaneOfInstagram was there from May 2022 to February 2026.
func TestTheOneLaneOfInstagram(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		day, region string
		goesOn      bool
		why         string // empty: open
	}{
		{"2022-05-18", "EU", false, "not yet"},
		{"2022-05-19", "EU", false, ""},
		{"2026-02-09", "US", false, ""},
		{"2026-02-10", "US", false, "ended"},
		{"2026-02-10", "EU", false, "ended"},
		{"2026-02-10", "EU", true, ""},
		{"2026-02-10", "US", true, "region"},
	} {
		at, err := time.Parse(time.DateOnly, tt.day)
		if err != nil {
			t.Fatal(err)
		}
		lane := testChannel(t, Config{Lanes: []string{"recurring"}, Recurring: tt.goesOn}).Lanes()[0]
		facts := bot.LaneFacts{Now: at, Region: tt.region, Permit: &bot.Permit{Lane: "recurring", Token: "T"}}
		if got := lane.Open(facts); got.Open != (tt.why == "") || got.Why != tt.why {
			t.Errorf("%s in %s (going on: %t): %+v, want %q", tt.day, tt.region, tt.goesOn, got, tt.why)
		}
		if asks := lane.(bot.TraitLane).Asks(facts); asks != (tt.why == "") {
			t.Errorf("%s in %s (going on: %t): asks is %t", tt.day, tt.region, tt.goesOn, asks)
		}
	}
	_, err := New(Config{AccountID: account, AccessToken: "t", AppSecret: "s", VerifyToken: "v", Lanes: []string{"marketing"}})
	if err == nil || !strings.Contains(err.Error(), "not on Instagram") {
		t.Errorf("the lane marketing gives %v", err)
	}
}
