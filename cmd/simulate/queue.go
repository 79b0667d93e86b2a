package simulate

import (
	"container/heap"
	"time"
)

// deed is something somebody does at a time.
type deed struct {
	at    time.Time
	order int64 // of those at the same time the first planned is the first done
	do    func() error
}

// queue is what is going to be done, the soonest first.
type queue struct {
	deeds heapOf
	order int64
}

func (q *queue) add(at time.Time, do func() error) {
	q.order++
	heap.Push(&q.deeds, deed{at.UTC().Truncate(grain), q.order, do})
}

// grain is what times of deeds are cut to, so that those of many people fall together.
const grain = 20 * time.Second

// next is when the soonest is due; ok is false if there is none.
func (q *queue) next() (at time.Time, ok bool) {
	if len(q.deeds) == 0 {
		return time.Time{}, false
	}
	return q.deeds[0].at, true
}

// take is the soonest, if it is due.
func (q *queue) take(now time.Time) (deed, bool) {
	if at, ok := q.next(); !ok || at.After(now) {
		return deed{}, false
	}
	return heap.Pop(&q.deeds).(deed), true
}

type heapOf []deed

func (h heapOf) Len() int      { return len(h) }
func (h heapOf) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *heapOf) Push(x any)   { *h = append(*h, x.(deed)) }
func (h heapOf) Less(i, j int) bool {
	if !h[i].at.Equal(h[j].at) {
		return h[i].at.Before(h[j].at)
	}
	return h[i].order < h[j].order
}

func (h *heapOf) Pop() any {
	old := *h
	last := old[len(old)-1]
	old[len(old)-1] = deed{} // what it holds may go
	*h = old[:len(old)-1]
	return last
}
