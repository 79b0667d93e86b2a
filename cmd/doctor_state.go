package cmd

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/bot/messenger"
	"github.com/relance-bot/relance/storage"
	"github.com/relance-bot/relance/storage/postgres"
	"github.com/relance-bot/relance/storage/sealed"
)

// Bounds that doctor goes by.
const (
	littleRoom   = 1 << 30   // bytes on the disk, below which it warns
	noRoom       = 100 << 20 // below which a bot should not go on
	clockWarns   = 30 * time.Second
	clockFails   = 5 * time.Minute // the platform takes no older proof
	backlogWarns = time.Minute
	sealWarns    = 5 * time.Minute
	lookTimeout  = 5 * time.Second
)

// server asks whether the bot's server is up and well.
func (d *doctor) server(ctx context.Context) {
	client, err := d.env.client()
	if err != nil {
		return // said already
	}
	got, err := probe(ctx, lookTimeout, http.MethodGet, client.base+"/readyz", nil, nil)
	switch {
	case err != nil:
		d.found.warn("server", "server-down", "start it with 'relance run', or set RELANCE_LISTEN to where it listens", "no server answers at %s: nothing is received or sent", client.address)
	case got.status == http.StatusOK:
		d.up = true
		d.found.ok("server", "ready at %s", client.address)
	case got.status == http.StatusServiceUnavailable:
		d.up = true
		d.found.fail("server", "server-unready", "its log says which check fails; /readyz shows them", "the server at %s is not ready", client.address)
	default:
		d.found.fail("server", "server-stranger", "set RELANCE_LISTEN to where the bot listens", "what answers at %s is not the bot: status %d", client.address, got.status)
	}
}

// storage looks at the database, and at what waits in it.
func (d *doctor) storage(ctx context.Context) {
	place, err := databaseOf(d.dir, d.database, d.env)
	if err != nil {
		d.found.fail("database", "database", "look at RELANCE_DATABASE and RELANCE_SECRET_KEY: 'relance help environment' says what they may be", "%v", err)
		return
	}
	d.room(place)
	store, err := place.open(ctx, toLook, d.app.clock.Now)
	if missing := (*missingDatabase)(nil); errors.As(err, &missing) {
		if d.up && place.url != "" {
			d.found.warn("database", "database-other", "look at RELANCE_DATABASE and --database, and at the role's search_path", "no bot has used this one, though a server is up: that has another")
			return
		}
		d.found.ok("database", "there is none yet: 'relance run' makes it")
		return
	}
	if err != nil {
		d.found.fail("database", "database", databaseHint(err), "%s", strings.Join(strings.Fields(unadvised(err).Error()), " "))
		return
	}
	defer store.Close()
	if err := store.Check(ctx); err != nil {
		d.found.fail("database", "database-readonly", "look at the disk, and at who may write to the database", "the database takes no write: %v", err)
		return
	}
	d.found.ok("database", "reachable, of this version, and takes writes")
	d.databaseClock(store)
	d.people(ctx, store)
	d.surroundings(ctx, store)
	d.condition(ctx, store)
}

// unadvised is an error of opening a database without what to do about it.
func unadvised(err error) error {
	if refused := new(postgres.Refusal); errors.As(err, &refused) {
		return refused.Err
	}
	return err
}

// databaseHint is what to do about a database that cannot be opened.
func databaseHint(err error) string {
	refused := new(postgres.Refusal)
	switch {
	case errors.As(err, &refused):
		return refused.Do
	case errors.Is(err, sealed.ErrKey):
		return "set RELANCE_SECRET_KEY to the key that the database was written with"
	case errors.Is(err, storage.ErrOlder):
		return "take the version of relance that runs, or stop it and start this one"
	case errors.Is(err, storage.ErrNewer):
		return "take the version of relance that wrote it, or a newer one"
	}
	return "look whether it runs, and at RELANCE_DATABASE"
}

