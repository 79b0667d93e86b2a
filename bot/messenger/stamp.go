package messenger

import (
	"strconv"
	"time"
)

// stamp is a point in time as the platform writes it: a number or a string, of
// milliseconds or, in some events, of seconds. Zero is none.
type stamp int64

const (
	firstSecond      = 100_000_000         // in 1973; what is below is a counter or a placeholder
	firstMillisecond = 1_000_000_000_000   // below this a number counts seconds
	lastMillisecond  = 253_402_300_799_999 // the year 9999, the last that JSON can carry
)

// stamp reads a time. What is none is taken for none: an event is never lost over
// it.
func (v value) stamp() stamp {
	if len(v) > 1 && v[0] == '"' {
		v = v[1 : len(v)-1]
	}
	n, err := strconv.ParseInt(string(v), 10, 64)
	if err != nil {
		return 0
	}
	return stamp(n)
}

// time is false if the stamp names no instant we can believe.
func (s stamp) time() (time.Time, bool) {
	ms := int64(s)
	if ms < firstSecond {
		return time.Time{}, false
	}
	if ms < firstMillisecond {
		ms *= 1000
	}
	if ms > lastMillisecond {
		return time.Time{}, false
	}
	return time.UnixMilli(ms).UTC(), true
}

// or is the stamp's time, else the next one's that has any, else now.
func (s stamp) or(now time.Time, others ...stamp) time.Time {
	if t, ok := s.time(); ok {
		return t
	}
	for _, other := range others {
		if t, ok := other.time(); ok {
			return t
		}
	}
	return now
}
