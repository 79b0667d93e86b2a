package bot_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/storage"
)

// row is a subscription of zoe as another tool had it, a month before the story begins.
func (w *world) row(change ...func(*bot.ImportRow)) bot.ImportRow {
	r := bot.ImportRow{
		Contact: "zoe", Topic: "restock", Cadence: "daily", Interests: []map[string]any{{"model": "Gazelle", "size": "42"}},
		ConsentedAt: w.clock.Now().Add(-30 * day), Wording: "Préviens-moi quand la Gazelle revient en 42", Button: "Oui",
		Source: "formulaire du site", Locale: "fr_FR", Timezone: "Europe/Paris", FirstName: "Zoé",
		Permit: &bot.ImportPermit{Token: "token-zoe-restock", ExpiresAt: w.clock.Now().Add(200 * day), Frequency: "daily"},
	}
	for _, f := range change {
		f(&r)
	}
	return r
}

// imports takes rows over and says what became of each.
func (w *world) imports(rows ...bot.ImportRow) (out []string) {
	w.t.Helper()
	results, err := w.bot.ImportRows(context.Background(), rows, false)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, r := range results {
		out = append(out, strings.TrimSpace(r.Result+" "+r.Reason))
	}
	return out
}

func (w *world) imported(want string, rows ...bot.ImportRow) {
	w.t.Helper()
	if got := strings.Join(w.imports(rows...), ", "); got != want {
		w.t.Errorf("imported: %s, want %s", got, want)
	}
}

// everything is all that is stored of zoe and in the ledger.
func (w *world) everything() (out []any) {
	w.read(func(r storage.Reader) error {
		contact, err1 := r.Contact(w.id("zoe"))
		consents, err2 := r.Consents(w.id("zoe"))
		permits, err3 := r.Permits(w.id("zoe"))
		entries, err4 := r.Entries(w.id("zoe"))
		timers, err5 := r.Timers(w.id("zoe"))
		out = []any{contact, consents, permits, entries, timers}
		return errors.Join(err1, err2, err3, err4, err5)
	})
	return out
}

func TestAnImportedSubscriptionIsToldOf(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship)
	w.imported("added", w.row())
	w.stands("zoe", "restock", bot.StatusActive)
	w.settle()
	w.sells(back("1"))
	w.expect("zoe", "La Gazelle en 42 est de retour !  [Stop]")
	w.decided("zoe", "sent lane=recurring")
	entries := w.export("zoe").Ledger
	if len(entries) != 1 {
		t.Fatalf("ledger: %+v, want one entry", entries)
	}
	e := entries[0]
	got := []string{string(e.Action), e.Source, e.Wording, e.Button, e.Input, e.Locale, e.At.Format(time.DateOnly)}
	want := []string{"granted", "import", "Préviens-moi quand la Gazelle revient en 42", "Oui", "import: formulaire du site", "fr_FR", "2026-02-25"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the entry (-want +got):\n%s", diff)
	}
	chains, err := w.bot.VerifyLedger(context.Background(), nil)
	if err != nil || len(chains) != 1 || len(chains[0].Findings) > 0 {
		t.Errorf("the ledger does not verify: %v %v", chains, err)
	}
}

func TestARowThatComesAgainChangesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship)
	other := w.row(func(r *bot.ImportRow) { r.Interests = []map[string]any{{"model": "Samba", "size": 41}} })
	w.imported("added, changed, unchanged", w.row(), other, other)
	w.settle()
	before := w.everything()
	w.crash()
	w.imported("unchanged, unchanged", w.row(), other)
	w.settle()
	if diff := cmp.Diff(before, w.everything()); diff != "" {
		t.Errorf("(-before +after):\n%s", diff)
	}
}

func TestADryRunStoresNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship)
	results, err := w.bot.ImportRows(context.Background(), []bot.ImportRow{w.row(), w.row(func(r *bot.ImportRow) { r.Topic = "" })}, true)
	if err != nil || len(results) != 2 || results[0].Result != bot.ImportAdded || results[1].Reason != "topic is missing" {
		t.Errorf("%v %v", results, err)
	}
	w.gone("zoe")
}

