package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/flows"
)

// shelf is what the shop has. A real one is a database.
type shelf struct {
	mu   sync.Mutex
	left map[float64]int   // pairs by size
	kept map[string]ticket // by the id of the call
}

func newShelf(left map[float64]int) *shelf {
	return &shelf{left: left, kept: map[string]ticket{}}
}

// wanted is what a flow gives: with: {size: …}.
type wanted struct {
	Size float64 `json:"size"`
}

// stock is what a flow gets: save: found, and then found.left.
type stock struct {
	Left   int      `json:"left"`
	Others []string `json:"others"` // the sizes there are instead
}

func (s *shelf) find(_ context.Context, _ *bot.Conversation, want wanted) (stock, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found := stock{Left: s.left[want.Size]}
	for _, size := range slices.Sorted(maps.Keys(s.left)) {
		if size != want.Size && s.left[size] > 0 {
			found.Others = append(found.Others, fmt.Sprint(size))
		}
	}
	return found, nil
}

// ticket is what somebody shows at the counter.
type ticket struct {
	Number string `json:"number"`
}

var errSold = errors.New("the last pair is gone")

// keep puts a pair aside. A call may be made again, after an error or the end of the
// process: its id is the same then, and the pair is not put aside twice.
func (s *shelf) keep(_ context.Context, c *bot.Conversation, want wanted) (ticket, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t, again := s.kept[c.ID()]; again {
		return t, nil
	}
	if s.left[want.Size] == 0 {
		return ticket{}, bot.Final(flows.CallRefused, errSold)
	}
	s.left[want.Size]--
	t := ticket{Number: fmt.Sprintf("M-%03d", len(s.kept)+1)}
	s.kept[c.ID()] = t
	return t, nil
}
