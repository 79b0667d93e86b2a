package server

import (
	"slices"
	"sync"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
)

// counter is a counter whose labels have a bounded number of values.
type counter struct {
	vec *prometheus.CounterVec
	*series[prometheus.Counter]
}

func newCounter(name, help string, names ...string) counter {
	vec := prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, names)
	return counter{vec, newSeries(len(names), vec.WithLabelValues)}
}

func (c counter) add(values ...string) { c.of(values...).Inc() }

// timer is a histogram of seconds, by one label with a bounded number of values.
type timer struct {
	vec *prometheus.HistogramVec
	*series[prometheus.Observer]
}

// timerBuckets are seconds: a turn is a few milliseconds unless a handler is asked.
var timerBuckets = []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}

func newTimer(name, help, label string) timer {
	vec := prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: name, Help: help, Buckets: timerBuckets}, []string{label})
	return timer{vec, newSeries(1, vec.WithLabelValues)}
}

// series are the figures of one name, each under the values of its labels: one or two.
// Those that were asked for are held, since the library finds them by the hash of all
// values and their names each time.
type series[T any] struct {
	with func(values ...string) T

	last atomic.Pointer[figure[T]] // the one asked for last: mostly it is the next as well

	mu     sync.Mutex
	values []labels // of each label
	held   map[[2]string]*figure[T]
}

// figure is one of a series, and the values of its labels.
type figure[T any] struct {
	key [2]string
	of  T
}

func newSeries[T any](names int, with func(values ...string) T) *series[T] {
	return &series[T]{with: with, values: make([]labels, names), held: map[[2]string]*figure[T]{}}
}

// of is the figure of some values.
func (s *series[T]) of(values ...string) T {
	var key [2]string
	copy(key[:], values)
	if last := s.last.Load(); last != nil && last.key == key {
		return last.of
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if held, ok := s.held[key]; ok {
		s.last.Store(held)
		return held.of
	}
	bounded := slices.Clone(values)
	for i := range bounded {
		bounded[i] = s.values[i].bound(values[i])
	}
	one := &figure[T]{key, s.with(bounded...)}
	if slices.Equal(bounded, values) {
		s.held[key] = one
	}
	return one.of
}

// labels are the values one label has had. The first hundred are kept; a label
// that goes on growing would fill the memory of whoever keeps the figures.
type labels map[string]struct{}

func (l *labels) bound(value string) string {
	if _, ok := (*l)[value]; ok {
		return value
	}
	if len(*l) >= maxLabels {
		return "other"
	}
	if *l == nil {
		*l = labels{}
	}
	(*l)[value] = struct{}{}
	return value
}