// What a person decided since is theirs, however often an older row comes.
func TestAnImportTakesNothingBack(t *testing.T) {
	t.Parallel()
	once := with(flagship, "bot.yaml", strings.Replace(flagship["bot.yaml"],
		"    interest: {model: text, size: number}", "    interest: {model: text, size: number}\n    once: true", 1))
	for name, tc := range map[string]struct {
		live func(w *world)
		want string // of the row that comes again
		then string // the status afterwards
	}{
		"a stop":              {func(w *world) { w.does(w.writes("zoe", "stop")) }, "stopped", bot.StatusStopped},
		"the platform's stop": {func(w *world) { w.does(w.switches(bot.EventStop, "zoe", "restock")) }, "stopped", bot.StatusStopped},
		"an interest that has ended": {func(w *world) {
			w.settle()
			w.sells(back("1"))
			w.passes(2 * day)
		}, "unchanged", bot.StatusActive},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, once)
			row := w.row()
			w.imported("added", row)
			tc.live(w)
			w.imported(tc.want, row)
			w.stands("zoe", "restock", tc.then)
			w.settle()
			w.ignore("zoe")
			w.sells(back("2"))
			w.expect("zoe")
		})
	}
}

func TestANewerYesCountsAfterAStop(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship)
	w.imported("added", w.row())
	w.does(w.writes("zoe", "stop"))
	w.passes(2 * day)
	w.imported("added", w.row(func(r *bot.ImportRow) { r.ConsentedAt = w.clock.Now().Add(-time.Hour) }))
	w.stands("zoe", "restock", bot.StatusActive)
	w.does(w.switches(bot.EventStop, "zoe", "restock"))
	w.passes(2 * day)
	w.imported("stopped", w.row(func(r *bot.ImportRow) { r.ConsentedAt = w.clock.Now().Add(-time.Hour) }))
}

// A person may stop what only another tool has written about so far.
func TestAYesFromBeforeAStopOfEverythingIsNotImported(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship)
	w.does(w.writes("zoe", "stop"))
	w.settle()
	w.ignore("zoe")
	w.crash()
	w.imported("stopped", w.row())
	w.stands("zoe", "restock", bot.StatusNone)
	w.sells(back("1"))
	w.expect("zoe")
	w.passes(2 * day)
	w.imported("added", w.row(func(r *bot.ImportRow) { r.ConsentedAt = w.clock.Now().Add(-time.Hour) }))
	w.stands("zoe", "restock", bot.StatusActive)
}

func TestAPermitThatIsUsedUpDoesNotComeBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship)
	w.imported("added", w.row())
	w.write(func(tx storage.Tx) error { return tx.DeletePermit(w.id("zoe"), "recurring", "restock") })
	w.imported("unchanged", w.row())
	w.read(func(r storage.Reader) error {
		if permits, err := r.Permits(w.id("zoe")); err != nil || len(permits) > 0 {
			t.Errorf("%v %v, want no permit", permits, err)
		}
		return nil
	})
}

func TestRowsThatAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship)
	for name, tc := range map[string]struct {
		change func(*bot.ImportRow)
		want   string
	}{
		"no contact":            {func(r *bot.ImportRow) { r.Contact = "" }, "contact is missing"},
		"another Page":          {func(r *bot.ImportRow) { r.Contact = "messenger:2:zoe" }, "contact is on no Page of this bot"},
		"a Page unknown":        {func(r *bot.ImportRow) { r.Page = "2" }, "page must name one of the bot's Pages"},
		"a field":               {func(r *bot.ImportRow) { r.Contact = "card=7" }, "contact must be a contact id or the platform's id of the person"},
		"a shortened id":        {func(r *bot.ImportRow) { r.Contact = "7.01235E+15" }, "contact was shortened to 7.0E+15 or the like: let the spreadsheet keep the column as text"},
		"a shortened id, there": {func(r *bot.ImportRow) { r.Contact = w.id("7,01234567890123E+15") }, "contact was shortened to 7.0E+15 or the like: let the spreadsheet keep the column as text"},
		"a shortened token":     {func(r *bot.ImportRow) { r.Permit.Token = "7E+15" }, "permit: token was shortened to 7.0E+15 or the like: let the spreadsheet keep the column as text"},
		"no topic":              {func(r *bot.ImportRow) { r.Topic = "" }, "topic is missing"},
		"a topic unknown":       {func(r *bot.ImportRow) { r.Topic = "restok" }, `bot.yaml has no topic "restok"`},
		"no cadence":            {func(r *bot.ImportRow) { r.Cadence = "" }, "cadence is missing: daily, weekly, monthly"},
		"a cadence unknown":     {func(r *bot.ImportRow) { r.Cadence = "hourly" }, "cadence must be one that the topic offers: daily, weekly, monthly"},
		"no consent time":       {func(r *bot.ImportRow) { r.ConsentedAt = time.Time{} }, "consented_at is missing: when they agreed"},
		"a time to come":        {func(r *bot.ImportRow) { r.ConsentedAt = w.clock.Now().Add(time.Hour) }, "consented_at lies in the future"},
		"no wording":            {func(r *bot.ImportRow) { r.Wording = " " }, "wording is missing: what they read when they agreed"},
		"a long wording":        {func(r *bot.ImportRow) { r.Wording = strings.Repeat("é", 2001) }, "wording must have at most 2000 characters"},
		"no source":             {func(r *bot.ImportRow) { r.Source = "" }, "source is missing: where they agreed"},
		"no interest":           {func(r *bot.ImportRow) { r.Interests = nil }, "interests are missing: the topic is about model, size"},
		"a wrong interest":      {func(r *bot.ImportRow) { r.Interests = []map[string]any{{"size": "big"}} }, "size must be a number"},
		"an unknown interest":   {func(r *bot.ImportRow) { r.Interests = []map[string]any{{"colour": "red"}} }, `topic restock has no interest "colour"`},
		"a zone unknown":        {func(r *bot.ImportRow) { r.Timezone = "Paris" }, "timezone must be the name of a zone, as Europe/Paris"},
		"no permit":             {func(r *bot.ImportRow) { r.Permit = nil }, "permit is missing: no lane of this Page carries the topic without one"},
		"no token":              {func(r *bot.ImportRow) { r.Permit.Token = "" }, "permit: token is missing"},
		"no expiry":             {func(r *bot.ImportRow) { r.Permit.ExpiresAt = time.Time{} }, "permit: expires_at is missing"},
		"an expired permit":     {func(r *bot.ImportRow) { r.Permit.ExpiresAt = w.clock.Now() }, "permit: it has expired"},
		"a lane unknown":        {func(r *bot.ImportRow) { r.Permit.Lane = "marketing" }, `permit: this Page has no lane "marketing"`},
		"a frequency unknown":   {func(r *bot.ImportRow) { r.Permit.Frequency = "often" }, "permit: frequency must be daily, weekly or monthly"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := w.imports(w.row(tc.change)); got[0] != "refused "+tc.want {
				t.Errorf("got %s\nwant refused %s", got[0], tc.want)
			}
		})
	}
	w.gone("zoe")
}

// Wherever the process is killed, the import that is begun again ends where it would have.
func TestAnImportGoesOnWhereverTheProcessDies(t *testing.T) {
	t.Parallel()
	story := func(w *mortalWorld) (int, []any) {
		rows := []bot.ImportRow{w.row(), w.row(func(r *bot.ImportRow) { r.Topic, r.Interests, r.Cadence = "nouveautes", nil, "weekly" })}
		for range 2 {
			w.alive(func() error {
				_, err := w.bot.ImportRows(context.Background(), rows, false)
				return err
			})
			w.rest()
		}
		_, writes := w.life.killed()
		left := w.everything()
		for i, e := range left[3].([]storage.Entry) { // the salt is random, and with it what is made with it
			left[3].([]storage.Entry)[i] = storage.Entry{ID: e.ID, Topic: e.Topic, Action: e.Action, At: e.At}
		}
		return writes, left
	}
	writes, want := story(newMortal(t, flagship, 0, false, false))
	for n := 1; n <= writes; n++ {
		for _, after := range []bool{false, true} {
			_, got := story(newMortal(t, flagship, n, after, false))
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("killed at write %d (after it: %t) (-want +got):\n%s", n, after, diff)
			}
		}
	}
	if writes < 3 {
		t.Errorf("%d writes: nothing was killed", writes)
	}
}
