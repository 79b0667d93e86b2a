package emulator

import (
	"cmp"
	"context"
	"net/http"
	"strconv"
	"time"
)

// maxWait is how long GET /phone/chat may wait for something to come.
const maxWait = time.Minute

// phoneChat answers GET /phone/chat: what came to stand in a chat after a number. With
// wait it answers as soon as the Page has said something, and otherwise when that time
// is over.
func (p *Platform) phoneChat(w http.ResponseWriter, r *http.Request) {
	ask := r.URL.Query()
	after, badAfter := number(ask.Get("after"))
	wait, badWait := time.ParseDuration(cmp.Or(ask.Get("wait"), "0s"))
	if badAfter != nil || badWait != nil || wait < 0 || wait > maxWait {
		fail(w, http.StatusBadRequest, "query", "after is a number and wait a duration like 5s, up to a minute")
		return
	}
	ctx, done := context.WithTimeout(r.Context(), wait)
	defer done()
	list, seq, err := p.awaitPage(ctx, ask.Get("person"), int(after))
	if err != nil {
		fail(w, http.StatusNotFound, "person", err.Error())
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	reply(w, http.StatusOK, map[string]any{"seq": seq, "shown": list})
}

// awaitPage returns what came after a number in a chat, as soon as something of it is
// the Page's or ctx has ended, and the number of the last.
func (p *Platform) awaitPage(ctx context.Context, psid string, after int) (list []Shown, seq int, err error) {
	news, leave := p.watch()
	defer leave()
	for {
		list, seq, err = p.since(psid, after)
		if err != nil {
			return nil, 0, err
		}
		for _, s := range list {
			if s.From == FromPage {
				return list, seq, nil
			}
		}
		select {
		case <-news:
			if _, closed := p.current(); closed {
				return list, seq, nil
			}
		case <-ctx.Done():
			return list, seq, nil
		}
	}
}

// since lists what came after a number in a chat, and the number of the last.
func (p *Platform) since(psid string, after int) (list []Shown, seq int, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	q, err := p.person(psid)
	if err != nil {
		return nil, 0, err
	}
	list = []Shown{}
	for _, s := range q.thread {
		if s.Seq > after {
			list = append(list, s.clone())
		}
	}
	return list, q.seq, nil
}

// newest is the number of the last thing in somebody's chat, 0 if there is none.
func (p *Platform) newest(psid string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if q := p.people[psid]; q != nil {
		return q.seq
	}
	return 0
}

// phoneCalls answers GET /phone/calls: the Graph calls after a number, oldest first.
func (p *Platform) phoneCalls(w http.ResponseWriter, r *http.Request) {
	after, err := number(r.URL.Query().Get("after"))
	if err != nil {
		fail(w, http.StatusBadRequest, "query", "after is a number")
		return
	}
	list := []Call{}
	for _, c := range p.Log() {
		if c.Number > after {
			list = append(list, c)
		}
	}
	w.Header().Set("Cache-Control", "no-store")
	reply(w, http.StatusOK, map[string]any{"calls": list})
}

// number reads one of the numbers after which somebody wants to know, 0 if it is left out.
func number(text string) (int64, error) {
	if text == "" {
		return 0, nil
	}
	return strconv.ParseInt(text, 10, 64)
}
