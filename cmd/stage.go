package cmd

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/bot/chat"
	"github.com/relance-bot/relance/bot/messenger"
	"github.com/relance-bot/relance/bot/messenger/emulator"
	"github.com/relance-bot/relance/flows"
	"github.com/relance-bot/relance/storage"
	"github.com/relance-bot/relance/storage/sqlite"
)

// Stage returns the factory that transcripts of a bot's folder are played with:
// the whole runtime over SQLite in a temporary folder and the emulated platform,
// on a clock that moves only when the transcript says so. setup may be nil. The bot is
// compiled for the first transcript.
//
//	chat.Run(t, "shop", cmd.Stage("shop", setup))
func Stage(dir string, setup Setup) chat.Factory {
	load := sync.OnceValues(func() (chat.Factory, error) {
		program, data, problems, err := readBot(os.DirFS(dir), setup)
		if err != nil {
			return nil, err
		}
		if program == nil {
			return nil, mistakes(dir, problems)
		}
		return stages(&botFolder{dir: dir, program: program, data: data}, setup, nil, nil), nil
	})
	return func(ctx context.Context, s chat.Setup) (chat.Stage, error) {
		make, err := load()
		if err != nil {
			return nil, err
		}
		return make(ctx, s)
	}
}

// mistakes says that a folder's bot cannot be staged, with the first thing wrong.
func mistakes(dir string, problems flows.Diagnostics) error {
	first := ""
	if at := slices.IndexFunc(problems, func(d flows.Diagnostic) bool { return d.Severity == flows.Error }); at >= 0 {
		first = problems[at].Render(false)
	}
	return fmt.Errorf("the bot in %s has mistakes: see 'relance check'\n%s", dir, first)
}

// stages is a factory for a folder that is loaded already. trace gives each
// transcript, by its file, what hears of the places its turns run; nil: nothing does.
// Without a log each stage keeps what its bot complains about, for chat.Result.
func stages(folder *botFolder, setup Setup, log *slog.Logger, trace func(file string) func(flows.Mark)) chat.Factory {
	blank := sync.OnceValues(blankDatabase)
	return func(ctx context.Context, s chat.Setup) (chat.Stage, error) {
		zone, err := time.LoadLocation(folder.program.Bot.Timezone)
		if err != nil {
			return nil, err
		}
		st := &stage{folder: folder, setup: setup, chosen: s, log: log}
		if log == nil {
			st.heard = &notices{}
			st.log = slog.New(st.heard)
		}
		if st.blank, err = blank(); err != nil {
			return nil, err
		}
		if trace != nil {
			st.trace = trace(s.File)
		}
		return st, st.start(ctx, s.Start(zone))
	}
}

// stage is one bot, one platform and one clock.
type stage struct {
	folder *botFolder
	setup  Setup
	chosen chat.Setup
	temp   string
	log    *slog.Logger
	heard  *notices         // nil where the log is somebody else's
	trace  func(flows.Mark) // may be nil
	blank  []byte           // a database to begin with; nil: a new one is made

	clock    *bot.ManualClock
	platform *emulator.Platform   // of the first channel
	others   []*emulator.Platform // of the others, in the order in which they came
	at       *emulator.Platform   // where the person is of whom the transcript speaks
	stands   []stand              // of today's channels
	lines    lines
	store    storage.Store
	bot      *bot.Bot

	answers prompts
	network *network         // that handlers reach; nil: none
	called  func(bot.Answer) // hears of every call; may be nil

	people map[string]string // PSID by first name
	places map[string]string // the page of a PSID
	events int
	// drift is how much the clock is ahead of the transcript's: the milliseconds that
	// the platform's timestamps were when an event came.
	drift time.Duration
}

// blankDatabase is the file of a database in which nothing stands yet. To copy it
// takes a fraction of the time to make it.
func blankDatabase() (file []byte, err error) {
	temp, err := os.MkdirTemp("", "relance-stage-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(temp)) }()
	path := filepath.Join(temp, databaseFile)
	store, err := sqlite.Open(context.Background(), path, sqlite.Config{Volatile: true})
	if err != nil {
		return nil, err
	}
	if err := store.Close(); err != nil { // which folds its log into the file
		return nil, err
	}
	return os.ReadFile(path)
}

// stageURL is where a stage's links lead: nobody listens there, and the stage follows
// them itself.
const stageURL = "https://relance.localhost"

// databaseFile is what a stage calls its database.
const databaseFile = "relance.db"

// newStageAt is a stage for another time than a transcript's, whose handlers are
// really asked. called hears what they answer.
func newStageAt(ctx context.Context, folder *botFolder, at time.Time, n *network, setup Setup, log *slog.Logger, called func(bot.Answer)) (*stage, error) {
	st := &stage{folder: folder, setup: setup, network: n, log: log, called: called}
	return st, st.start(ctx, at)
}

// start brings up the platform and the bot; if that fails, nothing of them is left.
func (s *stage) start(ctx context.Context, at time.Time) (err error) {
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close())
		}
	}()
	if s.temp, err = os.MkdirTemp("", "relance-stage-"); err != nil {
		return err
	}
	if s.blank != nil {
		if err := os.WriteFile(filepath.Join(s.temp, databaseFile), s.blank, 0o600); err != nil {
			return err
		}
	}
	s.people, s.places, s.clock = map[string]string{}, map[string]string{}, bot.NewManualClock(at)
	return s.open(ctx)
}

