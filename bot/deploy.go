package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/relance-bot/relance/flows"
	"github.com/relance-bot/relance/storage"
)

// What begins runs on today's program, and what runs already finishes on the one it
// began with: flows.Advance sees to that. Here is how today's becomes another's, and
// where the older ones come from.

// version is a program as the bot runs it.
type version struct {
	program *flows.Program
	zone    *time.Location // of people whose own is unknown
}

// become makes a program today's, from the next turn on.
func (b *Bot) become(p *flows.Program) error {
	zone, err := Location(p.Bot.Timezone)
	if err != nil {
		return fmt.Errorf("the bot's time zone: %w", err)
	}
	if was := b.today.Load(); was != nil {
		b.old.keep(was.program)
	}
	b.today.Store(&version{p, zone})
	return nil
}

// home is the bot's time zone.
func (b *Bot) home() *time.Location { return b.today.Load().zone }

// Deploy makes another program today's while the bot runs. Turns that have begun end
// as they began; what runs for somebody finishes on the program it began with; what is
// held is made by the new one. Schedules that are new get their timers, and those that
// are gone lose them. Pages, their pace and what stands under channels: stay as they
// were until the bot is started anew. After an error the bot runs on as before.
func (b *Bot) Deploy(ctx context.Context, p *flows.Program, data *flows.Data) error {
	if p == nil {
		return errors.New("deploying a program: there is none")
	}
	was, had := b.Program(), b.data.Load()
	err := b.keepProgram(ctx, p) // before anybody can begin something on it
	if err == nil {
		err = b.become(p)
	}
	if err != nil {
		return fmt.Errorf("deploying a program: %w", err)
	}
	b.data.Store(data)
	if err := b.write(ctx, b.lead); err != nil {
		b.data.Store(had)
		return fmt.Errorf("deploying a program: %w", errors.Join(err, b.become(was)))
	}
	b.leads.Store(true)
	b.plan.forgetAll()
	b.work.raise()
	return nil
}

// keepProgram stores the sources of a program that this process runs.
func (b *Bot) keepProgram(ctx context.Context, p *flows.Program) error {
	sources, err := json.Marshal(p.Sources)
	if err != nil {
		return fmt.Errorf("the program's sources: %w", err)
	}
	return b.write(ctx, func(tx *txn) error { return tx.PutProgram(p.Hash, sources, tx.now) })
}

// lead notes that today's program is the newest on the store, and makes its schedules.
func (b *Bot) lead(tx *txn) error {
	if err := b.rezoned(tx); err != nil {
		return err
	}
	if err := tx.SetMeta(programMeta, []byte(tx.program.Hash)); err != nil {
		return err
	}
	return b.ensureSchedules(tx, tx.now)
}

// programs keeps the older programs that sessions still run on, compiled once.
type programs struct {
	mu     sync.Mutex
	byHash map[string]*flows.Program // nil: it compiles no more
	order  []string                  // their hashes, the oldest first
	// signatures are those of the Go functions that flows may call.
	signatures func() []flows.Signature
}

// keep remembers a program that was today's.
func (p *programs) keep(program *flows.Program) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.put(program.Hash, program)
}

// put remembers a program; the lock is held. Of too many the oldest is forgotten: it can
// be compiled again.
func (p *programs) put(hash string, program *flows.Program) {
	if p.byHash == nil {
		p.byHash = map[string]*flows.Program{}
	}
	if _, there := p.byHash[hash]; !there {
		p.order = append(p.order, hash)
	}
	if p.byHash[hash] = program; len(p.order) > maxPrograms {
		delete(p.byHash, p.order[0])
		p.order = p.order[1:]
	}
}

// of are the older programs that a session runs on, without those that are lost.
func (p *programs) of(s flows.Session, today string, r storage.MetaReader) (map[string]*flows.Program, error) {
	var out map[string]*flows.Program
	for _, hash := range s.Programs() {
		if hash == today {
			continue
		}
		program, err := p.get(hash, r)
		if err != nil {
			return nil, err
		}
		if program != nil {
			if out == nil {
				out = map[string]*flows.Program{}
			}
			out[hash] = program
		}
	}
	return out, nil
}

// get compiles a stored program the first time it is asked for; nil if it is lost.
// Tables of data/ are not asked about: those of an older program may be gone.
func (p *programs) get(hash string, r storage.MetaReader) (*flows.Program, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if program, ok := p.byHash[hash]; ok {
		return program, nil
	}
	stored, err := r.Program(hash)
	if errors.Is(err, storage.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("program %.12s: %w", hash, err)
	}
	var sources map[string][]byte
	var program *flows.Program
	if json.Unmarshal(stored, &sources) == nil {
		program, _ = flows.Compile(sources, nil, p.signatures()...)
	}
	p.put(hash, program)
	return program, nil
}
