package bench

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"
)

// patience is how long a job waits while nothing more comes.
const patience = 15 * time.Second

// load is the process on the other side of the wire: people and platform. It reads
// orders until its input ends, which it does with the parent.
func load(ctx context.Context, in io.Reader, out io.Writer) error {
	g := &graph{}
	base, stop, err := g.listen()
	if err != nil {
		return err
	}
	defer stop()
	if err := writeLine(out, map[string]string{"graph": base}); err != nil {
		return err
	}
	var running *errand
	for orders := json.NewDecoder(bufio.NewReader(in)); ; {
		var o order
		if err := orders.Decode(&o); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("reading an order: %w", err)
		}
		switch {
		case o.Do == "start":
			running, err = start(ctx, g, o.Job)
			if err == nil {
				err = writeLine(out, struct{}{})
			}
		case running == nil:
			err = fmt.Errorf("%s: no job has begun", o.Do)
		default:
			if o.Do == "stop" {
				running.end()
			}
			err = writeLine(out, running.wait())
		}
		if err != nil {
			return err
		}
	}
}

// errand is a job that runs.
type errand struct {
	book  *book
	end   context.CancelFunc // of the sending; what was sent is still waited for
	parts sync.WaitGroup
}

func start(ctx context.Context, g *graph, j job) (*errand, error) {
	w := &errand{book: newBook(j)}
	ctx, w.end = context.WithCancel(ctx)
	g.book.Store(w.book)
	if len(j.Addresses) == 0 {
		return w, nil
	}
	crowd, err := newCrowd(w.book)
	if err != nil {
		w.end()
		return nil, err
	}
	for _, p := range crowd {
		w.parts.Go(func() { p.write(ctx) })
	}
	return w, nil
}

// wait waits for the end: everything sent and everything come, or nothing more
// coming.
func (w *errand) wait() report {
	w.parts.Wait()
	b, tick := w.book, time.NewTicker(5*time.Millisecond)
	defer tick.Stop()
	last, seen := time.Now(), int64(-1)
	for now := range tick.C {
		if n := b.messages.Load(); n != seen {
			last, seen = now, n
		}
		if b.complete() || now.Sub(last) > patience {
			break
		}
	}
	w.end()
	return b.report()
}
