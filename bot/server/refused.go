package server

import (
	"bytes"
	"net/http"
	"sync"
	"time"

	"github.com/valyala/fasthttp"
)

// refusedEvery is how often the log tells of refused requests of one kind.
const refusedEvery = time.Minute

// refused tells of requests that were refused, or failed: of the first of a kind at once,
// then at most once a minute of how many there were. Whoever floods an address does not
// fill the log. Of the request itself nothing is told. Its zero value is ready.
type refused struct {
	mu    sync.Mutex
	kinds map[string]*refusals // by code: a few, all ours
}

type refusals struct {
	told  time.Time
	since int // refused since then
}

// count counts one, and says of how many the log is to tell now; 0: of none.
func (r *refused) count(code string, now time.Time) (tell int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.kinds == nil {
		r.kinds = map[string]*refusals{}
	}
	k := r.kinds[code]
	if k == nil {
		k = &refusals{told: now.Add(-refusedEvery)}
		r.kinds[code] = k
	}
	k.since++
	if now.Sub(k.told) < refusedEvery {
		return 0
	}
	tell, k.since, k.told = k.since, 0, now
	return tell
}

// refusedHook logs that a webhook request was refused, or could not be stored: while the
// store is away the platform brings as many as ever. It reports whether it was one; what
// went wrong in us is told each time, by others.
func (s *Server) refusedHook(c *fasthttp.RequestCtx, p *problem) bool {
	if !bytes.HasPrefix(c.Path(), []byte("/webhooks/")) || p.status == http.StatusInternalServerError {
		return false
	}
	n := s.refused.count(p.code, s.now())
	if n == 0 {
		return true
	}
	about := []any{"why", p.message, "code", p.code, "status", p.status, "count", n, "request", requestID(c)}
	if p.code == codeSignature {
		about = append(about, "hint", "if they are the platform's, its app has another APP_SECRET by now: set that one, and start the bot anew")
	}
	if p.status == http.StatusServiceUnavailable {
		s.log.Error("webhooks could not be stored", append(about, "error", p.cause)...)
	} else {
		s.log.Warn("webhook requests were refused", about...)
	}
	return true
}
