package cmd

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/flows"
)

func (a *app) doctorCommand() *cobra.Command {
	var asJSON bool
	var database string
	c := &cobra.Command{
		Use:   "doctor [DIR]",
		Short: "Look at everything that can be wrong where a bot runs",
		Long: `Looks at a bot from outside: its settings and the files that hold secrets, the bot
itself, its database and the room on the disk, the clocks, the server, what waits to be
handled or sent, the consent ledger, and the Pages and accounts as 'relance connect --check' does.

It changes nothing, runs beside the bot, and prints no secret. Every line is ok, or
says what to do. Exits with 1 if there are errors; warnings are fine.`,
		Example: "  relance doctor shop\n  relance doctor shop --json",
		Args:    arguments(0, 1),
		RunE: func(c *cobra.Command, args []string) error {
			d := &doctor{app: a, dir: folder(args), database: database, now: a.clock.Now()}
			if err := isBot(d.dir); err != nil {
				return failed(err)
			}
			d.examine(c.Context())
			return a.printFindings(d.found, asJSON, "All is well.")
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print what was found as JSON")
	c.Flags().StringVar(&database, "database", "", "database (default RELANCE_DATABASE, else sqlite:relance.db in DIR)")
	return c
}

// doctor is one look at a bot from outside.
type doctor struct {
	app      *app
	dir      string
	database string // the flag
	now      time.Time
	found    findings

	env    *environment
	folder *botFolder // nil if the bot has errors
	up     bool       // a server answers
	real   bool       // the bot has a Page of its own
	// unknown says that its settings do not tell which Pages the bot has: that is said.
	unknown bool
	known   []*realPage // its own Pages and accounts
}

// examine looks at one thing after the other; what hangs on something that is broken is
// left out.
func (d *doctor) examine(ctx context.Context) {
	d.bot()
	if !d.settings() {
		return
	}
	d.server(ctx)
	d.storage(ctx)
	d.zones()
	d.pages(ctx)
}

// bot compiles the folder.
func (d *doctor) bot() {
	fsys := os.DirFS(d.dir)
	program, data, problems, err := readBot(fsys, d.app.setup)
	mistakes, warnings := 0, 0
	for _, p := range problems {
		switch p.Severity {
		case flows.Error:
			mistakes++
		case flows.Warning:
			warnings++
		}
	}
	look := "run 'relance check'"
	switch {
	case err != nil:
		d.found.fail("bot", "bot", look, "the bot cannot be read: %v", err)
	case mistakes > 0 || program == nil:
		d.found.fail("bot", "bot", look, "the bot has %s and does not run", count(mistakes, "mistake"))
	case warnings > 0:
		d.found.warn("bot", "bot-warnings", look, "the bot runs, with %s", count(warnings, "warning"))
	default:
		d.found.ok("bot", "%s has %s and no mistakes", program.Bot.Name, count(len(program.Outlines()), "flow"))
	}
	if err == nil && mistakes == 0 && program != nil {
		d.folder = &botFolder{dir: d.dir, fsys: fsys, program: program, data: data}
	}
}

// settings reads every variable. It reports whether the rest can be looked at.
func (d *doctor) settings() bool {
	env, err := d.app.environment(d.dir)
	if err != nil {
		d.found.fail(".env", "environment", "write lines of NAME=value", "%v", err)
		return false
	}
	d.env = env
	names := settingsRead(d.program())
	before := d.found.count(string(flows.Error))
	for _, name := range names {
		if _, err := env.get(name); err != nil {
			d.found.fail(name+"_FILE", "unreadable", "let the user who runs the bot read the file, or name another one", "%s", strings.TrimPrefix(err.Error(), name+"_FILE: "))
		}
	}
	d.found = append(d.found, env.misspelt(names)...)
	d.exposed(names)
	d.values()
	if d.found.count(string(flows.Error)) > before {
		return d.settled()
	}
	d.found.ok("environment", "every setting can be read")
	return true
}

// accounts are the credentials of the bot's channels.
func (d *doctor) accounts() ([]account, bool, error) {
	if d.folder != nil {
		return d.env.accounts(d.folder.program)
	}
	acc, real, err := d.env.account(typeMessenger)
	return []account{acc}, real, err
}

// program is the bot's; nil if it has errors.
func (d *doctor) program() *flows.Program {
	if d.folder == nil {
		return nil
	}
	return d.folder.program
}

// exposed looks whether others may read the secrets: in .env, and in files that settings
// name.
func (d *doctor) exposed(names []string) {
	open := func(path string) bool {
		info, err := os.Stat(path)
		return err == nil && info.Mode().Perm()&0o044 != 0 && ownPermissions
	}
	if open(filepath.Join(d.dir, ".env")) {
		d.found.warn(".env", "exposed", "chmod 600 .env", "others on this machine can read .env, and the secrets in it")
	}
	for _, name := range names {
		if _, path := d.env.find(name); path != "" && open(path) {
			d.found.warn(name+"_FILE", "exposed", "chmod 600 it, or let it be mounted with mode 0400", "others on this machine can read the file %s", printableWord(path))
		}
	}
}

// values looks at what the settings say.
func (d *doctor) values() {
	fail := func(subject, code, hint string, err error) {
		if err != nil && !errors.Is(err, errSettingFile) { // which is said already
			d.found.fail(subject, code, hint, "%v", err)
		}
	}
	_, err := d.app.logger(d.env)
	fail("LOG_LEVEL", "setting", "take one of them, or leave it out: info is the default", err)
	_, err = d.env.client()
	fail("RELANCE_LISTEN", "setting", "write it as 127.0.0.1:8080, or as :8080 for all addresses of this machine", err)
	_, err = d.env.network()
	fail("RELANCE_ALLOW_PRIVATE", "setting", "set it to 1 if handlers may reach addresses of this network, else leave it out", err)
	public, wrong := d.env.publicURL()
	fail("PUBLIC_URL", "setting", "write the whole address under which people reach the server, with https://", wrong)
	accounts, real, err := d.accounts()
	fail("credentials", "half-set", "'relance help environment' lists what a Page needs", err)
	d.real, d.unknown = real || err != nil, err != nil
	if real && d.folder != nil {
		d.known, err = pagesOf(d.folder.program, d.env, accounts)
		fail("credentials", "page", "'relance help environment' says what the variables of a Page are", err)
		d.unknown = err != nil
	}
	if key, err := d.env.get("RELANCE_SECRET_KEY"); err == nil && key == "" {
		d.found.warn("RELANCE_SECRET_KEY", "unsealed", "make one with: openssl rand -base64 32, and keep it apart from the database", "names, messages and tokens stand in the database in clear")
	}
	if d.folder == nil || !d.real {
		return
	}
	if public == "" && wrong == nil && opensLinks(d.folder.program) {
		d.found.warn("PUBLIC_URL", "untracked", "set it to the https address under which people reach the server", "links in messages lead straight to their address, and clicks are not counted")
	}
	if key, err := d.env.get("RELANCE_API_KEY"); err == nil && key == "" {
		d.found.warn("RELANCE_API_KEY", "no-api", "set it to a long random text, for the server and for who asks it, and start the server anew", "nobody may post events or steer campaigns: beside a real Page /v1 answers only with a key")
	}
}

// settled says whether the settings that were found wrong leave the database and the
// server to be found.
func (d *doctor) settled() bool {
	for _, f := range d.found {
		if f.Level == string(flows.Error) && (strings.HasPrefix(f.Subject, "RELANCE_") || f.Subject == ".env") {
			return false
		}
	}
	return true
}

// zones looks whether this machine knows time zones at all.
func (d *doctor) zones() {
	name := "Europe/Paris"
	if d.folder != nil && d.folder.program.Bot.Timezone != "" {
		name = d.folder.program.Bot.Timezone
	}
	if _, err := bot.Location(name); err != nil {
		d.found.fail("time zones", "zones", "look at ZONEINFO", "this machine does not know the time zone %s", name)
		return
	}
	d.found.ok("time zones", "known, %s among them", name)
}

// pages looks at every Page as connect does, and changes nothing.
func (d *doctor) pages(ctx context.Context) {
	if d.folder == nil {
		return
	}
	if !d.real {
		d.found.ok("page", "no credentials are set: 'relance run' uses an emulated Page")
		return
	}
	if _, wrong := d.env.publicURL(); d.unknown || wrong != nil {
		return // said already
	}
	d.platformClock(ctx, d.known[0].account)
	for _, page := range d.known {
		l := &connection{realPage: page, connectOptions: connectOptions{look: true}, now: d.now}
		if err := l.look(ctx); err != nil {
			d.found.fail(l.who(), "page", "look at PUBLIC_URL", "%v", err)
		}
		d.once(pageOf(page.channel), l)
		d.found = append(d.found, l.found...)
	}
}

// once lets what is stored of a token that was refused, and what the platform says of it
// now, be one finding.
func (d *doctor) once(page string, l *connection) {
	rest := slices.IndexFunc(d.found, func(f finding) bool { return f.Code == "rest-token" && f.Subject == page })
	now := slices.IndexFunc(l.found, func(f finding) bool { return f.Subject == l.variable("ACCESS_TOKEN") })
	if rest < 0 || now < 0 {
		return
	}
	switch is := &l.found[now]; {
	case is.Level == levelOK:
		d.found[rest].Level, d.found[rest].Hint = string(flows.Warning), "it takes the one that is set now: a bot that runs takes it up from .env or its file, and what waits goes out"
	case is.Code == "token-dead":
		is.Message += "; " + d.found[rest].Message
		is.Hint += "; " + takenUp
		d.found = slices.Delete(d.found, rest, rest+1)
	}
}
