package cmd

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/bot/chat"
	"github.com/relance-bot/relance/storage"
)

// What the platform refuses in a trial.
const (
	aReply        = "reply"        // to somebody who has just written
	aNotification = "notification" // to a token, long after the person wrote
	aRequest      = "request"      // for an opt-in, to somebody who asked for it
	aPaid         = "paid"         // a paid message to somebody in the United States
)

// platformErrors is the platform's list of errors, and of those of paid messages.
var platformErrors = []struct {
	code, subcode int
	meaning       string
	refuses       []string
}{
	{1, 0, "unknown error", bothWays},
	{1, 1357046, "bad reply inside a batch", bothWays},
	{2, 0, "service down", bothWays},
	{2, 2018344, "privacy terms of labels not accepted", bothWays},
	{3, 0, "capability missing", bothWays},
	{4, 0, "limit of the app", bothWays},
	{4, 2018354, "too soon after the last notification", toAToken},
	{9, 2018352, "too many opt-in requests", asRequest},
	{10, 0, "permission missing", bothWays},
	{10, 2018278, "outside the window", inAllWays},
	{10, 2534022, "outside the window, Instagram", bothWays},
	{10, 2018065, "outside the window, news permission", bothWays},
	{10, 2018108, "the person cannot receive now", bothWays},
	{10, 1404170, "the Page may not ask for opt-ins", asRequest},
	{10, 1893015, "the person stopped this topic", []string{aNotification, aRequest}},
	{10, 1893063, "the Page may not send for a time", bothWays},
	{10, 2018336, "not for this person", bothWays},
	{10, 2534077, "link of account and Page not verifiable", bothWays},
	{17, 0, "limit of the user", bothWays},
	{32, 0, "limit of the Page", bothWays},
	{36000, 0, "image too large", bothWays},
	{36103, 0, "Instagram account not eligible", bothWays},
	{100, 0, "bad parameter, or a token that ran out", inAllWays},
	{100, 33, "object missing or no access", bothWays},
	{100, 2018001, "no such person", bothWays},
	{100, 2534014, "no such person, Instagram", bothWays},
	{100, 2018008, "file not fetched", bothWays},
	{100, 2018047, "file of another type", bothWays},
	{100, 2018109, "file too large", bothWays},
	{100, 2018294, "video broken", bothWays},
	{100, 2018074, "id of an attachment wrong", bothWays},
	{100, 2018014, "message and action together", bothWays},
	{100, 2018164, "wrong app", bothWays},
	{100, 2018320, "product unknown", bothWays},
	{100, 2018328, "products need a newer version", bothWays},
	{100, 2534013, "no Instagram account", bothWays},
	{100, 2534015, "message invalid, Instagram", bothWays},
	{100, 2534025, "comment not for a private reply", bothWays},
	{100, 2534029, "business barred from the Instagram API", bothWays},
	{100, 2534037, "not the owner of the conversation, Instagram", bothWays},
	{102, 0, "session ended", bothWays},
	{190, 0, "token dead", bothWays},
	{190, 458, "app not installed", bothWays},
	{190, 459, "checkpoint", bothWays},
	{190, 460, "password changed", bothWays},
	{190, 463, "token expired", bothWays},
	{190, 464, "owner unconfirmed", bothWays},
	{190, 467, "token invalid", bothWays},
	{190, 492, "owner lost the role", bothWays},
	{200, 0, "permission missing", bothWays},
	{230, 0, "permission missing", bothWays},
	{299, 0, "permission missing", bothWays},
	{200, 1545041, "person not available", bothWays},
	{551, 0, "person not available", bothWays},
	{551, 1545041, "person not available", bothWays},
	{551, 1893047, "person not available", bothWays},
	{200, 2018028, "app not live or not reviewed", bothWays},
	{200, 2018027, "phone numbers not reviewed", bothWays},
	{200, 2018021, "fee of phone numbers unpaid", bothWays},
	{200, 2534041, "the owner switched access off, Instagram", bothWays},
	{341, 0, "limit of the application", bothWays},
	{368, 0, "blocked for policy", bothWays},
	{613, 0, "custom limit", bothWays},
	{613, 1996, "odd traffic", bothWays},
	{613, 1893016, "the same request within a week", asRequest},
	{613, 2018338, "abuse warning", bothWays},
	{613, 2534040, "limit of the API, Instagram", bothWays},
	{1200, 0, "temporary failure", bothWays},
	{2022, 0, "feature limited after a violation", bothWays},
	{10303, 0, "account-linking token", bothWays},
	{2018218, 0, "no profile", bothWays},
	{2018247, 0, "no permission for a profile's field", bothWays},
	{2018300, 0, "another app has the conversation", bothWays},
	{2018321, 0, "the platform's questions have the conversation", bothWays},
	{80001, 0, "limit of the business", bothWays},
	{80004, 0, "limit of the ad account", asPaid},
	{80002, 0, "limit of the business, Instagram", bothWays},
	{80006, 0, "limit of the business, Messenger", bothWays},
	{80008, 0, "limit of the business, WhatsApp", bothWays},
	{9000001, 0, "object deleted", bothWays},

	{2300000, 0, "campaign not active", asPaid},
	{2300001, 0, "campaign unknown", asPaid},
	{2300002, 0, "ad set not active", asPaid},
	{2300003, 0, "message not active", asPaid},
	{2300004, 0, "subscription token invalid", asPaid},
	{2300005, 0, "token of another Page", asPaid},
	{2300018, 0, "attachment not saved", asPaid},
	{2300021, 0, "payload invalid", asPaid},
	{2300026, 0, "payload invalid", asPaid},
	{2300027, 0, "attachment not reusable", asPaid},
	{2300028, 0, "pacing data not ready", asPaid},
	{2300052, 0, "recipient unavailable", asPaid},
	{1893047, 0, "recipient unavailable", asPaid},
	{2300064, 0, "creation denied", asPaid},
	{2300067, 0, "creation denied", asPaid},
	{2300068, 0, "budget used up", asPaid},
	{2300069, 0, "lifetime budget used up", asPaid},
	{2300070, 0, "daily budget used up", asPaid},
	{2300071, 0, "pacing", asPaid},
	{2300072, 0, "account's cap", asPaid},
	{2300073, 0, "account's daily cap", asPaid},
	{2300074, 0, "prepaid money used up", asPaid},
	{2300075, 0, "stored balance used up", asPaid},
	{2300076, 0, "daily spend", asPaid},
	{2300077, 0, "flexible billing", asPaid},
	{2300078, 0, "credit used up", asPaid},
	{2300079, 0, "daily spend", asPaid},
	{2300080, 0, "limit of the token list", asPaid},
}