// sit finds the platform of an account, or begins it.
func (s *stage) sit(acc account) (stand, error) {
	for _, old := range s.stands {
		if old.account.PageID == acc.PageID && old.account.Channel.Type == acc.Channel.Type {
			return stand{account: acc, platform: old.platform}, nil
		}
	}
	program := s.folder.program
	c := emulatedOf(program, acc)
	c.Now, c.IceBreakers, c.Menu = s.clock.Now, nil, nil
	for _, shown := range program.Profiles(acc.Channel.Name) { // each in the language of whoever taps it
		c.IceBreakers, c.Menu = append(c.IceBreakers, items(shown.IceBreakers)...), append(c.Menu, items(shown.Menu)...)
	}
	c.Deliver = func(ctx context.Context, header http.Header, body []byte) (int, error) {
		return answered(s.bot.Receive(ctx, acc.Channel.Type, header, body))
	}
	platform, err := emulator.New(c)
	if err != nil {
		return stand{}, err
	}
	if s.platform == nil {
		s.platform, s.at = platform, platform
	} else {
		s.others = append(s.others, platform)
	}
	return stand{account: acc, platform: platform}, nil
}

// platforms are all there are.
func (s *stage) platforms() []*emulator.Platform {
	if s.platform == nil {
		return nil
	}
	return append([]*emulator.Platform{s.platform}, s.others...)
}

// open starts the bot on what is stored.
func (s *stage) open(ctx context.Context) (err error) {
	var stands []stand
	s.lines = lines{}
	for _, acc := range emulatedAccounts(s.folder.program) {
		at, err := s.sit(acc)
		if err != nil {
			return err
		}
		stands = append(stands, at)
		at.platform.SetRegion(regionOf(s.folder.program, acc.Channel))
		acc.GraphURL = "http://graph.localhost"
		if err := s.lines.open(s.folder.program, acc, messenger.Config{Dial: at.platform.Dial}); err != nil {
			return err
		}
	}
	s.stands = stands
	// A crash ends the process, never the machine: nothing needs to reach the disk.
	s.store, err = sqlite.Open(ctx, filepath.Join(s.temp, databaseFile), sqlite.Config{Exclusive: true, Volatile: true})
	if err != nil {
		return err
	}
	c := bot.Config{
		Program: s.folder.program, Data: s.folder.data, Store: s.store, Channels: s.lines.channels(), Accounts: s.lines.accounts, Clock: s.clock,
		FirstChoice: !s.chosen.Seeded, Seed: s.chosen.Seed, Log: s.log, Trace: s.trace, Answered: s.came,
		PublicURL: stageURL,
	}
	if s.network != nil {
		c.Secret, c.AllowPrivate = s.network.secret, s.network.private
	}
	if s.bot, err = bot.New(ctx, c); err != nil {
		return err
	}
	s.bot.Use(s.answer)
	if s.setup == nil {
		return nil
	}
	return s.setup(s.bot)
}

// answered is the status that a server would answer a webhook with.
func answered(err error) (int, error) {
	switch {
	case err == nil:
		return http.StatusOK, nil
	case errors.Is(err, bot.ErrSignature):
		return http.StatusForbidden, nil
	case errors.Is(err, bot.ErrBody):
		return http.StatusBadRequest, nil
	}
	return http.StatusServiceUnavailable, nil
}

// settle lets everything happen that is due at this time, on both ends of the wire.
func (s *stage) settle(ctx context.Context) error {
	for range 10_000 {
		for _, p := range s.platforms() {
			if err := p.Flush(ctx); err != nil {
				return err
			}
		}
		if err := s.bot.Settle(ctx); err != nil {
			return err
		}
		if err := s.answers.unanswered(); err != nil {
			return err
		}
		if !slices.ContainsFunc(s.platforms(), (*emulator.Platform).Pending) {
			return nil
		}
	}
	return errors.New("the bot and the platform do not come to rest")
}

// Close implements chat.Stage.
func (s *stage) Close() error {
	var problems []error
	if s.store != nil {
		problems = append(problems, s.store.Close())
	}
	for _, p := range s.platforms() {
		problems = append(problems, p.Close())
	}
	return errors.Join(append(problems, os.RemoveAll(s.temp))...)
}

var _ chat.Stage = (*stage)(nil)
