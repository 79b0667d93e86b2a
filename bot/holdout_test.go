package bot

import (
	"fmt"
	"testing"
)

func TestHeldOut(t *testing.T) {
	t.Parallel()
	const people = 20_000
	out, both, other := 0, 0, 0
	for i := range people {
		contact := fmt.Sprintf("messenger:1001:%d", 9_000_000_000+i)
		here, there := HeldOut(contact, "monday/cron:0 9 * * MON", 0.1), HeldOut(contact, "back_in_stock/event:restock", 0.1)
		if here {
			out++
			if !HeldOut(contact, "monday/cron:0 9 * * MON", 0.2) {
				t.Errorf("%s is in a tenth and not in a fifth", contact)
			}
		}
		if there {
			other++
		}
		if here && there {
			both++
		}
		if HeldOut(contact, "monday", 0) || !HeldOut(contact, "monday", 1) {
			t.Fatal("a share of nothing holds somebody out, or one of everything does not")
		}
	}
	for name, n := range map[string]int{"one trigger": out, "another": other} {
		if n < people/10-300 || n > people/10+300 {
			t.Errorf("%s holds out %d of %d", name, n, people)
		}
	}
	if both > people/100+100 {
		t.Errorf("%d are held out of both: one trigger tells about the other", both)
	}
	if !HeldOut("messenger:1001:2", "t", 0.12) || HeldOut("messenger:1001:2", "t", 0.11) {
		t.Error("somebody's place has changed: the figures of every running comparison would be wrong")
	}
}
