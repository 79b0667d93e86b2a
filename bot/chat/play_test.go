package chat

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// mustParse is a script without mistakes.
func mustParse(t *testing.T, file, src string) *Script {
	t.Helper()
	s, found := Parse(file, []byte(src))
	if len(found) > 0 {
		t.Fatalf("%s", found[0])
	}
	return s
}

// playFake plays a text against the fake bot.
func playFake(t *testing.T, file, src string, update bool) (failures, repaired string) {
	t.Helper()
	all, text, err := Play(t.Context(), mustParse(t, file, src), Options{Factory: newFake, Update: update})
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, f := range all {
		b.WriteString(f.String())
	}
	return b.String(), string(text)
}

// Each testdata/play/NAME.chat has NAME.out, what is wrong with it, and
// NAME.fixed, what an update makes of it.
func TestPlay(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/play/*.chat")
	if err != nil || len(files) == 0 {
		t.Fatalf("no transcripts: %v", err)
	}
	for _, file := range files {
		base := strings.TrimSuffix(file, ".chat")
		t.Run(filepath.Base(base), func(t *testing.T) {
			t.Parallel()
			src, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			name := filepath.Base(file)
			out, same := playFake(t, name, string(src), false)
			golden(t, base+".out", out)
			if same != string(src) {
				t.Error("playing without an update changes the text")
			}
			left, fixed := playFake(t, name, string(src), true)
			golden(t, base+".fixed", fixed)
			if again, twice := playFake(t, name, fixed, true); twice != fixed || again != left {
				t.Errorf("a second update is not the same:\n%s\n%s", cmp.Diff(fixed, twice), cmp.Diff(left, again))
			}
			if rest, _ := playFake(t, name, fixed, false); heads(rest) != heads(left) {
				t.Errorf("what the update leaves is not what remains (-left +rest):\n%s", cmp.Diff(heads(left), heads(rest)))
			}
		})
	}
}

// heads are the lines of failures that say what is wrong.
func heads(failures string) string {
	var out []string
	for _, l := range strings.Split(failures, "\n") {
		if strings.Contains(l, ".chat:") {
			out = append(out, l)
		}
	}
	return strings.Join(out, "\n")
}

func TestPassingTranscriptStaysAsItIs(t *testing.T) {
	t.Parallel()
	src, err := os.ReadFile("testdata/play/passing.chat")
	if err != nil {
		t.Fatal(err)
	}
	failures, text := playFake(t, "passing.chat", string(src), true)
	if failures != "" || text != string(src) {
		t.Errorf("%s\n%s", failures, cmp.Diff(string(src), text))
	}
}

// TestStageIsAsked compares what the stage is asked to do with the lines that say so.
func TestStageIsAsked(t *testing.T) {
	t.Parallel()
	const src = `at 2026-03-28 12:00 Europe/Paris
person Ada (timezone=America/New_York)
given consent restock monthly model="Stan Smith" size=42
> (start)
> (referral restock)
> (image https://foulee.example/moi.png)
> (location 48.8566,2.3522)
> (react ❤)
> (comment Encore ?)
> (block)
> (resume Ta pointure est de retour)
> \(rien)
> un⏎deux
# The person's days are those of New York: no clock changes there that weekend.
@ +1d
@ +24h
# Dates are those of "at", where it did.
@ 2026-03-30 18:00
@ MON 18:00
@ MON 18:01
@ SUN 02:30
! event restock size=42 note="un deux" contact=Ada
< Ada : la  est de retour !  [J'achète] [Stop]
! error 10/2018278 x3
! crash
! down 1d12h
! echo
`
	want := []string{
		`given restock monthly map[model:Stan Smith size:42]`,
		`fake:Ada: (start)`,
		`fake:Ada: (referral restock)`,
		`fake:Ada: (image https://foulee.example/moi.png)`,
		`fake:Ada: (location 48.8566,2.3522)`,
		`fake:Ada: (react ❤)`,
		`fake:Ada: (comment Encore ?)`,
		`fake:Ada: (block)`,
		`fake:Ada: (resume Ta pointure est de retour)`,
		`fake:Ada: \(rien)`,
		`fake:Ada: un⏎deux`,
		`advance to 2026-03-29T11:00:00Z`,
		`advance to 2026-03-30T11:00:00Z`,
		`advance to 2026-03-30T16:00:00Z`,
		`advance to 2026-04-06T16:00:00Z`,
		`advance to 2026-04-06T16:01:00Z`,
		`advance to 2026-04-12T00:30:00Z`,
		`event restock map[note:un deux size:42] fake:Ada`,
		`refuse 10/2018278 x3`,
		`crash`,
		`down`,
		`advance to 2026-04-13T12:30:00Z`,
		`echo`,
		`close`,
	}
	var stage *fake
	factory := func(ctx context.Context, s Setup) (Stage, error) {
		made, err := newFake(ctx, s)
		stage = made.(*fake)
		return made, err
	}
	failures, _, err := Play(t.Context(), mustParse(t, "a.chat", src), Options{Factory: factory})
	if err != nil || len(failures) > 0 {
		t.Fatalf("%v %v", err, failures)
	}
	if diff := cmp.Diff(want, stage.log); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestWhenItBegins(t *testing.T) {
	t.Parallel()
	tokyo, err := time.LoadLocation("Asia/Tokyo")
	if err != nil {
		t.Fatal(err)
	}
	for src, want := range map[string]string{
		"":                                         "2026-01-05T01:00:00Z", // Monday, 10:00 of the bot
		"at 2026-03-27 18:00":                      "2026-03-27T09:00:00Z",
		"at 2026-03-27 18:00 Europe/Paris":         "2026-03-27T17:00:00Z",
		"at 2026-03-29 02:30 Europe/Paris # no":    "",
		"at 2026-03-29 02:30 Europe/Paris":         "2026-03-29T01:00:00Z", // in the gap: the first instant after it
		"seed 3\nat 2026-10-25 02:30 Europe/Paris": "2026-10-25T00:30:00Z", // doubled: its first
	} {
		s, found := Parse("a.chat", []byte(src))
		if (want == "") != (len(found) > 0) {
			t.Errorf("%s: %v", src, found)
		}
		if got := s.setup().Start(tokyo).UTC().Format(time.RFC3339); want != "" && got != want {
			t.Errorf("%q begins at %s, want %s", src, got, want)
		}
	}
	if got := (Setup{}).Start(tokyo).UTC().Format(time.RFC3339); got != "2026-01-05T01:00:00Z" {
		t.Errorf("an empty setup begins at %s", got)
	}
}

// failing is a stage of which one part does not work.
type failing struct {
	Stage
	said, zone error
	wait       bool
}

func (f *failing) Said(ctx context.Context, id string) ([]Said, error) {
	if f.said != nil {
		return nil, f.said
	}
	return f.Stage.Said(ctx, id)
}

func (f *failing) Zone(ctx context.Context, id string) (*time.Location, error) {
	if f.zone != nil {
		return nil, f.zone
	}
	return f.Stage.Zone(ctx, id)
}

func (f *failing) Crash(ctx context.Context) error {
	if f.wait {
		<-ctx.Done()
		return ctx.Err()
	}
	return f.Stage.Crash(ctx)
}

func TestStageThatFails(t *testing.T) {
	t.Parallel()
	const src = "person Zoé\n> dis un\n< un\n! crash\n"
	tests := []struct {
		name  string
		spoil func(*failing)
		err   string // of Play
		want  string // the failure
	}{
		{"storage is gone", func(f *failing) { f.said = errors.New("database is closed") }, "", "a.chat:2: database is closed"},
		{"no zone", func(f *failing) { f.zone = errors.New("no such zone") }, "asking for the bot's time zone: no such zone", ""},
		{"it hangs", func(f *failing) { f.wait = true }, "", "a.chat:4: the transcript was stopped here: it took longer than 50ms"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			o := Options{Timeout: 50 * time.Millisecond, Factory: func(ctx context.Context, s Setup) (Stage, error) {
				made, err := newFake(ctx, s)
				f := &failing{Stage: made}
				tt.spoil(f)
				return f, err
			}}
			failures, _, err := Play(t.Context(), mustParse(t, "a.chat", src), o)
			got := ""
			if err != nil {
				got = err.Error()
			}
			if got != tt.err {
				t.Errorf("error %q, want %q", got, tt.err)
			}
			if len(failures) > 0 {
				first, _, _ := strings.Cut(failures[0].String(), "\n")
				if first != tt.want || !failures[0].Broken {
					t.Errorf("got %s, want %s", first, tt.want)
				}
			} else if tt.want != "" {
				t.Errorf("nothing failed, want %s", tt.want)
			}
		})
	}
	_, _, err := Play(t.Context(), mustParse(t, "a.chat", src), Options{Factory: func(context.Context, Setup) (Stage, error) {
		return nil, errors.New("flows/a.yaml is broken")
	}})
	if err == nil || err.Error() != "setting the stage: flows/a.yaml is broken" {
		t.Errorf("got %v", err)
	}
}

func TestColor(t *testing.T) {
	t.Parallel()
	failures, _, err := Play(t.Context(), mustParse(t, "a.chat", "> dis un\n< deux\n"), Options{Factory: newFake})
	if err != nil || len(failures) != 1 {
		t.Fatalf("%v %v", failures, err)
	}
	var b strings.Builder
	if err := failures[0].Render(&b, true); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"\x1b[31m-   2 | < deux\x1b[0m", "\x1b[32m+     | < un\x1b[0m", "\x1b[1ma.chat:2:\x1b[0m"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q lacks %q", b.String(), want)
		}
	}
}
