package cmd

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/lmittmann/tint"
	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/bot/console"
	"github.com/relance-bot/relance/bot/messenger"
	"github.com/relance-bot/relance/bot/server"
	"github.com/relance-bot/relance/storage"
)

func (a *app) runCommand() *cobra.Command {
	var listen, database string
	var watch bool
	var place elsewhere
	c := &cobra.Command{
		Use:   "run [DIR]",
		Short: "Run a bot",
		Long: `Runs a bot. With MESSENGER_PAGE_ID, MESSENGER_ACCESS_TOKEN, MESSENGER_APP_SECRET and
MESSENGER_VERIFY_TOKEN set (in the environment or in DIR/.env) it speaks for that
Page. With none of them set it speaks to an emulated platform, and prints the address
of a phone to try it on.

On an emulated Page the bot follows its folder: a change is taken over as soon as it
checks clean, and its mistakes are printed where it does not. For a real Page that is
so with --watch; without, send the process SIGHUP. Conversations end as they began.

The emulated Page keeps the rules of the day its clock shows, and of its region. --era
begins in another year, on a database of its own; --region puts the Page elsewhere.`,
		Example: "  relance run shop\n  relance run shop --listen 127.0.0.1:9000\n  relance run shop --era 2022 --region US --database sqlite:2022.db",
		Args:    arguments(0, 1),
		RunE: func(c *cobra.Command, args []string) error {
			var follow *bool
			if c.Flags().Changed("watch") {
				follow = &watch
			}
			return a.run(c.Context(), folder(args), listen, database, follow, place)
		},
	}
	c.Flags().StringVar(&listen, "listen", "", "address to listen on (default RELANCE_LISTEN, else :8080)")
	c.Flags().StringVar(&database, "database", "", "database (default RELANCE_DATABASE, else sqlite:relance.db in DIR)")
	c.Flags().BoolVar(&watch, "watch", false, "take over changes of the folder as they are made (on an emulated Page by default)")
	place.flags(c)
	return c
}

// run runs a bot until ctx ends. watch says whether it follows every change of its
// folder; nil: as is usual for its Page.
func (a *app) run(ctx context.Context, dir, listen, database string, watch *bool, place elsewhere) error {
	if _, err := place.at(); err != nil {
		return err
	}
	folder, err := a.load(dir)
	if err != nil {
		return err
	}
	if err := place.move(folder.program); err != nil {
		return err
	}
	env, err := a.environment(dir)
	if err != nil {
		return failed(err)
	}
	log, err := a.logger(env)
	if err != nil {
		return failed(err)
	}
	for _, f := range env.misspelt(settingsRead(folder.program)) {
		log.Warn(f.Message, "in", f.Subject, "hint", f.Hint)
	}
	p := &process{app: a, folder: folder, env: env, log: log, watch: watch, elsewhere: place, asked: make(chan os.Signal, 1)}
	p.stale = staleOf(settingsRead(folder.program), env)
	if listen == "" {
		if listen, err = env.or("RELANCE_LISTEN", ":8080"); err != nil {
			return failed(err)
		}
	}
	defer p.close()
	if err := p.open(ctx, database, listen); err != nil {
		return failed(err)
	}
	if err := p.start(ctx); err != nil {
		return failed(err)
	}
	return nil
}

// process is everything that runs together.
type process struct {
	app    *app
	folder *botFolder
	env    *environment
	log    *slog.Logger
	watch  *bool // whether changes of the folder are followed; nil: as is usual

	elsewhere elsewhere

	store  storage.Store
	place  database
	stands placed // its file
	clock  bot.Clock
	lines  lines  // its channels
	tokens tokens // that they use; nil for an emulated Page
	stale  *stale // settings that change meanwhile
	keys   bool   // there is an API key
	phone  *phone // nil for real Pages
	bot    *bot.Bot
	server *server.Server
	socket *net.TCPListener
	asked  chan os.Signal // to read the folder again
}

