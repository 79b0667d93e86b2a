package cmd

import (
	"strings"
	"testing"
)

// TestNextForecastsTheLoad lists fires before anybody agreed, and after.
func TestNextForecastsTheLoad(t *testing.T) {
	t.Parallel()
	dir := copyBot(t, exampleRestock)
	rewrite(t, dir+"/bot.yaml", "rate: 40/s", "rate: 1/h")
	next := func(env map[string]string, flags ...string) string {
		t.Helper()
		code, out := cli(t, env, append([]string{"next", dir, "--count", "1", "--zone", "Europe/Paris"}, flags...)...)
		if code != exitFine {
			t.Fatalf("exit %d: %s", code, out)
		}
		return out
	}
	if out := next(nil); !strings.Contains(out, "Europe/Paris") || strings.Contains(out, "AT MOST") {
		t.Errorf("without a database:\n%s", out)
	}
	b := startBot(t, dir, nil)
	var rows strings.Builder
	rows.WriteString("contact;topic;cadence;consented_at;wording;source;timezone;permit.token;permit.expires_at\n")
	for _, person := range strings.Fields("1 2 3 4 5 6 7 8 9") {
		rows.WriteString(person + ";nouveautes;weekly;2026-01-05T10:00:00+01:00;Les nouveautés;formulaire;Europe/Paris;tok-" + person + ";2099-01-01T00:00:00Z\n")
	}
	if code, out := cli(t, b.env, "import", write(t, "old.csv", rows.String()), dir); code != exitFine {
		t.Fatalf("import: exit %d: %s", code, out)
	}
	out := next(b.env)
	for _, want := range []string{"AT MOST", "TAKES", "  9  ", "9 h", "cannot finish: at 1/h it takes until 18:00, and it expires at 15:00: 3 of at most 9 come too late"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is missing:\n%s", want, out)
		}
	}
	if out := next(b.env, "--json"); !strings.Contains(out, `"people": 9`) || !strings.Contains(out, `"late": 3`) {
		t.Errorf("as JSON:\n%s", out)
	}
}

// In Chile the clocks leave midnight out, one day in September.
func TestNextFromADayWithoutMidnightBeginsOnThatDay(t *testing.T) {
	t.Parallel()
	dir := copyBot(t, exampleRestock)
	rewrite(t, dir+"/bot.yaml", "timezone: Europe/Paris", "timezone: America/Santiago")
	rewrite(t, dir+"/flows/monday.yaml", "0 9 * * MON", "30 23 * * *")
	code, out := cli(t, nil, "next", dir, "--count", "1", "--from", "2026-09-06")
	if code != exitFine || !strings.Contains(out, "2026-09-06 23:30") {
		t.Errorf("exit %d: %s", code, out)
	}
}
