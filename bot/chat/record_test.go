package chat

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// What was recorded passes when it is played.
func TestRecorder(t *testing.T) {
	t.Parallel()
	paris := location(t, "Europe/Paris")
	made, err := newFake(t.Context(), Setup{})
	if err != nil {
		t.Fatal(err)
	}
	stage := made.(*fake)
	var b strings.Builder
	r := NewRecorder(&b, stage.Now(), paris)
	attrs := map[string]string{"timezone": "Europe/Paris", "last_name": "De la Tour"}
	id, err := stage.Person(t.Context(), "Zoé", attrs)
	if err != nil {
		t.Fatal(err)
	}
	r.Person("Zoé", attrs)
	read := 0
	listen := func() {
		said := stage.people[0].said
		for _, m := range said[read:] {
			r.Said(m)
		}
		if len(said) == read {
			r.Nothing()
		}
		read = len(said)
	}
	for _, act := range []Act{
		{Kind: Write, Text: "stock"}, {Kind: Tap, Text: "42"}, {Kind: Accept}, {Kind: Write, Text: "cartes"},
		{Kind: Write, Text: "(bonjour)"}, {Kind: Write, Text: "dis nothing|  [un]\ndeux"}, {Kind: Location, Lat: 48.5, Lon: -2},
		{Kind: Write, Text: "rappel"},
	} {
		if err := stage.Act(t.Context(), id, act); err != nil {
			t.Fatal(err)
		}
		r.Act(act)
		listen()
	}
	later := stage.Now().Add(24*time.Hour + 5*time.Second)
	if err := stage.AdvanceTo(t.Context(), later); err != nil {
		t.Fatal(err)
	}
	r.Clock(later)
	listen()
	data := map[string]string{"model": "Stan Smith", "size": "42"}
	if err := stage.Event(t.Context(), "restock", data, ""); err != nil {
		t.Fatal(err)
	}
	r.Event("restock", data, "")
	listen()
	if r.Err() != nil {
		t.Fatal(r.Err())
	}
	golden(t, "testdata/recorded.chat", b.String())
	if failures, _ := playFake(t, "recorded.chat", b.String(), false); failures != "" {
		t.Error(failures)
	}
}

// full is a disk without room for more.
type full struct{ room int }

var errFull = errors.New("no space left")

func (f *full) Write(p []byte) (int, error) {
	if f.room -= len(p); f.room < 0 {
		return 0, errFull
	}
	return len(p), nil
}

func TestRecorderKeepsItsFirstError(t *testing.T) {
	t.Parallel()
	r := NewRecorder(&full{room: 40}, time.Unix(0, 0), time.UTC)
	r.Act(Act{Kind: Write, Text: "stock"})
	r.Nothing()
	if diff := cmp.Diff(errFull.Error(), r.Err().Error()); diff != "" {
		t.Error(diff)
	}
}
