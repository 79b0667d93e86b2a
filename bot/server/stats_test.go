package server

import (
	"errors"
	"strings"
	"testing"
)

func TestTheFigures(t *testing.T) {
	t.Parallel()
	for path, tc := range map[string]struct {
		status      int
		body, asked string
	}{
		"/v1/stats": {200, `"sent":7`, "stats  0001-01-01 0001-01-01 0s"},
		"/v1/stats?by=topic&since=2026-03-01&until=2026-03-31&window=2d": {200, `"zone":"Europe/Paris"`, "stats topic 2026-03-01 2026-04-01 48h0m0s"},
		"/v1/stats?by=weather":                        {400, "by weather", "stats weather 0001-01-01 0001-01-01 0s"},
		"/v1/stats?since=yesterday":                   {400, "since wants a day", ""},
		"/v1/stats?until=%00":                         {400, "until wants a day", ""},
		"/v1/stats?window=-1h":                        {400, "window wants", ""},
		"/v1/stats?window=99999d":                     {400, "window wants", ""},
		"/v1/stats?by=%zz":                            {400, "cannot be read", ""},
		"/v1/stats/experiments":                       {200, `"name":"tone"`, "experiments 0001-01-01"},
		"/v1/stats/experiments?since=2026-03-01&by=x": {200, `"kind":"split"`, "experiments 2026-03-01"},
	} {
		fake := &fakeBot{}
		s := build(t, Config{Bot: fake, APIKey: "k"})
		got := test(t, s, newRequest("GET", path, "", "Authorization: Bearer k"))
		if got.status != tc.status || !strings.Contains(got.body, tc.body) || strings.Join(fake.asked, ", ") != tc.asked {
			t.Errorf("%s: %d %s, asked %q; want %d …%s…, %q", path, got.status, got.body, fake.asked, tc.status, tc.body, tc.asked)
		}
	}
	fake := &fakeBot{refuse: errors.New("planted-detail")}
	s := build(t, Config{Bot: fake, APIKey: "k"})
	if got := test(t, s, newRequest("GET", "/v1/stats", "")); got.status != 401 {
		t.Errorf("without a key: %d, want 401", got.status)
	}
	if got := test(t, s, newRequest("GET", "/v1/stats", "", "Authorization: Bearer k")); got.status != 503 || strings.Contains(got.body, "planted") {
		t.Errorf("when the store is down: %d %s", got.status, got.body)
	}
}
