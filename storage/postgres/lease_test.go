package postgres

import (
	"testing"
	"time"
)

// TestAMeasurementThatTookLongProvesLittle compares the clocks as the server's is read
// somewhere in the middle of what may have been a long sleep of the process.
func TestAMeasurementThatTookLongProvesLittle(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 3, 27, 18, 0, 0, 0, time.UTC)
	for _, test := range []struct {
		name              string
		was, server, trip time.Duration // what is known; the server's time and the end, from the beginning
		want              time.Duration
	}{
		{"nothing new", 0, time.Millisecond, 2 * time.Millisecond, 0},
		{"noise", 0, 15 * time.Millisecond, 2 * time.Millisecond, 0},
		{"stopped before the server's answer was read", 0, time.Millisecond, 12 * time.Second, 0},
		{"stopped before the server was asked", 0, 12 * time.Second, 12 * time.Second, 0},
		{"known, and stopped", -time.Minute, -time.Minute, 12 * time.Second, -time.Minute},
		{"a minute ahead", 0, time.Minute, time.Millisecond, time.Minute - time.Millisecond},
		{"a minute behind", 0, -time.Minute, time.Millisecond, -time.Minute},
		{"set back", time.Minute, 0, time.Millisecond, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := &Store{config: Config{Now: func() time.Time { return start.Add(test.trip) }}}
			l := &lease{s: s}
			l.offset.Store(int64(test.was))
			l.measure(start, start.Add(test.server).UnixMicro())
			if got := time.Duration(l.offset.Load()); got != test.want {
				t.Errorf("the server is %s ahead, want %s", got, test.want)
			}
		})
	}
}
