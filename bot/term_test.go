package bot

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestWhoBeginsInTheSameSecondHasTheSameTerm(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const lasts = 20 * time.Second
		var terms Terms
		first := terms.Begin(lasts)
		time.Sleep(termStep - time.Millisecond)
		if again := terms.Begin(lasts); again != first {
			t.Error("within the second it is another")
		}
		if end, ok := first.Deadline(); !ok || time.Until(end) < lasts {
			t.Errorf("the last to get it has %s", time.Until(end))
		}
		time.Sleep(2 * time.Millisecond)
		second := terms.Begin(lasts)
		if second == first {
			t.Error("after the second it is the same")
		}
		time.Sleep(lasts)
		if first.Err() == nil || second.Err() != nil {
			t.Errorf("the first ended with %v, the second with %v", first.Err(), second.Err())
		}
		time.Sleep(termStep + time.Millisecond)
		select {
		case <-second.Done():
		default:
			t.Error("the second goes on")
		}
	})
}

// TestATermThatIsOverIsGivenToNobody, though the process stood still and did not notice.
func TestATermThatIsOverIsGivenToNobody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var terms Terms
		spent := terms.Begin(time.Minute)
		time.Sleep(time.Hour)
		terms.newest.Store(spent) // as if its second had not been seen to end
		if terms.Begin(time.Minute).Err() != nil {
			t.Error("whoever begins now has no time")
		}
	})
}
