package bot_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// receipted is a person's receipt: each topic, and each entry with what proves it.
func (w *world) receipted(person string) string {
	w.t.Helper()
	r, err := w.bot.Receipt(context.Background(), w.id(person))
	if err != nil {
		w.t.Fatal(err)
	}
	var out strings.Builder
	fmt.Fprintf(&out, "%s of %s, in %s\n", r.Contact, r.Page, r.Timezone)
	for _, topic := range r.Topics {
		fmt.Fprintf(&out, "%s (%s) %s\n", topic.Title, topic.Topic, topic.Status)
		for _, e := range topic.Entries {
			fmt.Fprintf(&out, "%d %s %s %s\n", e.Seq, e.Local, e.Says, e.Proof)
			fmt.Fprintf(&out, "  %q %q %v %s %s %s#%s program=%v input=%v\n",
				e.Personal.Wording, e.Personal.Button, e.Personal.About, e.Cadence, e.Locale, e.Flow, e.Step, e.Program == w.program.Hash, e.Personal.Input != "")
		}
	}
	return out.String()
}

func TestReceipt(t *testing.T) {
	t.Parallel()
	w := twoLives(t)
	want := `messenger:1:zoe of messenger:1, in Europe/Paris
Ta pointure est de retour (restock) stopped
1 Fri 2026-03-27 18:00:00 CET They were shown a request to agree, in the conversation. sealed
  "Ta pointure est de retour" "" map[model:Gazelle size:42] daily fr restock#2 program=true input=true
2 Fri 2026-03-27 18:00:00 CET They said yes, with the platform's own button. sealed
  "Ta pointure est de retour" "" map[model:Gazelle size:42] daily fr restock#2 program=true input=true
3 Fri 2026-03-27 18:00:00 CET They stopped it, by writing it. sealed
  "" "stop" map[]  fr # program=true input=true
`
	if diff := cmp.Diff(want, w.receipted("zoe")); diff != "" {
		t.Errorf("receipt (-want +got):\n%s", diff)
	}
	w.tampers(`UPDATE ledger SET action = 'granted' WHERE seq = 3`)
	if got := w.receipted("zoe"); !strings.Contains(got, "3 Fri 2026-03-27 18:00:00 CET They said yes, by writing it. altered") {
		t.Errorf("a receipt of what was tampered with says\n%s", got)
	}
}
