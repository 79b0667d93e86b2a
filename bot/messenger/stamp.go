package messenger

import (
	"strconv"
	"strings"
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

// UnmarshalJSON takes what is no time for none: an event is never lost over it.
func (s *stamp) UnmarshalJSON(b []byte) error {
	n, err := strconv.ParseInt(strings.Trim(string(b), `"`), 10, 64)
	if err != nil {
		n = 0
	}
	*s = stamp(n)
	return nil
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
	for _, candidate := range append([]stamp{s}, others...) {
		if t, ok := candidate.time(); ok {
			return t
		}
	}
	return now
}

// bytes is the stamp as it takes part in a key.
func (s stamp) bytes() []byte { return strconv.AppendInt(nil, int64(s), 10) }
