package messenger

import (
	"encoding/json"
	"errors"
	"strconv"
	"time"

	"github.com/valyala/fasthttp"
)

// Usage is told in percent of what an app or a Page may call. The platform says
// how long to wait only once it refuses; these are our pauses before.
const (
	usageNear = 90
	usageFull = 100
	restNear  = 30 * time.Second
	restFull  = 5 * time.Minute
)

// usage is one meter of X-App-Usage or X-Business-Use-Case-Usage.
type usage struct {
	Calls   float64 `json:"call_count"`
	Time    float64 `json:"total_time"`
	CPUTime float64 `json:"total_cputime"`
	Minutes float64 `json:"estimated_time_to_regain_access"`
}

// restOf reads from the headers of an answer how long to keep still: 0 unless a
// limit is near or reached.
func restOf(header *fasthttp.ResponseHeader) time.Duration {
	var rest time.Duration
	if v := header.Peek("Retry-After"); len(v) > 0 {
		if seconds, err := strconv.Atoi(string(v)); err == nil && seconds > 0 {
			rest = boundedRest(float64(seconds), time.Second)
		}
	}
	if v := header.Peek("X-App-Usage"); len(v) > 0 {
		rest = max(rest, appRest(v))
	}
	if v := header.Peek("X-Business-Use-Case-Usage"); len(v) > 0 {
		rest = max(rest, businessRest(v))
	}
	return rest
}

func appRest(meter []byte) time.Duration {
	var app usage
	if unread(json.Unmarshal(meter, &app)) {
		return 0
	}
	return app.rest()
}

func businessRest(meters []byte) (rest time.Duration) {
	var business map[string][]usage
	if unread(json.Unmarshal(meters, &business)) {
		return 0
	}
	for _, of := range business {
		for _, m := range of {
			rest = max(rest, m.rest())
		}
	}
	return rest
}

// unread says whether nothing could be read. A value of another type leaves out that
// value, and what stands beside it counts.
func unread(err error) bool {
	var odd *json.UnmarshalTypeError
	return err != nil && !errors.As(err, &odd)
}

func (u usage) rest() time.Duration {
	switch percent := max(u.Calls, u.Time, u.CPUTime); {
	case u.Minutes > 0:
		return boundedRest(u.Minutes, time.Minute)
	case percent >= usageFull:
		return restFull
	case percent >= usageNear:
		return restNear
	}
	return 0
}

// boundedRest is n units, a day at most.
func boundedRest(n float64, unit time.Duration) time.Duration {
	if n >= float64(maxRetryAfter/unit) {
		return maxRetryAfter
	}
	return time.Duration(n * float64(unit))
}
