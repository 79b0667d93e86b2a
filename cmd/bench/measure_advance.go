package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"runtime"
	"strconv"
	"time"

	"github.com/relance-bot/relance/flows"
)

var advancePart = part{
	name: "advance",
	title: func(Config) string {
		return "one turn of Advance, session JSON in and out: answer, check, branch, reply"
	},
	measures: []measure{
		{key: "us", label: "microseconds of CPU", goal: atMostStretch(20, 12)},
		{key: "allocs", label: "allocations", goal: atMostStretch(80, 50)},
	},
	ours:  func(ctx context.Context, b *bench) (figures, error) { return b.advance(ctx, "advance") },
	floor: func(ctx context.Context, b *bench) (figures, error) { return b.advance(ctx, "floor-advance") },
	once:  true,
}

func (b *bench) advance(ctx context.Context, name string) (figures, error) {
	p, err := b.launcher.child(serverCPU, nil, role(name, filepath.Join(b.dir, "bot"))...)
	if err != nil {
		return nil, err
	}
	f := figures{}
	if err := p.answer(ctx, &f, readyPatience); err != nil {
		return nil, err
	}
	<-p.ended
	return f, nil
}

const (
	turnWarmUp  = 2_000
	turnSeconds = 1
)

// timeTurns runs turns for a second and prints what one costs.
func timeTurns(out io.Writer, turn func() error) error {
	var before, after runtime.MemStats
	n := 0
	for i := range turnWarmUp {
		if err := turn(); err != nil {
			return fmt.Errorf("turn %d: %w", i, err)
		}
	}
	runtime.ReadMemStats(&before)
	began := time.Now()
	used, _ := ownCPU()
	for time.Since(began) < turnSeconds*time.Second {
		for range 100 {
			if err := turn(); err != nil {
				return err
			}
			n++
		}
	}
	took := time.Since(began)
	if now, known := ownCPU(); known {
		took = now - used // with the collector's; strangers' turns on the CPU are not ours
	}
	runtime.ReadMemStats(&after)
	return writeLine(out, figures{"us": float64(took.Microseconds()) / float64(n), "allocs": float64(after.Mallocs-before.Mallocs) / float64(n)})
}

// advanceTurns times turns of the flow topic_19: a size is answered, checked, saved,
// branched on and replied to.
func advanceTurns(program *flows.Program, data *flows.Data, out io.Writer) error {
	at := time.Date(2026, 3, 27, 17, 0, 0, 0, time.UTC)
	w := flows.World{
		Now: at, WindowUntil: at.Add(24 * time.Hour), Data: data,
		Contact: flows.Contact{ID: contactID(1), FirstName: "Zoe", Locale: "en_GB", Timezone: "Europe/Paris", Fields: map[string]any{}},
	}
	asked, err := json.Marshal(program.Advance(flows.Session{}, flows.Input{Kind: flows.InMessage, ID: "m_1", At: at, Text: "topic 19"}, w).Session)
	if err != nil {
		return err
	}
	return timeTurns(out, func() error {
		s, err := flows.ParseSession(asked)
		if err != nil {
			return err
		}
		turn := program.Advance(s, flows.Input{Kind: flows.InMessage, ID: "m_2", At: at, Text: "42"}, w)
		if len(turn.Effects) < 2 || turn.Session.Waiting() {
			return errors.New("the turn did not save and reply")
		}
		_, err = turn.Session.MarshalJSON()
		return err
	})
}

// floorSession is what a turn written by hand keeps.
type floorSession struct {
	Flow  string         `json:"flow"`
	Step  int            `json:"step"`
	Names map[string]any `json:"names"`
}

// floorTurns times the same turn written by hand, with encoding/json.
func floorTurns(out io.Writer) error {
	asked := []byte(`{"flow":"topic_19","step":1,"names":{"first_name":"Zoe"}}`)
	return timeTurns(out, func() error {
		var s floorSession
		if err := json.Unmarshal(asked, &s); err != nil {
			return err
		}
		size, err := strconv.ParseFloat("42", 64)
		if err != nil || size < 35 || size > 48 {
			return errors.New("a wrong answer")
		}
		s.Names["size"], s.Step = size, s.Step+1
		reply := fmt.Sprintf("We have it in %v.", size)
		if size > 44 || size < 36 {
			reply = fmt.Sprintf("We would have to order it, %s.", s.Names["first_name"])
		}
		if reply == "" {
			return errors.New("no reply")
		}
		_, err = json.Marshal(s)
		return err
	})
}
