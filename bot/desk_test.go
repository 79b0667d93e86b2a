package bot

import (
	"slices"
	"testing"
)

// TestAPageThatHangsKeepsNoOtherWaiting: whatever one page has taken, another has its own
// places, for replies and for notifications.
func TestAPageThatHangsKeepsNoOtherWaiting(t *testing.T) {
	t.Parallel()
	const size, share = 3, 2
	d := newDesk(size)
	d.divide("messenger:1", share)
	d.divide("messenger:2", share)
	d.admit()
	taken := func(page string, bulk bool) (n int) {
		for d.take(page, bulk) {
			n++
		}
		return n
	}
	if n := taken("messenger:1", false); n != size {
		t.Errorf("the first page takes %d places for replies, want %d", n, size)
	}
	if n := taken("messenger:1", true); n != share {
		t.Errorf("and %d for notifications, want %d", n, share)
	}
	if full := d.full(); !slices.Equal(full, []string{"messenger:1"}) || d.free() != size {
		t.Errorf("full are %v, and %d places are free, want the first page alone and %d", full, d.free(), size)
	}
	if n, m := taken("messenger:2", false), taken("messenger:2", true); n != size || m != share {
		t.Errorf("the second page takes %d and %d places, want %d and %d", n, m, size, share)
	}
	if reply, _ := d.give([]place{{"messenger:1", false}}); !reply {
		t.Error("whoever leaves a page that was full does not say so")
	}
	if full := d.full(); !slices.Equal(full, []string{"messenger:2"}) {
		t.Errorf("full are %v, want the second page alone", full)
	}
}
