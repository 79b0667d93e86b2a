package bench

import (
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// book is where the load process writes down what it sent and saw in one job. What
// it keeps of a message is a few bytes, so that a million of them fit.
type book struct {
	job   job
	began time.Time

	first, lastAck, lastReply atomic.Int64 // nanoseconds since began; first of the first webhook
	accepted, refused         atomic.Int64
	acks                      durations

	lines   []line // by sender
	replies durations

	people               []atomic.Uint32 // notifications by person
	reached, twice       atomic.Int64
	notified, lastNotify atomic.Int64 // instants of the first and the last

	requests, messages, unasked atomic.Int64
	sample                      atomic.Pointer[string]
}

// line are the webhooks of one sender that are not answered yet, oldest first. A
// person is answered in order, so the next reply is the oldest one's.
type line struct {
	mu   sync.Mutex
	sent []int64
}

// durations are kept one by one: a percentile of a few hundred thousand numbers is
// cheap, and exact.
type durations struct {
	mu  sync.Mutex
	all []int64
}

func (d *durations) add(n int64) {
	d.mu.Lock()
	d.all = append(d.all, n)
	d.mu.Unlock()
}

func (d *durations) sorted() []int64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Sorted(slices.Values(d.all))
}

func newBook(j job) *book {
	b := &book{job: j, began: time.Now(), lines: make([]line, j.Senders), people: make([]atomic.Uint32, j.People)}
	b.acks.all = make([]int64, 0, min(j.Messages, 1<<20))
	b.replies.all = make([]int64, 0, min(j.Messages, 1<<20))
	return b
}

func (b *book) now() int64 { return int64(time.Since(b.began)) }

// sends notes a webhook right before it goes out.
func (b *book) sends(sender int, at int64) {
	b.first.CompareAndSwap(0, max(1, at))
	if !b.job.Replies {
		return
	}
	l := &b.lines[sender]
	l.mu.Lock()
	l.sent = append(l.sent, at)
	l.mu.Unlock()
}

// acknowledged notes the answer to a webhook. One that was refused gets no reply.
func (b *book) acknowledged(sender int, sent int64, ok bool) {
	now := b.now()
	if !ok {
		b.refused.Add(1)
		if b.job.Replies {
			l := &b.lines[sender]
			l.mu.Lock()
			if i := slices.Index(l.sent, sent); i >= 0 {
				l.sent = slices.Delete(l.sent, i, i+1)
			}
			l.mu.Unlock()
		}
		return
	}
	b.accepted.Add(1)
	b.acks.add(now - sent)
	later(&b.lastAck, now)
}

// message notes a message that the fake endpoint was asked to send.
func (b *book) message(person, token []byte, at int64) {
	b.messages.Add(1)
	if len(token) > 0 {
		b.notification(token, at)
		return
	}
	n, err := strconv.Atoi(string(person))
	n -= firstPerson + b.job.Offset
	if err != nil || n < 0 || n >= len(b.lines) {
		b.unasked.Add(1)
		return
	}
	l := &b.lines[n]
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.sent) == 0 {
		b.unasked.Add(1)
		return
	}
	b.replies.add(at - l.sent[0])
	if l.sent = l.sent[1:]; len(l.sent) == 0 {
		l.sent = nil
	}
	later(&b.lastReply, at)
}

func (b *book) notification(token []byte, at int64) {
	n, err := strconv.Atoi(string(token))
	n -= firstToken
	if err != nil || n < 0 || n >= len(b.people) {
		b.unasked.Add(1)
		return
	}
	switch b.people[n].Add(1) {
	case 1:
		b.reached.Add(1)
	case 2:
		b.twice.Add(1)
	}
	b.notified.CompareAndSwap(0, max(1, at))
	later(&b.lastNotify, at)
}

// complete says whether everything that was asked for has come.
func (b *book) complete() bool {
	if b.job.Replies && int64(b.replies.len()) < b.accepted.Load() {
		return false
	}
	return b.reached.Load() >= int64(b.job.People)
}

func (d *durations) len() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.all)
}

// report sums up.
func (b *book) report() report {
	acks, replies := b.acks.sorted(), b.replies.sorted()
	r := report{
		Accepted: int(b.accepted.Load()), Refused: int(b.refused.Load()),
		AckSpan: span(&b.first, &b.lastAck), AckP50: percentile(acks, .50), AckP99: percentile(acks, .99),
		Replies: len(replies), ReplySpan: span(&b.first, &b.lastReply), ReplyP50: percentile(replies, .50), ReplyP99: percentile(replies, .99),
		People: int(b.reached.Load()), Twice: int(b.twice.Load()), NotifySpan: span(&b.notified, &b.lastNotify),
		Requests: int(b.requests.Load()), Unasked: int(b.unasked.Load()),
	}
	if s := b.sample.Load(); s != nil {
		r.Sample = *s
	}
	return r
}

func span(from, to *atomic.Int64) float64 {
	return float64(max(0, to.Load()-from.Load())) / 1e9
}

// later moves an instant on.
func later(at *atomic.Int64, now int64) {
	for {
		old := at.Load()
		if now <= old || at.CompareAndSwap(old, now) {
			return
		}
	}
}
