package cmd

import (
	"context"
	"os"
	"path/filepath"
	"time"
)

// Now implements chat.Clock.
func (s *stage) Now() time.Time { return s.clock.Now().Add(-s.drift) }

// AdvanceTo implements chat.Clock.
func (s *stage) AdvanceTo(ctx context.Context, t time.Time) error {
	t = t.Add(s.drift)
	for {
		next, ok, err := s.bot.NextDue(ctx)
		if err != nil {
			return err
		}
		for _, p := range s.platforms() {
			if retry, some := p.Next(); some && (!ok || retry.Before(next)) {
				next, ok = retry, true
			}
		}
		if !ok || next.After(t) {
			break
		}
		if next.After(s.clock.Now()) {
			s.clock.Set(next)
		}
		if err := s.settle(ctx); err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	if t.After(s.clock.Now()) {
		s.clock.Set(t)
	}
	return s.settle(ctx)
}

// Crash implements chat.Clock.
func (s *stage) Crash(ctx context.Context) error {
	if err := s.store.Close(); err != nil {
		return err
	}
	if err := s.open(ctx); err != nil {
		return err
	}
	return s.settle(ctx)
}

// Down implements chat.Clock.
func (s *stage) Down(ctx context.Context, t time.Time) error {
	if err := s.store.Close(); err != nil {
		return err
	}
	s.clock.Set(t.Add(s.drift))
	if err := s.open(ctx); err != nil {
		return err
	}
	return s.settle(ctx)
}

// Deploy implements chat.Clock.
func (s *stage) Deploy(ctx context.Context, folder string) error {
	dir := folder
	if !filepath.IsAbs(dir) {
		dir = filepath.Join(s.folder.dir, filepath.FromSlash(folder))
	}
	if !holdsBot(dir) {
		return s.noBot(folder, dir)
	}
	fsys := os.DirFS(dir)
	program, data, problems, err := readBot(fsys, s.setup)
	if err != nil {
		return err
	}
	if program == nil {
		return mistakes(folder, problems)
	}
	if err := s.store.Close(); err != nil {
		return err
	}
	// Where the first bot stands, further folders are looked for.
	s.folder = &botFolder{dir: s.folder.dir, fsys: fsys, program: program, data: data}
	if err := s.open(ctx); err != nil {
		return err
	}
	return s.settle(ctx)
}
