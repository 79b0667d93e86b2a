package emulator

import (
	"fmt"
	"net/http"
	"time"
)

// heartbeat is how often an idle stream says that it lives; a browser that left is
// noticed then.
const heartbeat = 15 * time.Second

// watch is told whenever something changes, until leave.
func (p *Platform) watch() (news chan struct{}, leave func()) {
	news = make(chan struct{}, 1)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.watchers[news] = true
	return news, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		delete(p.watchers, news)
	}
}

// stream tells the page that something changed, as server-sent events whose data is
// the version of what there is to see. Where the server cannot stream, each event
// ends the response, and the browser asks again.
func (p *Platform) stream(w http.ResponseWriter, r *http.Request) {
	news, leave := p.watch()
	defer leave()

	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no")
	left := r.Context().Done() // asked once: some servers reuse the request for the next one
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	flusher, streams := w.(http.Flusher)

	for first := true; ; first = false {
		version, closed := p.current()
		if closed {
			return
		}
		retry := ""
		if first {
			retry = "retry: 1000\n"
		}
		if _, err := fmt.Fprintf(w, "%sdata: %d\n\n", retry, version); err != nil {
			return
		}
		if !streams {
			return
		}
		flusher.Flush()
		select {
		case <-news:
		case <-beat.C:
		case <-left:
			return
		}
	}
}

// current returns the version of what there is to see, and whether Close was called.
func (p *Platform) current() (version int64, closed bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.version, p.closed
}
