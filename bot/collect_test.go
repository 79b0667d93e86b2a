package bot_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/relance-bot/relance/storage"
)

// programs are the hashes of those that are kept.
func (w *world) programs() (out []string) {
	w.t.Helper()
	w.read(func(r storage.Reader) error {
		kept, err := r.Programs()
		for _, p := range kept {
			out = append(out, p.Hash)
		}
		return err
	})
	return out
}

// collects looks for programs that nobody needs, and says which are left.
func (w *world) collects() []string {
	w.t.Helper()
	if err := w.bot.Collect(context.Background()); err != nil {
		w.t.Fatal(err)
	}
	return w.programs()
}

func TestAProgramIsKeptAsLongAsSomebodyStandsInIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t, talk)
	old := w.program.Hash
	for i := range 600 { // more than one look takes in
		w.does(w.writes("p"+string(rune('a'+i%26))+time.Duration(i).String(), "?"))
	}
	w.does(w.writes("zoe", "parlons"))
	w.deploys(shorter)
	w.passes(30 * day)
	if got := w.collects(); !slices.Contains(got, old) {
		t.Fatalf("%q is all that is kept, and zoe stands in %q", got, old)
	}
	w.does(w.writes("zoe", "Zoé"), w.writes("zoe", "Lyon"))
	w.expect("zoe", "Ton nom ?", "Enchanté, Zoé.", "Ta ville ?", "Ah, Lyon !")
	if got := w.collects(); !slices.Equal(got, []string{w.program.Hash}) {
		t.Errorf("%q are kept, only %q is needed", got, w.program.Hash)
	}
	w.crash()
	w.deploys(talk) // it is put again
	w.does(w.writes("zoe", "parlons"))
	w.expect("zoe", "Ton nom ?")
}

func TestAProgramThatAProcessRunsIsKept(t *testing.T) {
	t.Parallel()
	w, _ := newShared(t, talk)
	other, _ := w.fellow(0, shorter) // the newest, in the middle of a rolling deploy
	if got := w.collects(); len(got) != 2 {
		t.Errorf("%d programs are kept, two are run", len(got))
	}
	if got := other.collects(); len(got) != 2 {
		t.Errorf("%d programs are kept, two are run", len(got))
	}
	other.jump(2 * day) // in which the first was not heard of
	if got := other.collects(); !slices.Equal(got, []string{other.program.Hash}) {
		t.Errorf("%q are kept, only %q is needed", got, other.program.Hash)
	}
}

// What stands in two programs needs both.
func TestEachProgramOfASessionIsKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t, talk)
	w.does(w.writes("zoe", "parlons"))
	first := w.program.Hash
	waits := with(talk, "flows/pause.yaml", "triggers:\n  - postback: PAUSE\n  - keywords: [pause]\nsteps:\n  - wait: 20d\n  - say: Fini.\n",
		"flows/talk.yaml", "triggers:\n  - keywords: [parlons]\nsteps:\n  - ask: Ton âge ?\n    type: number\n    save: age\n  - say: \"{{ age }} !\"\n")
	w.does(w.writes("zoe", "Zoé"))
	w.down()
	w.files = waits
	w.open()
	second := w.program.Hash
	w.does(w.writes("max", "pause"), w.writes("max", "parlons"))
	w.deploys(shorter)
	w.passes(3 * day)
	got := w.collects()
	for _, hash := range []string{first, second, w.program.Hash} {
		if !slices.Contains(got, hash) {
			t.Errorf("%q are kept, %q is needed as well", got, hash)
		}
	}
	w.does(w.writes("max", "40"))
	w.expect("max", "Ton âge ?", "40 !")
	if got := w.collects(); !slices.Contains(got, second) {
		t.Errorf("%q are kept, and max waits in %q", got, second)
	}
}

// A bot that runs looks by itself, and says that its own program is run.
func TestABotThatRunsCollectsPrograms(t *testing.T) {
	t.Parallel()
	a := newAlive(t, talk)
	old := a.program.Hash
	a.stops()
	a.program, _ = load(t, shorter)
	a.runs()
	a.shifted.Advance(3 * day)
	a.comes(a.writes("zoe", "?"))
	deadline := time.Now().Add(20 * time.Second)
	for slices.Contains(a.programs(), old) {
		if time.Now().After(deadline) {
			t.Fatalf("%q are still kept", a.programs())
		}
		time.Sleep(5 * time.Millisecond)
	}
	if got, want := a.programs(), a.bot.Program().Hash; !slices.Equal(got, []string{want}) {
		t.Errorf("%q are kept, want %q", got, want)
	}
}
