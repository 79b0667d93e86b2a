package cmd

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/bot/messenger"
	"github.com/relance-bot/relance/bot/messenger/emulator"
	"github.com/relance-bot/relance/cmd/simulate"
	"github.com/relance-bot/relance/flows"
	"github.com/relance-bot/relance/storage"
	"github.com/relance-bot/relance/storage/sqlite"
)

func (a *app) simulateCommand() *cobra.Command {
	var how simulation
	c := &cobra.Command{
		Use:   "simulate [DIR]",
		Short: "Let the bot live through a year with people who behave by a model",
		Long: `Lets the bot live through a year on an emulated Page, in minutes: people come by
keywords, links and comments, answer, agree or do not, read, click, buy, tire and
leave; the shop has news out of data/; the platform fails now and then. It prints what
came of it. The same seed gives the same figures.

How people behave may stand in DIR/simulate.yaml; every line of it may be left out:

  start: 2026-01-01              the first day
  people:
    visits: 3                    how often a year somebody comes by themselves
    buys: 0.5                    … and buys without having been written to
    zones: {Europe/Paris: 60}    where they live, by weight
    locales: {fr_FR: 80, en_GB: 20}
    entries: {keyword: 35, referral: 30, comment: 10, start: 15, menu: 10}
  chat: {answer: 85%, nonsense: 4%}
  opt_in: {accept: 55%, decline: 20%}
  notifications:                 shares of those that were read, but for read
    {read: 80%, click: 15%, reply: 2%, stop: 0.6%, block: 0.06%, mute: 0.2%,
     preferences: 0.4%, forget: 0.03%}
  purchases: {same_day: 12%, later: 6%, again: 30%, least: 20, most: 120, currency: EUR}
  platform: {rate_limit: 1%, timeouts: 0.2%}
  events:                        the shop's news; one is about one person
    restock: {per_week: 3, from: shoes, to: everybody}`,
		Example: "  relance simulate examples/restock\n  relance simulate shop --people 1000 --days 90 --keep year\n  relance why --dir shop --database sqlite:$PWD/year/relance.db",
		Args:    arguments(0, 1),
		RunE: func(c *cobra.Command, args []string) error {
			return a.simulate(c.Context(), folder(args), how)
		},
	}
	c.Flags().IntVar(&how.people, "people", 10_000, "how many come")
	c.Flags().IntVar(&how.days, "days", 365, "how long it lasts")
	c.Flags().Uint64Var(&how.seed, "seed", 1, "what everything is drawn by")
	c.Flags().StringVar(&how.keep, "keep", "", "leave the database and the platform's journal in this folder")
	c.Flags().BoolVar(&how.json, "json", false, "print JSON")
	return c
}

// simulation is what is simulated, and what is left of it.
type simulation struct {
	people, days int
	seed         uint64
	keep         string
	json         bool
}

