package lives

import (
	"flag"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// sums counts what happened in all lives.
type sums struct{ lives, inputs, acts, crashes, deploys, forgotten, told, decisions, entries atomic.Int64 }

func (s *sums) String() string {
	return fmt.Sprintf("%d lives of %d people: %d steps, %d acts of people, %d crashes, %d deploys, %d forgotten, %d notifications shown, %d decisions, %d ledger entries",
		s.lives.Load(), crowd, s.inputs.Load(), s.acts.Load(), s.crashes.Load(), s.deploys.Load(), s.forgotten.Load(), s.told.Load(), s.decisions.Load(), s.entries.Load())
}

// TestMain sets how many lives rapid tries. Without RELANCE_LIVES they are the same few
// each time.
func TestMain(m *testing.M) {
	flag.Parse()
	set := map[string]string{"rapid.checks": "60", "rapid.seed": "1", "rapid.nofailfile": "true"}
	if testing.Short() {
		set["rapid.checks"] = "10"
	}
	if want, err := strconv.Atoi(os.Getenv("RELANCE_LIVES")); err == nil {
		workers = 2
		set["rapid.checks"] = strconv.Itoa((want + workers - 1) / workers)
		delete(set, "rapid.seed")
	}
	for name, value := range set {
		if err := flag.Set(name, value); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}

// workers is how many lives are lived at once.
var workers = 1

// TestLives lives lives that nobody wrote, and wants no promise broken in any.
func TestLives(t *testing.T) {
	t.Parallel()
	w, err := newWorld(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range w.shops {
		for n := range s.editions {
			if edition := w.compiler.edition(s, n); edition.program == nil {
				t.Fatalf("%s, edition %d: %v", s.name, n+1, edition.found)
			}
		}
	}
	began := time.Now()
	t.Cleanup(func() { t.Logf("%s, in %s", &w.sums, time.Since(began).Round(time.Second)) })
	for i := range workers {
		t.Run(strconv.Itoa(i), func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, w.live)
		})
	}
}

// live is one life, and the verdict about it.
func (w *world) live(t *rapid.T) {
	l, end := w.play(t, rapid.Custom(w.draw).Draw(t, "life"))
	defer end()
	r, err := l.gather()
	if err != nil {
		t.Fatalf("what is stored cannot be read: %v", err)
	}
	w.sums.lives.Add(1)
	w.sums.count(l, r)
	born, names := map[string]string{}, map[string]string{}
	for _, p := range l.people {
		born[p.psid], names[p.psid] = p.born, p.name
	}
	l.lifetimes(r, names, born)
	found := check(l.shop, l.tape, r, born)
	if len(found) == 0 {
		return
	}
	t.Fatalf("%s\n%s", l.transcript(found, names, r), found[0])
}

// count adds what happened in a life.
func (s *sums) count(l *life, r *records) {
	for _, list := range r.decisions {
		s.decisions.Add(int64(len(list)))
		for _, d := range list {
			if d.Kind == "sent" {
				s.told.Add(1)
			}
		}
	}
	s.entries.Add(int64(len(r.chain)))
}

// transcript is what happened to those to whom a promise was broken.
func (l *life) transcript(found []violation, names map[string]string, r *records) string {
	only := map[string]bool{}
	var b strings.Builder
	for i, v := range found {
		if psid, _, _ := strings.Cut(v.who, "/"); i == 0 && psid != "" {
			only[psid] = true
			for n := range l.endings[psid] {
				only[psid+"/"+strconv.Itoa(n+2)] = true
			}
		}
		if i < 8 {
			fmt.Fprintf(&b, "line %d, %s: %s\n", v.line, names[v.who], v)
		}
	}
	h := &checker{shop: l.shop, tape: l.tape, records: &records{lifetimes: r.lifetimes}, people: map[string]*history{}}
	h.read()
	where := func(who string, i int) *time.Location { return h.zonesAt(h.history(who), i)[0] }
	return fmt.Sprintf("%s, %d violations:\n%s\n%s", l.shop.name, len(found), b.String(), l.tape.about(names, where, only))
}