// room looks at the space that is left for a file.
func (d *doctor) room(place database) {
	if place.file == "" {
		return
	}
	folder := filepath.Dir(place.file)
	if info, err := os.Stat(folder); err != nil || !info.IsDir() {
		return // opening it says why
	}
	measure := d.app.room
	if measure == nil {
		measure = freeBytes
	}
	free, ok := measure(folder)
	switch {
	case !ok:
	case free < noRoom:
		d.found.fail("disk", "disk-full", "make room, or move the database", "%s are left for the database", megabytes(free))
	case free < littleRoom:
		d.found.warn("disk", "disk-low", "make room, or move the database", "%s are left for the database", megabytes(free))
	default:
		d.found.ok("disk", "there is room for the database")
	}
}

func megabytes(bytes uint64) string { return fmt.Sprintf("%d MB", bytes>>20) }

// databaseClock compares the machine's clock with that of a database that has one.
func (d *doctor) databaseClock(store storage.Store) {
	shared := store.Abilities().Shared
	if shared == nil {
		return
	}
	off := shared.Offset()
	if off.Abs() < clockWarns {
		d.found.ok("clock", "in step with the database's")
		return
	}
	d.found.warn("clock", "clock-database", "let NTP set it: timedatectl set-ntp true", "this machine's clock is %s from the database's, by which bots go", off.Abs().Round(time.Second))
}

// people looks whether the database is another bot's.
func (d *doctor) people(ctx context.Context, store storage.Store) {
	if len(d.known) == 0 || d.unknown {
		return
	}
	var pages []string
	for _, p := range d.known {
		pages = append(pages, pageOf(p.channel))
	}
	if theirs, err := strangersIn(ctx, store, pages); err == nil && theirs != "" { // what fails is said of what is read next
		d.found.warn("database", "database-people", "look at RELANCE_DATABASE and --database: each bot has one of its own, and ends the schedules that another has in it",
			"it knows people of %s, and nobody of %s", theirs, strings.Join(pages, " and "))
	}
}

// surroundings asks a database on a server how that is set up.
func (d *doctor) surroundings(ctx context.Context, store storage.Store) {
	surveyor := store.Abilities().Surveyor
	if surveyor == nil {
		return
	}
	worries, err := surveyor.Survey(ctx)
	if err != nil {
		d.found.fail("database", "database", databaseHint(err), "asking the database's server how it is set up: %v", unadvised(err))
		return
	}
	for _, w := range worries {
		d.found.warn("database", "database-"+w.Code, w.Do, "%s", w.What)
	}
}

// platformClock compares it with the platform's, to the second: that is how precise the
// date of an answer is.
func (d *doctor) platformClock(ctx context.Context, acc account) {
	base := acc.GraphURL
	if base == "" {
		base = messenger.DefaultGraphURL
	}
	got, err := probe(ctx, lookTimeout, http.MethodGet, base, nil, nil)
	if err != nil {
		return // connecting says so
	}
	date, err := http.ParseTime(got.header.Get("Date"))
	if err != nil {
		return
	}
	off := d.now.Sub(date).Round(time.Second)
	way := "ahead of"
	if off < 0 {
		way = "behind"
	}
	hint := "let NTP set it: timedatectl set-ntp true"
	switch {
	case off.Abs() >= clockFails:
		d.found.fail("clock", "clock-platform", hint, "this machine's clock is %s %s the platform's: windows and schedules are off by as much", off.Abs(), way)
	case off.Abs() >= clockWarns:
		d.found.warn("clock", "clock-platform", hint, "this machine's clock is %s %s the platform's", off.Abs(), way)
	default:
		d.found.ok("clock", "in step with the platform's")
	}
}

