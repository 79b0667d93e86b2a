package cmd

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/relance-bot/relance/storage"
	"github.com/relance-bot/relance/storage/sqlite"
)

// recordings are bodies that Meta's platform has posted to somebody, one event each.
const recordings = "../bot/messenger/testdata/webhook/*.json"

// traces are where the events of the recordings are found after they were posted.
type traces struct {
	Turn      int // handled as an input of their sender
	Receipt   int // settled; one about nobody we know leaves nothing: it may be of somebody who was forgotten
	Stray     int // kept as what the bot knowingly does not act on
	Ignored   int // counted, and not kept: comments, which are public and many, that start nothing
	Duplicate int // known already: some recordings carry the same mid
}

// TestEveryRecordedBodyIsTakenAndNoneIsLost posts all recordings, signed, to a bot
// that runs, and finds each of them again in what it stored.
func TestEveryRecordedBodyIsTakenAndNoneIsLost(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, page string
		apart      bool // each with a mid of its own
		want       traces
	}{
		{"to the Page most of them were recorded at", "12345654332", false, traces{Turn: 8, Receipt: 3, Stray: 9, Ignored: 2, Duplicate: 3}},
		{"to the Page most of them were recorded at, each with a mid of its own", "12345654332", true, traces{Turn: 10, Receipt: 3, Stray: 10, Ignored: 2}},
		{"to a Page that none of them was recorded at", wirePage, false, traces{Stray: 20, Ignored: 2, Duplicate: 3}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			graph := newFakeGraph(t)
			env := graph.account()
			env["MESSENGER_PAGE_ID"] = test.page
			b := startBot(t, copyBot(t, exampleRestock), env)
			r := newRecorder(t, b)

			files, err := filepath.Glob(recordings)
			if err != nil || len(files) == 0 {
				t.Fatalf("%d recordings, %v", len(files), err)
			}
			var sum traces
			for _, file := range files {
				trace := r.post(file, test.apart)
				t.Logf("%-40s %s", strings.TrimSuffix(filepath.Base(file), ".json"), trace)
				switch trace {
				case "turn":
					sum.Turn++
				case "receipt":
					sum.Receipt++
				case "stray":
					sum.Stray++
				case "ignored":
					sum.Ignored++
				case "duplicate":
					sum.Duplicate++
				}
			}
			t.Logf("%d bodies: %+v", len(files), sum)
			if diff := cmp.Diff(test.want, sum); diff != "" {
				t.Errorf("they are found in other places:\n%s", diff)
			}
			if found := sum.Turn + sum.Receipt + sum.Stray + sum.Ignored + sum.Duplicate; found != len(files) {
				t.Errorf("%d of %d bodies are lost", len(files)-found, len(files))
			}
			for _, file := range files { // the platform posts again what it is not sure about
				if trace := r.post(file, test.apart); trace != "duplicate" && trace != "ignored" {
					t.Errorf("%s posted again is a %s", filepath.Base(file), trace)
				}
			}
		})
	}
}

var isReceipt = regexp.MustCompile(`^messaging-(read|delivery|.*-echo)`)

var ownMID = regexp.MustCompile(`"mid"\s*:\s*"[^"]*"`)

// recorder posts bodies and looks at what they change.
type recorder struct {
	t     *testing.T
	bot   *runningBot
	store *sqlite.Store
	last  state
}

// state is what an event may change.
type state struct {
	strays, failed                     int
	turns, stored, duplicates, ignored int
}

func newRecorder(t *testing.T, b *runningBot) *recorder {
	t.Helper()
	store, err := sqlite.Open(t.Context(), filepath.Join(b.dir, "relance.db"), sqlite.Config{Existing: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() }) //nolint:errcheck // only read
	r := &recorder{t: t, bot: b, store: store}
	r.last = r.now()
	return r
}

// post posts one recording and says where its event is found; "" if it is lost.
func (r *recorder) post(file string, apart bool) string {
	r.t.Helper()
	body, err := os.ReadFile(file)
	if err != nil {
		r.t.Fatal(err)
	}
	if apart {
		body = ownMID.ReplaceAll(body, []byte(`"mid" : "mid.`+filepath.Base(file)+`"`))
	}
	if status := webhook(r.t, r.bot.base, wireSecret, string(body)); status != http.StatusOK {
		r.t.Errorf("%s is answered with %d", filepath.Base(file), status)
	}
	before, after := r.last, r.now()
	r.last = after
	if after.failed > before.failed {
		r.t.Errorf("%s could not be handled", filepath.Base(file))
	}
	switch {
	case after.strays == before.strays+1:
		return "stray"
	case after.ignored == before.ignored+1:
		return "ignored"
	case after.duplicates == before.duplicates+1:
		return "duplicate"
	case after.stored == before.stored+1 && isReceipt.MatchString(filepath.Base(file)):
		return "receipt"
	case after.stored == before.stored+1:
		within(r.t, 20*time.Second, "the turn of "+filepath.Base(file)+" is counted", func() bool {
			r.last.turns = r.turns()
			return r.last.turns == before.turns+1
		})
		return "turn"
	}
	return ""
}

func (r *recorder) turns() int { return figure(r.t, r.bot.base, `relance_turns_total{kind="event"}`) }

// now waits until every inbox is empty, and counts.
func (r *recorder) now() state {
	r.t.Helper()
	within(r.t, 20*time.Second, "every input is handled", func() bool {
		empty := false
		r.read(func(from storage.Reader) error {
			left, err := from.Pending(time.Now().Add(time.Hour), 1)
			empty = len(left) == 0
			return err
		})
		return empty
	})
	s := state{
		turns:      r.turns(),
		duplicates: figure(r.t, r.bot.base, `relance_webhooks_total{result="duplicate"}`),
		ignored:    figure(r.t, r.bot.base, `relance_webhooks_total{result="ignored"}`),
		stored:     figure(r.t, r.bot.base, `relance_webhooks_total{result="stored"}`),
	}
	r.read(func(from storage.Reader) error {
		strays, err := from.Strays(0, 1000)
		s.strays, s.failed = len(strays), 0
		for _, stray := range strays {
			if strings.HasPrefix(stray.Reason, "failed") {
				s.failed++
			}
		}
		return err
	})
	return s
}

func (r *recorder) read(f func(storage.Reader) error) {
	r.t.Helper()
	if err := r.store.Read(context.Background(), f); err != nil {
		r.t.Fatal(err)
	}
}