func (a *app) simulate(ctx context.Context, dir string, how simulation) (err error) {
	if err := simulate.Check(how.people, how.days); err != nil {
		return err
	}
	folder, err := a.load(dir)
	if err != nil {
		return err
	}
	settings, err := a.simulateSettings(dir, folder)
	if err != nil {
		return err
	}
	place, done, err := placeToSimulate(how.keep)
	if err != nil {
		return failed(err)
	}
	defer func() { err = errors.Join(err, done()) }()
	c := simulate.Config{
		Program: folder.program, Data: folder.data, Settings: settings, People: how.people, Days: how.days, Seed: how.seed,
	}
	if how.keep != "" {
		file, err := os.OpenFile(filepath.Join(place, simulate.JournalFile), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if err != nil {
			return failed(err)
		}
		defer file.Close()
		c.Journal = file
	}
	w := &simulated{app: a, folder: folder, seed: how.seed, database: filepath.Join(place, databaseFile)}
	c.Open = w.open
	defer func() { err = errors.Join(err, w.close()) }()
	began := time.Now()
	if terminal(a.stderr) && !how.json {
		c.Progress = func(day int) {
			fmt.Fprintf(a.stderr, "\rday %d of %d, %s ", day, how.days, time.Since(began).Round(time.Second))
		}
		defer fmt.Fprintln(a.stderr)
	}
	report, err := simulate.Run(ctx, c)
	if err != nil {
		return failed(err)
	}
	stats, err := w.bot.Stats(ctx, bot.StatsQuery{})
	if err != nil {
		return failed(err)
	}
	if err := a.printYear(report, stats, how.json); err != nil {
		return failed(err)
	}
	if report.Law.Violations > 0 {
		return found()
	}
	return nil
}

// year is all that --json prints.
type year struct {
	*simulate.Report
	Stats bot.Stats `json:"stats"`
}

func (a *app) printYear(report *simulate.Report, stats bot.Stats, asJSON bool) error {
	if asJSON {
		return a.printJSON(year{report, stats})
	}
	if err := report.Head(a.stdout); err != nil {
		return err
	}
	if err := printStats(a.stdout, report.Bot, stats); err != nil {
		return err
	}
	fmt.Fprintln(a.stdout)
	return report.Text(a.stdout)
}

// simulateSettings are the usual ones, and what simulate.yaml says.
func (a *app) simulateSettings(dir string, folder *botFolder) (simulate.Settings, error) {
	settings := simulate.Defaults(folder.program.Bot)
	text, err := os.ReadFile(filepath.Join(dir, simulate.File))
	if errors.Is(err, fs.ErrNotExist) {
		return settings, nil
	}
	if err != nil {
		return settings, failed(err)
	}
	if problems := settings.Load(text, folder.program.Bot, folder.data); len(problems) > 0 {
		if err := problems.Render(a.stderr, colorful(a.stderr)); err != nil {
			return settings, failed(err)
		}
		return settings, found()
	}
	return settings, nil
}

// placeToSimulate is the folder that a simulation keeps, new or empty, or a temporary
// one that done removes.
func placeToSimulate(keep string) (place string, done func() error, err error) {
	if keep == "" {
		place, err = os.MkdirTemp("", "relance-simulate-")
		return place, func() error { return os.RemoveAll(place) }, err
	}
	if err := os.MkdirAll(keep, 0o700); err != nil {
		return "", nil, err
	}
	list, err := os.ReadDir(keep)
	if err == nil && len(list) > 0 {
		err = fmt.Errorf("the folder %s is not empty", keep)
	}
	return keep, func() error { return nil }, err
}

// simulated is a bot and its platform, in one process and on one clock.
type simulated struct {
	app      *app
	folder   *botFolder
	seed     uint64
	database string

	bot      *bot.Bot
	store    storage.Store
	platform *emulator.Platform
}

// simulatedURL is where the links of a simulated bot lead.
const simulatedURL = "https://bot.example"

func (w *simulated) open(ctx context.Context, start time.Time, h simulate.Hooks) (*simulate.Stage, error) {
	program := w.folder.program
	clock := bot.NewManualClock(start)
	c := emulator.Config{
		PageID: emulatorPage, AccessToken: emulatorToken, AppSecret: emulatorSecret, VerifyToken: emulatorVerify,
		Region: program.Bot.Region, Now: clock.Now, Deliver: w.deliver, GetStarted: flows.Payload{Start: true}.Encode(),
		TemplateLabels: program.TemplateLabels(), Receipts: true, Keep: 12, Heard: h.Heard, Mishap: h.Mishap,
	}
	on := messengerChannel(program)
	c.IceBreakers, c.Menu = items(on.IceBreakers), items(on.Menu)
	var err error
	if w.platform, err = emulator.New(c); err != nil {
		return nil, err
	}
	channel, err := newMessenger(program, account{
		Channel: on, PageID: emulatorPage, AccessToken: emulatorToken, AppSecret: emulatorSecret, VerifyToken: emulatorVerify,
		GraphURL: "http://graph.localhost",
	}, messenger.Config{Dial: w.platform.Dial})
	if err != nil {
		return nil, err
	}
	if w.store, err = sqlite.Open(ctx, w.database, sqlite.Config{Exclusive: true, Volatile: true}); err != nil {
		return nil, err
	}
	w.bot, err = bot.New(ctx, bot.Config{
		Program: program, Data: w.folder.data, Store: w.store, Channels: []bot.Channel{channel}, Clock: clock, Seed: w.seed,
		NewID: h.NewID, PublicURL: simulatedURL, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		return nil, err
	}
	if w.app.setup != nil {
		if err := w.app.setup(w.bot); err != nil {
			return nil, err
		}
	}
	return &simulate.Stage{Bot: w.bot, Platform: w.platform, Clock: clock, Store: w.store, Click: w.click}, nil
}

// deliver takes the platform's webhooks, and tells it what a server would answer.
func (w *simulated) deliver(ctx context.Context, header http.Header, body []byte) (int, error) {
	return answered(w.bot.Receive(ctx, "messenger", header, body))
}

// click follows an address, as a browser does.
func (w *simulated) click(ctx context.Context, address string) (code string, err error) {
	code, tracked := strings.CutPrefix(address, simulatedURL+"/l/")
	if !tracked {
		return "", nil
	}
	_, err = w.bot.Click(ctx, code)
	return code, err
}

func (w *simulated) close() error {
	var problems []error
	if w.store != nil {
		problems = append(problems, w.store.Close())
	}
	if w.platform != nil {
		problems = append(problems, w.platform.Close())
	}
	return errors.Join(problems...)
}
