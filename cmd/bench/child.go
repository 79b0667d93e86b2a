package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/pprof"
	"strings"
	"time"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/flows"
)

// Host is what the processes of a benchmark need of the command line they belong
// to.
type Host struct {
	// Run runs a bot as the verb run does, on a free port of loopback. With hold its
	// turns are held back, so that it only receives.
	Run func(ctx context.Context, dir, database string, hold bool) error
	// Look gives f a bot on a database that does not run.
	Look func(ctx context.Context, dir, database string, f func(ctx context.Context, b *bot.Bot) error) error
	// Load loads a bot's folder.
	Load func(dir string) (*flows.Program, *flows.Data, error)
}

// errRole says that a process was started by somebody else than a benchmark.
var errRole = errors.New("this verb is for relance bench itself")

// Child is one process of a benchmark.
func Child(ctx context.Context, h Host, args []string, in io.Reader, out io.Writer) error {
	if len(args) == 0 {
		return errRole
	}
	name, args := args[0], args[1:]
	if floorName, ok := strings.CutPrefix(name, "floor-"); ok && floorName != "advance" {
		return floor(ctx, floorName, args, in, out)
	}
	switch {
	case name == "load" && len(args) == 0:
		return load(ctx, in, out)
	case name == "accept" && len(args) == 2:
		return h.Run(ctx, args[0], args[1], true)
	case name == "profile" && len(args) == 3:
		return profiled(args[2], func() error { return h.Run(ctx, args[0], args[1], false) })
	case name == "tick" && len(args) == 2:
		return h.Look(ctx, args[0], args[1], func(ctx context.Context, b *bot.Bot) error { return ticks(ctx, b, out) })
	case name == "advance" && len(args) == 1:
		program, data, err := h.Load(args[0])
		if err != nil {
			return err
		}
		return advanceTurns(program, data, out)
	case name == "floor-advance":
		return floorTurns(out)
	}
	return errRole
}

// How many ticks the time of one is taken from, if that is done within a time.
const (
	emptyTicks    = 2000
	emptyTickTime = 5 * time.Second
)

// ticks asks a bot again and again what is due, which is nothing.
func ticks(ctx context.Context, b *bot.Bot, out io.Writer) error {
	var took []float64
	for end := time.Now().Add(emptyTickTime); len(took) < emptyTicks && time.Now().Before(end); {
		began := time.Now()
		next, _, err := b.NextDue(ctx)
		if err != nil {
			return err
		}
		took = append(took, float64(time.Since(began).Nanoseconds())/1000)
		if !next.After(b.Now()) {
			return errors.New("something is due")
		}
	}
	return writeLine(out, map[string]float64{"microseconds": median(took)})
}

// profiled writes what a process spent its CPU time on, and what memory it asked
// for and held, to files that begin with prefix.
func profiled(prefix string, run func() error) error {
	cpu, err := os.Create(prefix + ".cpu.pprof")
	if err != nil {
		return err
	}
	if err := pprof.StartCPUProfile(cpu); err != nil {
		return errors.Join(err, cpu.Close())
	}
	err = run()
	pprof.StopCPUProfile()
	err = errors.Join(err, cpu.Close())
	for _, name := range []string{"heap", "allocs"} {
		file, made := os.Create(fmt.Sprintf("%s.%s.pprof", prefix, name))
		if made != nil {
			return errors.Join(err, made)
		}
		err = errors.Join(err, pprof.Lookup(name).WriteTo(file, 0), file.Close())
	}
	return err
}
