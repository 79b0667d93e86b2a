package server

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestReadiness(t *testing.T) {
	t.Parallel()
	fine := func(context.Context) error { return nil }
	bad := func(context.Context) error { return errors.New("secret-dsn: disk full") }
	burst := func(context.Context) error { panic("secret-dsn") }
	for name, tc := range map[string]struct {
		database func(context.Context) error
		status   int
		body     string
	}{
		"green":    {fine, 200, `{"status":"ready","checks":{"database":"ok","program":"ok","schedule loop":"ok"}}`},
		"red":      {bad, 503, `{"status":"not ready","checks":{"database":"failing","program":"ok","schedule loop":"ok"}}`},
		"panicked": {burst, 503, `{"status":"not ready","checks":{"database":"failing","program":"ok","schedule loop":"ok"}}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := build(t, Config{Checks: []Check{{"database", tc.database}, {"program", fine}, {"schedule loop", fine}}})
			got := test(t, s, newRequest("GET", "/readyz", ""))
			if got.status != tc.status {
				t.Errorf("status %d", got.status)
			}
			if diff := cmp.Diff(tc.body+"\n", got.body); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestReadinessTurnsGreenAgain(t *testing.T) {
	t.Parallel()
	var broken atomic.Bool
	s := build(t, Config{Checks: []Check{{"database", func(context.Context) error {
		if broken.Load() {
			return errors.New("locked")
		}
		return nil
	}}}})
	for _, step := range []struct {
		broken bool
		status int
	}{{false, 200}, {true, 503}, {false, 200}} {
		broken.Store(step.broken)
		if got := test(t, s, newRequest("GET", "/readyz", "")); got.status != step.status {
			t.Errorf("broken %v: %d", step.broken, got.status)
		}
		if got := test(t, s, newRequest("GET", "/healthz", "")); got.status != 200 {
			t.Errorf("alive: %d", got.status)
		}
	}
}

func TestACheckThatHangsIsNotWaitedForAndAskedOnce(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	release := make(chan struct{})
	defer close(release)
	s := build(t, Config{})
	k := Check{"database", func(context.Context) error {
		asked.Add(1)
		<-release
		return nil
	}}
	const callers = 5
	errs := make(chan error, callers)
	for range callers {
		go func() {
			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			defer cancel()
			errs <- s.probe(ctx, k)
		}()
	}
	for range callers {
		if err := <-errs; !errors.Is(err, errProbeSlow) {
			t.Error(err)
		}
	}
	if n := asked.Load(); n != 1 {
		t.Errorf("asked %d times", n)
	}
}

func TestMovingTheClock(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		body   string
		err    error
		status int
		moved  string
		says   string
	}{
		"by hours":      {`{"advance":"24h"}`, nil, 200, "24h", `{"now":"2026-03-27T18:00:00Z"}`},
		"to the next":   {`{"advance":"next"}`, nil, 200, "next", `"now"`},
		"no JSON":       {`advance=1h`, nil, 400, "", "bad_json"},
		"a number":      {`{"advance":24}`, nil, 422, "", "bad_advance"},
		"nothing":       {`{}`, nil, 422, "", "bad_advance"},
		"unreadable":    {`{"advance":"soon"}`, errors.Join(ErrAdvance), 422, "soon", "the clock cannot be moved so"},
		"it went wrong": {`{"advance":"1h"}`, errors.New("secret"), 503, "1h", "unavailable"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			moved := ""
			s := listen(t, Config{Emulator: true, Advance: func(_ context.Context, spec string) error {
				moved = spec
				return tc.err
			}})
			res, err := client(t).Post(s.url+"/dev/clock", "application/json", strings.NewReader(tc.body))
			got := read(t, res, err)
			if got.status != tc.status || moved != tc.moved || !strings.Contains(got.body, tc.says) || strings.Contains(got.body, "secret") {
				t.Errorf("%d %s, moved by %q", got.status, got.body, moved)
			}
		})
	}
}
