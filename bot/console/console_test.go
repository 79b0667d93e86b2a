package console

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/flows"
	"github.com/relance-bot/relance/storage"
)

// crowd is a bot with as many people, schedules and campaigns as anybody asks for. What a
// test does not ask it for it does not have: that panics.
type crowd struct {
	Bot
	now     time.Time
	fails   error // what asking for people ends with
	slow    bool  // figures take longer than anybody waits
	counted int
}

func (c *crowd) Now() time.Time { return c.now }

func (c *crowd) Program() *flows.Program {
	return &flows.Program{Bot: flows.Bot{Name: "Foulée", Locale: "fr", Timezone: "Europe/Paris"}}
}

func (c *crowd) Contacts(_ context.Context, after string, limit int) ([]bot.ContactView, error) {
	out := make([]bot.ContactView, limit)
	for i := range out {
		out[i].ID = fmt.Sprintf("messenger:1:%s%d", after, i)
	}
	return out, c.fails
}

func (c *crowd) Contact(_ context.Context, id string) (bot.ContactView, error) {
	return bot.ContactView{ID: id, Timezone: "America/New_York", CreatedAt: c.now}, c.fails
}

func (c *crowd) Why(context.Context, string, string) ([]bot.DecisionView, error) { return nil, nil }

func (c *crowd) FiresFor(context.Context, string, time.Time, int) ([]bot.Fire, error) {
	return make([]bot.Fire, 1000), nil
}

func (c *crowd) Campaigns(_ context.Context, _ string, limit int) ([]bot.CampaignView, error) {
	return make([]bot.CampaignView, limit), nil
}

func (c *crowd) Zones(context.Context) ([]string, error) {
	return []string{"Europe/Paris", "Nowhere/At_All"}, nil
}

func (c *crowd) Forecast(_ context.Context, zones []string, _ time.Time, _ int) ([]bot.Fire, error) {
	if len(zones) != 1 {
		return nil, fmt.Errorf("zones: %v", zones)
	}
	return make([]bot.Fire, 1000), nil
}

func (c *crowd) Condition(context.Context) (bot.Condition, error) {
	return bot.Condition{
		Inputs: 1000, InputSince: c.now.Add(-time.Hour), Sends: 1, SendSince: c.now.Add(-time.Hour), Unsealed: 3, UnsealedSince: c.now.Add(-time.Second),
		Resting: []bot.Resting{{Page: "messenger:1", Reason: "token", Since: c.now}},
		Shut:    []bot.ShutLane{{Page: "messenger:1", Lane: "marketing", Code: "2300068", Until: c.now.Add(time.Hour)}}, Unknown: []string{"Nowhere/At_All"},
	}, nil
}

func (c *crowd) Stats(ctx context.Context, _ bot.StatsQuery) (bot.Stats, error) {
	c.counted++
	if c.slow {
		return bot.Stats{}, context.DeadlineExceeded
	}
	return bot.Stats{At: c.now, Total: bot.Figures{Sent: 4321}, Groups: make([]bot.Figures, 1000)}, nil
}

func (c *crowd) Day(text string, _ bool) (time.Time, error) { return time.Parse(time.DateOnly, text) }

// look asks for a page.
func look(h http.Handler, path string) (status int, page string, header http.Header) {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
	return w.Code, w.Body.String(), w.Header()
}

var noon = time.Date(2026, 3, 27, 12, 0, 0, 0, time.UTC)

func TestNoPageShowsEverything(t *testing.T) {
	t.Parallel()
	h := New(Config{Bot: &crowd{now: noon}})
	for path, tc := range map[string]struct {
		rows int // of <tr> and <li>
		says string
	}{
		"/console/people":                       {1 + maxPeople, `href="/console/people?after=messenger%3a1%3a49"`},
		"/console/people/show?id=messenger:1:2": {maxTheirs, "These are the first of them."},
		"/console/campaigns":                    {1 + maxCampaigns, "the newest 20"},
		"/console/schedule":                     {1 + maxFires, "the first 200 are shown"},
		"/console/figures":                      {2 + maxGroups, "The last 400 lines"},
	} {
		status, page, _ := look(h, path)
		if rows := strings.Count(page, "<tr") + strings.Count(page, "<li>"); status != 200 || rows != tc.rows {
			t.Errorf("%s: %d, %d rows, want %d", path, status, rows, tc.rows)
		}
		if !strings.Contains(page, tc.says) {
			t.Errorf("%s does not say %q", path, tc.says)
		}
	}
}

