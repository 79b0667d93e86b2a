package cmd

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/relance-bot/relance/bot/chat"
)

var updateYears = flag.Bool("update", false, "write the golden files of testdata")

// TestTheLanesThroughTheYears moves one bot, one person and one topic through the years
// and regions of the platform, and keeps which lane carried each message, when, and why.
//
// relance test cmd/testdata/language/lanes plays the same; relance chat DIR --era 2022
// --region US is where to try it by hand.
func TestTheLanesThroughTheYears(t *testing.T) {
	t.Parallel()
	const dir = "testdata/language/lanes"
	ctx := t.Context()
	y := years{t: t, ctx: ctx}
	st := y.begin(dir)
	y.act(chat.Act{Kind: chat.Write, Text: "news"})
	y.act(chat.Act{Kind: chat.Accept})

	y.week("2022-10-10", "the European Union, a weekly token")
	y.must(st.AdvanceTo(ctx, time.Date(2023, time.July, 3, 7, 0, 0, 0, time.UTC)))
	y.act(chat.Act{Kind: chat.Accept}) // the platform asked whether to go on
	y.move("us", "America/New_York")
	y.week("2023-09-04", "the United States")
	y.move(".", "Europe/Paris")
	y.week("2025-09-08", "the European Union, two days")
	y.move("us", "America/New_York")
	y.week("2026-03-02", "the United States, paid")
	y.live("Europe/Paris")
	y.week("2026-03-09", "the United States, to somebody in the European Union")
	y.move(".", "Europe/Paris")
	y.week("2026-03-16", "the European Union")

	st = y.begin(dir + "/instagram")
	y.act(chat.Act{Kind: chat.Write, Text: "news"})
	y.act(chat.Act{Kind: chat.Accept})
	y.week("2022-10-10", "Instagram, a weekly token")
	y.must(st.AdvanceTo(ctx, time.Date(2023, time.July, 3, 7, 0, 0, 0, time.UTC)))
	y.act(chat.Act{Kind: chat.Accept})
	y.week("2025-09-08", "Instagram, two days")
	y.week("2026-03-16", "Instagram")
	y.must(st.AdvanceTo(ctx, time.Date(2026, time.March, 24, 7, 0, 0, 0, time.UTC)))
	y.act(chat.Act{Kind: chat.Write, Text: "hello"})
	y.week("2026-03-24", "Instagram, to somebody who wrote in the morning")

	const golden = "testdata/years.golden"
	if *updateYears {
		y.must(os.WriteFile(golden, y.out.Bytes(), 0o600))
	}
	want, err := os.ReadFile(filepath.FromSlash(golden))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), y.out.String()); diff != "" {
		t.Errorf("%s (-want +got):\n%s", golden, diff)
	}
}

// years is a life that is moved about.
type years struct {
	t   *testing.T
	ctx context.Context
	st  *stage
	zoe string
	out bytes.Buffer
}

// begin opens a bot in October 2022, for somebody in Paris.
func (y *years) begin(dir string) *stage {
	y.t.Helper()
	folder, err := (&app{stderr: new(bytes.Buffer)}).load(dir)
	y.must(err)
	y.st, err = newStageAt(y.ctx, folder, time.Date(2022, time.October, 7, 16, 0, 0, 0, time.UTC), nil, nil, slog.New(slog.DiscardHandler), nil)
	y.must(err)
	st := y.st
	y.t.Cleanup(func() { st.Close() }) //nolint:errcheck // a temporary folder
	y.live("Europe/Paris")
	return y.st
}

func (y *years) must(err error) {
	y.t.Helper()
	if err != nil {
		y.t.Fatal(err)
	}
}

func (y *years) live(zone string) {
	y.t.Helper()
	var err error
	y.zoe, err = y.st.Person(y.ctx, "Zoé", map[string]string{"timezone": zone, "locale": "en_GB"})
	y.must(err)
}

func (y *years) act(act chat.Act) {
	y.t.Helper()
	y.must(y.st.Act(y.ctx, y.zoe, act))
}

func (y *years) move(folder, zone string) {
	y.t.Helper()
	y.must(y.st.Deploy(y.ctx, folder))
	y.live(zone)
}

// week lets something arrive in the shop on a day, and writes down what became of it.
func (y *years) week(day, where string) {
	y.t.Helper()
	at, err := time.Parse(time.DateOnly, day)
	y.must(err)
	y.must(y.st.AdvanceTo(y.ctx, at.Add(14*time.Hour)))
	y.must(y.st.Event(y.ctx, "arrivals", map[string]string{"model": "Gazelle"}, ""))
	list, err := y.st.bot.Why(y.ctx, y.st.contact(y.zoe), "arrivals")
	y.must(err)
	fmt.Fprintf(&y.out, "%s  %s\n    %s\n", day, where, list[0].Text)
}

// TestAnEraIsAYearOrADay, and for the emulated Page alone.
func TestAnEraIsAYearOrADay(t *testing.T) {
	t.Parallel()
	for era, want := range map[string]string{
		"": "0001-01-01", "2022": "2022-05-19", "2023": "2023-08-10", "2025": "2025-09-01", "2026": "2026-04-27", "2024-02-29": "2024-02-29",
	} {
		at, err := elsewhere{era: era}.at()
		if got := at.Format(time.DateOnly); err != nil || got != want {
			t.Errorf("--era %q begins on %s (%v), want %s", era, got, err, want)
		}
	}
	if _, err := (elsewhere{era: "1066"}).at(); err == nil {
		t.Error("--era 1066 is taken")
	}
	dir := "testdata/language/lanes"
	if code, out := cli(t, nil, "run", dir, "--era", "soon"); code != exitUsage {
		t.Errorf("exit %d: %s", code, out)
	}
	real := map[string]string{
		"MESSENGER_PAGE_ID": wirePage, "MESSENGER_ACCESS_TOKEN": wireToken, "MESSENGER_APP_SECRET": wireSecret, "MESSENGER_VERIFY_TOKEN": wireVerify,
	}
	if code, out := cli(t, real, "run", dir, "--era", "2022", "--database", "sqlite:"+filepath.Join(t.TempDir(), "x.db")); code != exitFailed || !bytes.Contains([]byte(out), []byte("emulated")) {
		t.Errorf("exit %d: %s", code, out)
	}
}
