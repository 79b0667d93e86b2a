package bench

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"time"
)

// The Page of every benchmark.
const (
	pageID      = "104052009337321"
	accessToken = "EAAB-bench-page-token"
	appSecret   = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
	verifyToken = "bench-verify-token"
	apiKey      = "bench-api-key"
)

// personID and token name the n-th person, as long as the platform's own ids.
func personID(n int) string { return fmt.Sprintf("%d", firstPerson+n) }
func token(n int) string    { return fmt.Sprintf("%d", firstToken+n) }

const (
	firstPerson = 7_000_000_000_000_000
	firstToken  = 4_000_000_000_000_000_000
)

// job is one work of the load process: webhooks that it posts, or notifications it
// waits for, or both.
type job struct {
	Addresses []string `json:"addresses,omitempty"` // HOST:PORTs that webhooks go to in turn; none are posted without
	Messages  int      `json:"messages,omitempty"`
	Rate      float64  `json:"rate,omitempty"` // webhooks a second, whatever becomes of them; 0: each connection's next when it has its answer
	Senders   int      `json:"senders,omitempty"`
	Offset    int      `json:"offset,omitempty"` // number of the first sender
	Replies   bool     `json:"replies,omitempty"`
	Silent    bool     `json:"silent,omitempty"` // what people send is answered with nothing

	People  int           `json:"people,omitempty"` // who get a notification each
	Latency time.Duration `json:"latency,omitempty"`
}

const connections = 64

// report is what became of a job. Times are milliseconds, spans seconds.
type report struct {
	Accepted int `json:"accepted"`
	Refused  int `json:"refused"` // answered with anything but 200, or not at all

	AckSpan   float64 `json:"ack_span"` // from the first webhook to the last answer
	AckP50    float64 `json:"ack_p50"`
	AckP99    float64 `json:"ack_p99"`
	Replies   int     `json:"replies"`
	ReplySpan float64 `json:"reply_span"` // from the first webhook to the last reply
	ReplyP50  float64 `json:"reply_p50"`  // from the webhook to its Send API call
	ReplyP99  float64 `json:"reply_p99"`

	People     int     `json:"people"` // who got a notification
	Twice      int     `json:"twice"`  // who got more than one
	NotifySpan float64 `json:"notify_span"`
	Requests   int     `json:"requests"` // to the fake endpoint; a batch is one
	Unasked    int     `json:"unasked"`  // messages nobody waited for
	Sample     string  `json:"sample"`   // the first message as it came
}

// order is one line that the load process is told; it answers each with a line, and
// "wait" and "stop" with a report.
type order struct {
	Do  string `json:"do"` // start, wait, stop
	Job job    `json:"job"`
}

// percentile of durations in nanoseconds, as milliseconds; 0 of none.
func percentile(sorted []int64, p float64) float64 {
	if len(sorted) == 0 {
		return 0
	}
	i := int(math.Ceil(p*float64(len(sorted)))) - 1
	return float64(sorted[max(0, i)]) / 1e6
}

func median(values []float64) float64 {
	if len(values) == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(values))
	if n := len(sorted); n%2 == 0 {
		return (sorted[n/2-1] + sorted[n/2]) / 2
	}
	return sorted[len(sorted)/2]
}

// writeLine writes one line of JSON.
func writeLine(w io.Writer, v any) error {
	raw, err := json.Marshal(v)
	if err != nil {
		return err
	}
	_, err = w.Write(append(raw, '\n'))
	return err
}