var (
	bothWays  = []string{aReply, aNotification}
	toAToken  = []string{aNotification}
	asRequest = []string{aRequest}
	inAllWays = []string{aReply, aNotification, aRequest}
	asPaid    = []string{aPaid}
)

// TestEveryErrorOfThePlatformInjected lets the emulated platform refuse one message with
// each error, and writes down what became of the message, the contact and the Page, what
// the log tells those who run the bot, and what was tried within eight days.
func TestEveryErrorOfThePlatformInjected(t *testing.T) {
	t.Parallel()
	folders := map[bool]*botFolder{}
	for us, dir := range map[bool]string{false: "testdata/refused", true: "testdata/refused/us"} {
		var err error
		if folders[us], err = (&app{stderr: new(bytes.Buffer)}).load(dir); err != nil {
			t.Fatal(err)
		}
	}
	blank, err := blankDatabase()
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	for _, e := range platformErrors {
		name := fmt.Sprint(e.code)
		if e.subcode != 0 {
			name += fmt.Sprint("/", e.subcode)
		}
		fmt.Fprintf(&out, "%s  %s\n", name, e.meaning)
		for _, what := range e.refuses {
			r := newRefusalTrial(t, folders[what == aPaid], blank, what == aPaid)
			r.prepare(what)
			r.st.platform.FailNext(1, e.code, e.subcode)
			r.provoke(what)
			fmt.Fprintf(&out, "  %-12s %s\n", what, r.became(what))
			if err := r.st.Close(); err != nil {
				t.Error(err)
			}
		}
	}
	const golden = "testdata/refused.golden"
	if *updateYears {
		if err := os.WriteFile(golden, []byte(out.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(filepath.FromSlash(golden))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(out.String(), "\n")); diff != "" {
		t.Errorf("%s (-want +got):\n%s", golden, diff)
	}
}

// refusalTrial is one bot that is refused one message.
type refusalTrial struct {
	years
	heard *notices
	began int // calls before it
	shown int // messages before it
	at    time.Time
}

func newRefusalTrial(t *testing.T, folder *botFolder, blank []byte, us bool) *refusalTrial {
	t.Helper()
	begin := time.Date(2025, time.September, 1, 7, 0, 0, 0, time.UTC)
	if us {
		begin = time.Date(2026, time.March, 2, 15, 0, 0, 0, time.UTC)
	}
	heard := &notices{}
	st := &stage{folder: folder, log: slog.New(heard), blank: blank}
	r := &refusalTrial{years: years{t: t, ctx: t.Context(), st: st}, heard: heard}
	r.must(st.start(t.Context(), begin))
	return r
}

// prepare brings the person as far as that the message will be made.
func (r *refusalTrial) prepare(what string) {
	r.t.Helper()
	zone := "Europe/Paris"
	if what == aPaid {
		zone = "America/New_York"
	}
	r.live(zone)
	if what != aRequest {
		r.act(chat.Act{Kind: chat.Write, Text: "news"})
		r.act(chat.Act{Kind: chat.Accept})
		r.must(r.st.AdvanceTo(r.ctx, r.st.Now().Add(49*time.Hour)))
	}
	r.began, r.shown, r.at = len(r.st.platform.Log()), len(r.said()), r.st.Now()
	r.heard.lines()
}

// provoke makes the message that is refused.
func (r *refusalTrial) provoke(what string) {
	r.t.Helper()
	switch what {
	case aReply:
		r.act(chat.Act{Kind: chat.Write, Text: "hello"})
	case aRequest:
		r.act(chat.Act{Kind: chat.Write, Text: "news"})
	default:
		r.must(r.st.Event(r.ctx, "arrivals", map[string]string{"model": "Gazelle"}, ""))
	}
}

func (r *refusalTrial) said() []chat.Said {
	r.t.Helper()
	said, err := r.st.Said(r.ctx, r.zoe)
	r.must(err)
	return said
}

// became tells what came of it: at once, and within eight days.
func (r *refusalTrial) became(what string) string {
	r.t.Helper()
	parts := []string{"", r.contact(), r.page()}
	if lines := r.heard.lines(); len(lines) > 0 {
		parts = append(parts, "log: "+strings.ReplaceAll(strings.Join(lines, "; "), "page "+r.pageKey(), "page"))
	}
	first := r.decision()
	r.must(r.st.AdvanceTo(r.ctx, r.at.Add(8*24*time.Hour)))
	if last := r.decision(); what == aReply || what == aRequest {
		first = ""
	} else if last != first {
		first += ", then " + last
	}
	parts[0] = strings.TrimPrefix(first+"; ", "; ") + r.tries() + ", " + r.seen()
	return strings.Join(parts, " | ")
}

// tries are the calls that were made for messages, each by how long after the first and
// what the platform answered.
func (r *refusalTrial) tries() string {
	var out []string
	for _, c := range r.st.platform.Log()[r.began:] {
		if c.Method != "POST" || !strings.HasSuffix(c.Path, "/messages") && !strings.Contains(c.Path, "marketing_messages") || strings.Contains(c.Body, "sender_action") {
			continue
		}
		answer := "taken"
		if c.Code != 0 {
			answer = "refused"
		}
		if after := c.At.Sub(r.at).Round(time.Second); after > 0 {
			answer += " after " + inShort(after)
		}
		out = append(out, answer)
	}
	return strings.Join(out, ", ")
}

// inShort writes a time as short as it can be.
func inShort(d time.Duration) string {
	out := d.String()
	for _, zero := range []string{"m0s", "h0m"} {
		if cut, ok := strings.CutSuffix(out, zero); ok {
			out = cut + zero[:1]
		}
	}
	return out
}

// seen is the last thing the person saw.
func (r *refusalTrial) seen() string {
	said := r.said()
	if len(said) == r.shown {
		return "nothing shown"
	}
	return fmt.Sprintf("%q shown", strings.SplitN(said[len(said)-1].Text, "\n", 2)[0])
}

// decision is the newest one.
func (r *refusalTrial) decision() string {
	r.t.Helper()
	list, err := r.st.bot.Decisions(r.ctx, r.st.contact(r.zoe), "", 1)
	r.must(err)
	if len(list) == 0 {
		return ""
	}
	d := list[0]
	out := strings.TrimSpace(d.Kind + " " + d.Rule)
	if d.Kind == bot.DecisionSent {
		out += " by " + d.Lane
	}
	return out
}

// contact is how the person stands.
func (r *refusalTrial) contact() string {
	r.t.Helper()
	view, err := r.st.bot.Contact(r.ctx, r.st.contact(r.zoe))
	r.must(err)
	out := "reachable"
	if view.Unreachable != "" {
		out = "unreachable until they write"
	}
	for _, c := range view.Consents {
		out += ", " + c.Topic + " " + c.Status
	}
	permits := 0
	r.read(func(from storage.Reader) error {
		list, err := from.Permits(view.ID)
		permits = len(list)
		return err
	})
	if permits == 0 && len(view.Consents) > 0 {
		out += ", no permit"
	}
	return out
}

func (r *refusalTrial) pageKey() string {
	return strings.TrimSuffix(r.st.contact(r.zoe), ":"+r.zoe)
}

// page is how the Page stands.
func (r *refusalTrial) page() string {
	r.t.Helper()
	out := "page well"
	r.read(func(from storage.Reader) error {
		for _, place := range []string{"rest:" + r.pageKey(), "shut:" + r.pageKey() + " marketing"} {
			raw, err := from.Meta(place)
			if err != nil || len(raw) == 0 {
				continue // it is not there
			}
			var state struct{ Until time.Time }
			if err := json.Unmarshal(raw, &state); err != nil {
				return err
			}
			name, _, _ := strings.Cut(place, ":")
			if left := state.Until.Sub(r.at).Round(time.Second); name == "rest" {
				out = "page rests " + inShort(left)
			} else {
				out += ", lane shut " + inShort(left)
			}
		}
		return nil
	})
	return out
}

func (r *refusalTrial) read(f func(storage.Reader) error) {
	r.t.Helper()
	r.must(r.st.store.Read(r.ctx, f))
}