// open opens the database, connects the channel, takes the address and makes the bot. What
// cannot run has changed nothing of what is stored.
func (p *process) open(ctx context.Context, database, listen string) error {
	accounts, real, err := p.env.accounts(p.folder.program)
	if err != nil {
		return err
	}
	if real || p.watch != nil && !*p.watch { // a terminal that closes ends a bot that is tried in it
		signal.Notify(p.asked, syscall.SIGHUP)
	}
	if p.place, err = databaseOf(p.folder.dir, database, p.env); err != nil {
		return err
	}
	if p.store, err = p.place.open(ctx, toRun, p.app.clock.Now); err != nil {
		return err
	}
	if p.stands, err = p.place.placed(); err != nil {
		return err
	}
	p.clock = commonClock(p.app.clock, p.store)
	if real && p.elsewhere.given() {
		return fmt.Errorf("--era and --region are for the emulated Page: leave them out, or %s", variablesOf(p.folder.program))
	}
	if !real {
		if err := p.alone(ctx); err != nil {
			return err
		}
		if p.phone, err = newPhone(ctx, p); err != nil {
			return err
		}
		p.clock, accounts = p.phone.clock, p.phone.accounts()
	}
	for _, acc := range accounts {
		if err := p.lines.open(p.folder.program, acc, messenger.Config{Pause: messenger.Pause}); err != nil {
			return err
		}
	}
	if real {
		p.tokens = tokensOf(p.lines, accounts)
		if nobody, err := knowsNobody(ctx, p.store); err != nil {
			return err
		} else if nobody {
			p.log.Warn("the database knows nobody yet, as at a first start: if this bot has run before, its people are in another one: "+p.place.whereElse(), "database", p.place.shown())
		}
		if err := p.itsOwn(ctx); err != nil {
			return err
		}
		if ahead, err := clockOffset(ctx, p.store); err != nil {
			return err
		} else if ahead > 0 {
			p.log.Warn("this database was tried on an emulated Page whose clock was moved: no schedule fires before the time that it shows; begin with a database of its own", "ahead", ahead)
		}
	}
	figures, err := server.NewMetrics(version())
	if err != nil {
		return err
	}
	reach, err := p.env.network()
	if err != nil {
		return err
	}
	public, err := p.env.publicURL()
	if err != nil {
		return err
	}
	key, err := p.env.get("RELANCE_API_KEY")
	if err != nil {
		return err
	}
	p.keys = key != ""
	if p.socket, err = server.Bind(ctx, listen); err != nil {
		return err
	}
	if err := p.make(ctx, bot.Config{
		Program: p.folder.program, Data: p.folder.data, Store: p.store, Channels: p.lines.channels(), Accounts: p.lines.accounts, PublicURL: public,
		Clock: p.clock, Log: p.log, Observer: figures, Secret: reach.secret, AllowPrivate: reach.private,
	}); err != nil {
		return err
	}
	if public == "" && p.phone == nil && opensLinks(p.folder.program) {
		p.log.Warn("PUBLIC_URL is not set: links in messages lead straight to their address, and clicks are not counted")
	}
	c := server.Config{
		Bot: p.bot, Deletions: p.bot, Links: p.bot, PublicURL: public, APIKey: key, Log: p.log, Metrics: figures,
		Console:  console.New(console.Config{Bot: p.bot, Sessions: p.keys, Log: p.log}),
		Webhooks: p.lines.webhooks(),
		Checks: []server.Check{
			{Name: "database", Probe: p.store.Check},
			{Name: "program", Probe: func(context.Context) error { return nil }},
			{Name: "schedule loop", Probe: func(context.Context) error { return p.bot.Working() }},
		},
	}
	if p.phone != nil {
		c.Emulator, c.Phone, c.Advance = true, p.phone.pages(), p.phone.advance
	}
	p.server, err = server.New(c)
	return err
}

