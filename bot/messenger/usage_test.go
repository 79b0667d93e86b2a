package messenger

import (
	"context"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/relance-bot/relance/bot"
)

func TestTheLimitsInAnAnswersHeadersAreHeeded(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, header, value string
		want                time.Duration
	}{
		{"nothing said", "X-Other", "1", restLimit},
		{"far from the app's limit", "X-App-Usage", `{"call_count":28,"total_time":25,"total_cputime":25}`, restLimit},
		{"near it", "X-App-Usage", `{"call_count":28,"total_time":92,"total_cputime":25}`, restNear},
		{"at it", "X-App-Usage", `{"call_count":100,"total_time":25,"total_cputime":25}`, restFull},
		{"the Page must wait", "X-Business-Use-Case-Usage", `{"10":[{"type":"messenger","call_count":100,"total_cputime":1,"total_time":1,"estimated_time_to_regain_access":19}]}`, 19 * time.Minute},
		{"the longest of several", "X-Business-Use-Case-Usage", `{"10":[{"call_count":95},{"estimated_time_to_regain_access":2}],"11":[{"call_count":1}]}`, 2 * time.Minute},
		{"for years", "X-Business-Use-Case-Usage", `{"10":[{"estimated_time_to_regain_access":1e12}]}`, 24 * time.Hour},
		{"a meter of another type", "X-App-Usage", `{"call_count":"28","total_time":[],"total_cputime":100}`, restFull},
		{"something else among the meters", "X-Business-Use-Case-Usage", `{"9":{"call_count":1},"10":[{"type":7,"call_count":100,"estimated_time_to_regain_access":19}],"11":null}`, 19 * time.Minute},
		{"less than nothing", "X-Business-Use-Case-Usage", `{"10":[{"call_count":-100,"estimated_time_to_regain_access":-19}]}`, restLimit},
		{"more than a number holds", "X-App-Usage", `{"call_count":1e999}`, restLimit},
		{"nonsense", "X-App-Usage", `oops`, restLimit},
		{"of another shape", "X-Business-Use-Case-Usage", `[1]`, restLimit},
		{"plain HTTP", "Retry-After", "7", 7 * time.Second},
		{"plain HTTP, less than nothing", "Retry-After", "-7", restLimit},
		{"plain HTTP, for ever", "Retry-After", "999999999999", 24 * time.Hour},
		{"plain HTTP, more than a number holds", "Retry-After", "99999999999999999999", restLimit},
		{"plain HTTP, a date", "Retry-After", "Wed, 21 Oct 2015 07:28:00 GMT", restLimit},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			fake := newFakeGraph(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set(tt.header, tt.value)
				w.WriteHeader(http.StatusBadRequest)
				io.WriteString(w, `{"error":{"code":80006}}`)
			})
			got := fake.channel(t, Config{}).Send(context.Background(), reply42)
			if want := (bot.Outcome{Status: bot.Refused, Class: bot.ClassBackoff, Code: "80006", RetryAfter: tt.want}); got != want {
				t.Errorf("got %+v, want %+v", got, want)
			}
		})
	}
}

// TestALimitThatIsToldByItsStatusAloneIsWaitedForToo: no row of the table knows it.
func TestALimitThatIsToldByItsStatusAloneIsWaitedForToo(t *testing.T) {
	t.Parallel()
	for body, code := range map[string]string{`{"error":{"code":7777}}`: "7777", `<html>`: "http_429"} {
		got := newFakeGraph(t, says(http.StatusTooManyRequests, body)).channel(t, Config{}).Send(context.Background(), reply42)
		if want := (bot.Outcome{Status: bot.Refused, Class: bot.ClassBackoff, Code: code, RetryAfter: restLimit}); got != want {
			t.Errorf("%s: got %+v, want %+v", body, got, want)
		}
	}
}

func TestAnAnswerThatTakesAMessageTellsHowNearTheLimitIs(t *testing.T) {
	t.Parallel()
	for usage, want := range map[string]time.Duration{`{"call_count":40}`: 0, `{"call_count":91}`: restNear, `{"total_time":100}`: restFull} {
		fake := newFakeGraph(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-App-Usage", usage)
			io.WriteString(w, `{"recipient_id":"20","message_id":"m_1"}`)
		})
		got := fake.channel(t, Config{}).Send(context.Background(), reply42)
		if want := (bot.Outcome{Status: bot.Accepted, MID: "m_1", RetryAfter: want}); got != want {
			t.Errorf("%s: got %+v, want %+v", usage, got, want)
		}
	}
}