func TestTheOverviewSaysWhatIsInTheWay(t *testing.T) {
	t.Parallel()
	_, page, _ := look(New(Config{Bot: &crowd{now: noon}}), "/console")
	for _, text := range []string{
		"messenger:1: the platform has refused the access token since Fri 27 Mar 2026, 13:00.",
		"messenger:1: the platform has closed the lane marketing until Fri 27 Mar 2026, 14:00 (code 2300068).",
		"At least 1,000 messages and events that came in are not handled, the oldest since Fri 27 Mar 2026, 12:00.",
		"1 message that is ready has not gone", "Nowhere/At_All", "4,321",
	} {
		if !strings.Contains(page, text) {
			t.Errorf("no %q in\n%s", text, page)
		}
	}
	if strings.Contains(page, "not sealed") {
		t.Error("what is a second old is in the way")
	}
}

func TestAPersonsPageHasTheirTime(t *testing.T) {
	t.Parallel()
	_, page, _ := look(New(Config{Bot: &crowd{now: noon}}), "/console/people/show?id=messenger:1:2")
	for _, text := range []string{"Times are those of America/New_York", "Fri 27 Mar 2026, 08:00"} {
		if !strings.Contains(page, text) {
			t.Errorf("no %q in\n%s", text, page)
		}
	}
}

// TestFiguresOfTheOverviewAreCountedOnceInAWhile: to count reads everybody.
func TestFiguresOfTheOverviewAreCountedOnceInAWhile(t *testing.T) {
	t.Parallel()
	for _, slow := range []bool{false, true} {
		c := &crowd{now: noon, slow: slow}
		h := New(Config{Bot: c})
		for _, step := range []struct {
			later time.Duration
			want  int
		}{{0, 2}, {time.Minute, 2}, {countAgain, 4}, {0, 6}} { // the emulator's clock may begin anew
			c.now = noon.Add(step.later)
			status, page, _ := look(h, "/console")
			if status != 200 || c.counted != step.want {
				t.Errorf("slow %v, %s later: %d, counted %d times, want %d", slow, step.later, status, c.counted, step.want)
			}
			if strings.Contains(page, "too much to count") != slow {
				t.Errorf("slow %v:\n%s", slow, page)
			}
		}
	}
}

func TestWhatGoesWrongIsAPage(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		path   string
		fails  error
		status int
		logged bool
	}{
		"a slow store":   {"/console/people", context.DeadlineExceeded, 503, false},
		"a store away":   {"/console/people", fmt.Errorf("reading: %w", storage.ErrUnavailable), 503, false},
		"another fault":  {"/console/people", fmt.Errorf("a fault"), 500, true},
		"a panic":        {"/console/people/export?id=x", nil, 500, true},
		"nobody":         {"/console/people/show?id=x", bot.ErrUnknownContact, 404, false},
		"no such page":   {"/console/nothing/at/all", nil, 404, false},
		"a slash behind": {"/console/", nil, 404, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var log bytes.Buffer
			h := New(Config{Bot: &crowd{now: noon, fails: tc.fails}, Log: slog.New(slog.NewTextHandler(&log, nil))})
			status, page, header := look(h, tc.path)
			if status != tc.status || !strings.Contains(page, "<h1>") || !strings.Contains(page, "</html>") {
				t.Errorf("%d, want %d:\n%s", status, tc.status, page)
			}
			if (log.Len() > 0) != tc.logged || strings.Contains(log.String(), "id=x") {
				t.Errorf("the log says %s", &log)
			}
			if got := header.Get("Content-Security-Policy"); got != policy || header.Get("Cache-Control") != "no-store" {
				t.Errorf("headers %v", header)
			}
		})
	}
}

// TestPagesBringNoScriptOfTheirOwn, nor a style, nor anything from elsewhere: their policy
// would not let it run.
func TestPagesBringNoScriptOfTheirOwn(t *testing.T) {
	t.Parallel()
	names, err := files.ReadDir("pages")
	if err != nil || len(names) < 10 {
		t.Fatalf("%d pages, %v", len(names), err)
	}
	for _, name := range names {
		text, err := files.ReadFile("pages/" + name.Name())
		if err != nil {
			t.Fatal(err)
		}
		bare := strings.ReplaceAll(string(text), `<script src="/console/live.js" defer></script>`, "")
		for _, forbidden := range []string{"<script", "<style", " style=", " onclick", " onload", "://", "javascript:"} {
			if strings.Contains(bare, forbidden) {
				t.Errorf("%s has %q", name.Name(), forbidden)
			}
		}
	}
}