// make makes the bot, first one that touches nothing: a program that cannot run must not
// have ended the schedules of the one before.
func (p *process) make(ctx context.Context, c bot.Config) error {
	for _, begin := range []func() (*bot.Bot, error){
		func() (*bot.Bot, error) { return bot.Inspect(c) },
		func() (*bot.Bot, error) { return bot.New(ctx, c) },
	} {
		var err error
		if p.bot, err = begin(); err != nil {
			return err
		}
		if p.app.setup != nil {
			if err := p.app.setup(p.bot); err != nil {
				return err
			}
		}
		if err := missingSecrets(p.bot, c.Program); err != nil {
			return err
		}
	}
	return nil
}

// alone refuses an emulated Page to several processes: each would have one of its
// own.
func (p *process) alone(ctx context.Context) error {
	n, err := others(ctx, p.store)
	if err == nil && n > 0 {
		err = fmt.Errorf("another bot runs on this database, and an emulated Page lives in one process: set %s of a real Page, or use a database of its own", variablesOf(p.folder.program))
	}
	if err != nil {
		return err
	}
	page, err := realPageIn(ctx, p.store)
	if err == nil && page != "" {
		err = fmt.Errorf("this database knows people of %s, and an emulated Page would drop what waits for them: set %s, or try the bot on a database of its own (--database)", page, variablesOf(p.folder.program))
	}
	return err
}

// start runs every part until ctx ends or one of them fails.
func (p *process) start(ctx context.Context) error {
	parts, ctx := errgroup.WithContext(ctx)
	// The bot stops after the server: what was acknowledged while it drained is
	// stored, and a last reply may still go out.
	working, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	parts.Go(func() error {
		defer stop()
		return p.server.Serve(ctx, p.socket, func() { p.announce(working, p.socket.Addr()) })
	})
	parts.Go(func() error { return p.bot.Run(working) })
	parts.Go(func() error { return p.follow(ctx) })
	parts.Go(func() error { return p.owned(ctx) })
	if p.phone != nil {
		parts.Go(func() error { return p.phone.run(working) })
	}
	return parts.Wait()
}

func (p *process) close() {
	signal.Stop(p.asked)
	if p.socket != nil {
		_ = p.socket.Close() // the server has, if it served
	}
	if p.phone != nil {
		if err := p.phone.close(); err != nil {
			p.log.Warn("closing the emulator", "error", err)
		}
	}
	if p.stands.overwritten() {
		return // closing would fold the log of the database that was there into the copy
	}
	if p.store != nil {
		if err := p.store.Close(); err != nil {
			p.log.Error("closing the database", "error", err)
		}
	}
	p.stands.close()
}

// logger writes to the error stream: in colours for people, as JSON for machines.
func (a *app) logger(env *environment) (*slog.Logger, error) {
	name, err := env.or("LOG_LEVEL", "info")
	if err != nil {
		return nil, err
	}
	var level slog.Level
	if err := level.UnmarshalText([]byte(strings.ToUpper(name))); err != nil {
		return nil, fmt.Errorf("LOG_LEVEL is %q: want debug, info, warn or error", name)
	}
	if colorful(a.stderr) {
		return slog.New(tint.NewTextHandler(a.stderr, &tint.Options{Level: level, TimeFormat: time.TimeOnly})), nil
	}
	return slog.New(slog.NewJSONHandler(a.stderr, &slog.HandlerOptions{Level: level})), nil
}

// anyLines are channels that only answer what they know: for inspection. real says
// whether they are those of real Pages.
func (a *app) anyLines(folder *botFolder, env *environment) (l lines, real bool, err error) {
	accounts, real, err := env.accounts(folder.program)
	if err != nil {
		return l, real, err
	}
	if !real {
		accounts = emulatedAccounts(folder.program)
	}
	for _, acc := range accounts {
		if err := l.open(folder.program, acc, messenger.Config{}); err != nil {
			return l, real, err
		}
	}
	return l, real, nil
}
