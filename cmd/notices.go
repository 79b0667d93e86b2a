package cmd

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync"
)

// notices is a log for the author at a terminal: it keeps each thing that went
// wrong while the bot was played, once, as a sentence. Its zero value is ready.
type notices struct {
	mu    sync.Mutex
	heard []string
}

// Enabled implements slog.Handler: errors alone concern the author.
func (*notices) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelError }

// Handle implements slog.Handler.
func (n *notices) Handle(_ context.Context, r slog.Record) error {
	var where []string
	why := ""
	r.Attrs(func(at slog.Attr) bool {
		switch at.Key {
		case "problem", "error":
			why = ": " + at.Value.String()
		default:
			where = append(where, at.Key+" "+at.Value.String())
		}
		return true
	})
	line := r.Message
	if len(where) > 0 {
		line += " (" + strings.Join(where, ", ") + ")"
	}
	line += why
	n.add(line)
	return nil
}

// add keeps a sentence.
func (n *notices) add(line string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if !slices.Contains(n.heard, line) {
		n.heard = append(n.heard, line)
	}
}

// WithAttrs implements slog.Handler. The runtime's loggers carry none.
func (n *notices) WithAttrs([]slog.Attr) slog.Handler { return n }

// WithGroup implements slog.Handler.
func (n *notices) WithGroup(string) slog.Handler { return n }

// lines returns what was heard since it was asked last.
func (n *notices) lines() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	out := n.heard
	n.heard = nil
	return out
}