// condition looks at what waits, at the ledger, and at pages that rest.
func (d *doctor) condition(ctx context.Context, store storage.Store) {
	if d.folder == nil || d.unknown {
		return
	}
	b, clock, err := d.app.inspected(ctx, d.folder, d.env, store)
	if err != nil {
		d.found.fail("database", "database", databaseHint(err), "%v", err)
		return
	}
	now := clock.Now()
	if missing := b.MissingSecrets(b.Program()); len(missing) > 0 {
		d.found.fail("handlers", "secrets", "set it in the environment or in .env", "handlers or webhooks of bot.yaml need %s", strings.Join(missing, " and "))
	}
	c, err := b.Condition(ctx)
	if err != nil {
		d.found.fail("database", "database", databaseHint(err), "reading the database: %v", err)
		return
	}
	d.resting(c.Resting, now)
	for _, l := range c.Shut {
		d.found.warn(l.Page, "lane-shut", laneShutHint,
			"the platform has closed the lane %s until %s%s; what no other lane carries is held", l.Lane, instant(l.Until), refusedBy(l.Code))
	}
	d.backlog("inbox", atMost(c.Inputs, "person waits for an answer", "people wait for an answer"), c.InputSince, now)
	d.backlog("outbox", atMost(c.Sends, "message waits to be sent", "messages wait to be sent"), c.SendSince, now)
	switch age := now.Sub(c.UnsealedSince); {
	case c.Unsealed > 0 && age > sealWarns:
		d.found.warn("ledger", "ledger-unsealed", "start the bot: it seals them; 'relance consent verify' looks at the rest", "%s of the consent ledger not sealed for %s", atMost(c.Unsealed, "entry", "entries"), age.Round(time.Second))
	default:
		d.found.ok("ledger", "sealed")
	}
	if len(c.Unknown) > 0 {
		d.found.warn("time zones", "zones-unknown", "take a newer relance: it brings the zones along", "people live in time zones that are not known here: %s", printableWord(strings.Join(c.Unknown, ", ")))
	}
}

// atMost writes a count that stops at a thousand.
func atMost(n int, one, many string) string {
	switch {
	case n == 1:
		return "1 " + one
	case n >= 1000:
		return "at least 1000 " + many
	}
	return fmt.Sprintf("%d %s", n, many)
}

// backlog says what waits, and since when the oldest does.
func (d *doctor) backlog(where, what string, since, now time.Time) {
	age := now.Sub(since).Round(time.Second)
	switch {
	case since.IsZero():
		d.found.ok(where, "nothing waits")
	case age < backlogWarns:
		d.found.ok(where, "%s, the oldest for %s", what, age)
	case d.up:
		d.found.warn(where, where+"-behind", "its log and /metrics say what it does; a Page that rests is said above", "%s, the oldest for %s, though the server is up", what, age)
	default:
		d.found.warn(where, where+"-behind", "start the bot with 'relance run'", "%s, the oldest for %s", what, age)
	}
}

// takenUp is what becomes of a new token.
const takenUp = "set a good one, in .env or the file that it is read from: a bot that runs takes it up, and what waits goes out"

// resting says which pages are left alone, and why.
func (d *doctor) resting(pages []bot.Resting, now time.Time) {
	for _, p := range pages {
		since := instant(p.Since)
		switch p.Reason {
		case "token":
			d.found.fail(p.Page, "rest-token", takenUp+". "+d.tokensOf(p.Page), "the platform has refused the access token since %s; everything is kept", since)
		case "backoff":
			d.found.warn(p.Page, "rest-limit", "wait; a lower rate: in bot.yaml keeps clear of it", "the platform has wanted fewer messages since %s%s", since, triesAt(p.Until, now))
		default:
			d.found.fail(p.Page, "rest-page", "look at the Page's quality and its support inbox: business.facebook.com → Business Support Home", "the platform has not let the Page send since %s%s; everything is kept", since, triesAt(p.Until, now))
		}
	}
}

// laneShutHint is what to do about a lane that is closed for a whole Page.
const laneShutHint = "look at the campaign, its budget and the account's credit in the Ads Manager; 'relance why' says of a person what is held"

// refusedBy names the platform's code, if it gave one.
func refusedBy(code string) string {
	if code == "" {
		return ""
	}
	return " (code " + printableWord(code) + ")"
}

// tokensOf is where the access token of a page, CHANNEL:PAGE, is made.
func (d *doctor) tokensOf(page string) string {
	for _, p := range d.known {
		if pageOf(p.channel) == page {
			return (&connection{realPage: p}).at().tokens
		}
	}
	return atTokens
}

func triesAt(until, now time.Time) string {
	if !until.After(now) {
		return ""
	}
	return ", and is tried again at " + instant(until)
}

// instant is how a time is written in a line of doctor.
func instant(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }
