package server

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/relance-bot/relance/bot"
)

// steeredBot notes what it is asked about campaigns.
type steeredBot struct {
	*fakeBot
	refuse error
	asked  []string
}

func (s *steeredBot) note(format string, args ...any) error {
	s.asked = append(s.asked, fmt.Sprintf(format, args...))
	return s.refuse
}

func (s *steeredBot) Campaigns(_ context.Context, flow string, limit int) ([]bot.CampaignView, error) {
	return []bot.CampaignView{}, s.note("list %s %d", flow, limit)
}

func (s *steeredBot) Campaign(_ context.Context, id string) (bot.CampaignView, error) {
	return bot.CampaignView{ID: id}, s.note("show %s", id)
}

func (s *steeredBot) PauseCampaign(_ context.Context, id string, by bot.Order) (a, b bot.CampaignView, err error) {
	return bot.CampaignView{State: "running"}, bot.CampaignView{State: "paused"}, s.note("pause %s by %s: %s", id, by.By, by.Why)
}

func (s *steeredBot) ResumeCampaign(_ context.Context, id string, _ bot.Order) (a, b bot.CampaignView, err error) {
	return a, b, s.note("resume %s", id)
}

func (s *steeredBot) CancelCampaign(_ context.Context, id string, _ bot.Order) (a, b bot.CampaignView, err error) {
	return a, b, s.note("cancel %s", id)
}

func (s *steeredBot) ThrottleCampaign(_ context.Context, id string, rate float64, _ bot.Order) (a, b bot.CampaignView, err error) {
	return a, b, s.note("throttle %s %v", id, rate)
}

func (s *steeredBot) PreviewCampaign(_ context.Context, q bot.PreviewQuery) (bot.Preview, error) {
	return bot.Preview{}, s.note("preview %s%s %v after %s", q.Campaign, q.Flow, q.Event, q.After)
}

func (s *steeredBot) TryCampaign(_ context.Context, q bot.TrialQuery) (bot.Trial, error) {
	return bot.Trial{Sent: true}, s.note("try %s %v %s", q.Flow, q.Event, q.Contact)
}

func TestCampaignAddresses(t *testing.T) {
	t.Parallel()
	const base = "/v1/campaigns"
	for name, tc := range map[string]struct {
		method, path, body string
		refuse             error
		status             int
		asked, says        string
	}{
		"list":                    {"GET", "", "", nil, 200, "list  20", "[]"},
		"list of a flow":          {"GET", "?flow=promo/monday&limit=3", "", nil, 200, "list promo/monday 3", ""},
		"list too many":           {"GET", "?limit=5000", "", nil, 400, "", "bad_query"},
		"show":                    {"GET", "/show?id=promo/monday@2026-03-30T09:00", "", nil, 200, "show promo/monday@2026-03-30T09:00", `"id":"promo/monday@2026`},
		"show nothing":            {"GET", "/show", "", nil, 400, "", "bad_query"},
		"show none":               {"GET", "/show?id=a@b", "", fmt.Errorf("%w: a@b", bot.ErrNoCampaign), 404, "show a@b", "unknown_campaign"},
		"pause":                   {"POST", "/pause", `{"id":"a@b","by":"Maud","why":"a wrong price"}`, nil, 200, "pause a@b by Maud: a wrong price", `"state":"paused"`},
		"pause one that is over":  {"POST", "/pause", `{"id":"a@b"}`, bot.ErrOver, 409, "pause a@b by : ", `"over"`},
		"pause nothing":           {"POST", "/pause", `{}`, nil, 400, "", "bad_campaign"},
		"pause with words":        {"POST", "/pause", `pause it`, nil, 400, "", "bad_json"},
		"resume":                  {"POST", "/resume", `{"id":"a@b"}`, nil, 200, "resume a@b", ""},
		"cancel":                  {"POST", "/cancel", `{"id":"a@b"}`, nil, 200, "cancel a@b", ""},
		"throttle":                {"POST", "/throttle", `{"id":"a@b","rate":2.5}`, nil, 200, "throttle a@b 2.5", ""},
		"throttle to the Page's":  {"POST", "/throttle", `{"id":"a@b","rate":0}`, nil, 200, "throttle a@b 0", ""},
		"throttle to no rate":     {"POST", "/throttle", `{"id":"a@b"}`, nil, 400, "", "rate is needed"},
		"throttle out of bounds":  {"POST", "/throttle", `{"id":"a@b","rate":-1}`, fmt.Errorf("%w: a rate", bot.ErrOrder), 422, "throttle a@b -1", "bad_campaign"},
		"preview of a campaign":   {"POST", "/preview", `{"campaign":"a@b","after":"x"}`, nil, 200, "preview a@b map[] after x", ""},
		"preview of an event":     {"POST", "/preview", `{"flow":"a","event":{"size":42}}`, nil, 200, "preview a map[size:42] after ", ""},
		"preview of both":         {"POST", "/preview", `{"flow":"a","campaign":"a@b"}`, nil, 400, "", "bad_campaign"},
		"preview, deep":           {"POST", "/preview", `{"flow":"a","event":` + strings.Repeat("[", 200) + strings.Repeat("]", 200) + `}`, nil, 400, "", "bad_json"},
		"preview, long":           {"POST", "/preview", `{"flow":"` + strings.Repeat("a", 70_000) + `"}`, nil, 413, "", "too_large"},
		"test":                    {"POST", "/test", `{"flow":"a","contact":"messenger:1:2"}`, nil, 200, "try a map[] messenger:1:2", `"sent":true`},
		"test for nobody":         {"POST", "/test", `{"flow":"a","contact":"x"}`, bot.ErrUnknownContact, 404, "try a map[] x", "unknown_contact"},
		"test without a contact":  {"POST", "/test", `{"flow":"a"}`, nil, 400, "", "bad_campaign"},
		"something there is not":  {"POST", "/stop", `{"id":"a@b"}`, nil, 404, "", "not_found"},
		"pause by asking for it":  {"GET", "/pause?id=a@b", "", nil, 405, "", "method_not_allowed"},
		"cancel without a method": {"DELETE", "/cancel", "", nil, 405, "", "method_not_allowed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fake := &steeredBot{fakeBot: &fakeBot{}, refuse: tc.refuse}
			got := test(t, build(t, Config{Bot: fake, APIKey: "k"}), newRequest(tc.method, base+tc.path, tc.body, "Authorization: Bearer k"))
			if got.status != tc.status || !strings.Contains(got.body, tc.says) {
				t.Errorf("%d %s, want %d", got.status, got.body, tc.status)
			}
			if asked := strings.Join(fake.asked, ";"); asked != tc.asked {
				t.Errorf("asked %q, want %q", asked, tc.asked)
			}
			locked := test(t, build(t, Config{Bot: fake, APIKey: "k"}), newRequest(tc.method, base+tc.path, tc.body))
			if locked.status != http.StatusUnauthorized {
				t.Errorf("without a key: %d", locked.status)
			}
		})
	}
}
