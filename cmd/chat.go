package cmd

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/relance-bot/relance/bot"
)

func (a *app) chatCommand() *cobra.Command {
	var who talker
	var place elsewhere
	c := &cobra.Command{
		Use:   "chat [DIR]",
		Short: "Talk with the bot in the terminal",
		Long: `Talks with the bot in the terminal, through the whole runtime and the emulated
platform. Nothing is kept, unless --record names a transcript: that passes
'relance test' as it is written, with what handlers answered in its lines
'! call'. Write to the bot, tap by number, and move the clock:

` + chatHelp,
		Example: "  relance chat shop\n  relance chat shop --name Zoé --locale fr_FR --timezone Europe/Paris\n  relance chat shop --record shop/chats/sizes.chat",
		Args:    arguments(0, 1),
		RunE: func(c *cobra.Command, args []string) error {
			return a.chat(c.Context(), folder(args), who, place)
		},
	}
	place.flags(c)
	c.Flags().StringVar(&who.name, "name", "Zoé", "first name of the person")
	c.Flags().StringVar(&who.locale, "locale", "", "their locale (default the bot's)")
	c.Flags().StringVar(&who.zone, "timezone", "", "their time zone (default the bot's)")
	c.Flags().StringVar(&who.record, "record", "", "write what happens to this file, as a transcript")
	c.Flags().BoolVar(&who.force, "force", false, "let --record write over a file")
	return c
}

// chatHelp is what can be done in a chat.
const chatHelp = `  hello                   write
  2                       tap the label with that number; /say 2 writes a 2
  /tap LABEL              tap an entry of the menu, an ice breaker, or an older button
  /accept                 accept the newest opt-in request
  /stop TITLE             the platform's own switch for a topic; /resume TITLE
  /start                  Get Started
  /ref REF                come by a link
  /image URL              send a picture; also /location LAT,LON  /comment TEXT
  /react ❤                react to the newest message; /block blocks the Page
  /event NAME k=v …       something happens in the shop; contact=me for this person only
  /+3d  /+20h  /+15m      move the clock; /next moves it to what is due next
  /now  /why              the time; what was decided about notifications
  /quit                   leave (also Ctrl-D, Ctrl-C)`

// talker is who talks in the terminal, and where that is written down.
type talker struct {
	name, locale, zone string
	record             string // a file; empty: nowhere
	force              bool   // the file may be there
}

// talk is one chat in the terminal.
type talk struct {
	app    *app
	stage  *stage
	screen *screen
	errors *notices
	tape   *tape // nil unless it is written down
	person string
	name   string    // the person's
	before time.Time // when the clock was last brought up to the machine's
	lively bool      // a person at a terminal, who sees things happen on their own
}

func (a *app) chat(ctx context.Context, dir string, who talker, place elsewhere) (err error) {
	start, err := place.at()
	if err != nil {
		return err
	}
	folder, err := a.load(dir)
	if err != nil {
		return err
	}
	if err := place.move(folder.program); err != nil {
		return err
	}
	attrs := map[string]string{"locale": who.locale}
	if who.locale == "" {
		attrs["locale"] = platformLocale(folder.program)
	}
	if who.zone != "" {
		if _, err := bot.Location(who.zone); err != nil {
			return fmt.Errorf("--timezone: %w", err)
		}
		attrs["timezone"] = who.zone
	}
	t := &talk{
		app: a, name: who.name, errors: &notices{}, before: time.Now(),
		screen: newScreen(a.stdout), lively: terminal(a.stdin) && terminal(a.stdout),
	}
	began := t.before
	if !start.IsZero() {
		began = start
	}
	zone, err := bot.Location(folder.program.Bot.Timezone)
	if err != nil {
		return failed(err)
	}
	if who.record != "" {
		began = began.Truncate(time.Minute)
	}
	env, err := a.environment(dir)
	if err != nil {
		return failed(err)
	}
	reach, err := env.network()
	if err != nil {
		return failed(err)
	}
	if t.stage, err = newStageAt(ctx, folder, began, reach, a.setup, slog.New(t.errors), t.called); err != nil {
		return failed(err)
	}
	defer t.stage.Close()
	if err := missingSecrets(t.stage.bot, folder.program); err != nil {
		return failed(err)
	}
	// The file is begun last: a chat that cannot begin leaves none.
	if who.record != "" {
		if t.tape, err = newTape(who.record, who.force, folder.program.Bot.Name, began, zone); err != nil {
			return err
		}
		t.tape.to.Person(who.name, attrs)
		defer func() { err = errors.Join(err, t.recorded(who.record)) }()
	}
	if t.person, err = t.stage.Person(ctx, who.name, attrs); err != nil {
		return failed(err)
	}
	t.screen.note("Talking with %s as %s. /help says what else you can do, /quit leaves.", folder.program.Bot.Name, who.name)
	return t.run(ctx)
}

// called hears what a call came to: it is written down, and why one failed is shown.
// What an address answers beyond what bot.yaml declares is left out.
func (t *talk) called(a bot.Answer) {
	if a.Problem != "" {
		t.errors.add(failedCall(a))
	}
	if h, ok := t.stage.folder.program.Handler(a.Handler); ok && !t.stage.bot.Handles(a.Handler) {
		a.Result = declared(h, a.Result)
	}
	t.tape.called(a)
}

// recorded ends the transcript and says where it is.
func (t *talk) recorded(file string) error {
	if err := t.tape.close(); err != nil {
		return failed(fmt.Errorf("--record: %w", err))
	}
	t.screen.note("Written to %s.", file)
	return nil
}

// run talks until the person leaves.
func (t *talk) run(ctx context.Context) error {
	lines := make(chan string)
	over := make(chan error, 1)
	go func() { over <- readLines(ctx, t.app.stdin, lines) }()
	tick := time.NewTicker(500 * time.Millisecond)
	defer tick.Stop()
	t.screen.prompt()
	for {
		select {
		case <-ctx.Done():
			t.screen.end()
			return nil
		case err := <-over:
			t.screen.end()
			if err != nil {
				return failed(err)
			}
			return nil
		case <-tick.C:
			if !t.lively {
				continue
			}
			if err := t.catchUp(ctx); err != nil {
				return failed(err)
			}
			if t.show() {
				t.screen.prompt()
			}
		case line := <-lines:
			if !t.lively {
				t.screen.echo(line)
			}
			if line == "/quit" {
				return nil
			}
			if err := t.line(ctx, line); err != nil {
				return failed(err)
			}
			t.screen.prompt()
		}
	}
}

func readLines(ctx context.Context, r io.Reader, to chan<- string) error {
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		select {
		case to <- strings.TrimSpace(lines.Text()):
		case <-ctx.Done():
			return nil
		}
	}
	return lines.Err()
}

// line does what a line says, and shows what follows. What cannot be done is said;
// an error ends the chat.
func (t *talk) line(ctx context.Context, line string) error {
	if err := t.catchUp(ctx); err != nil {
		return err
	}
	if line == "" {
		t.show()
		return nil
	}
	err := t.do(ctx, line)
	if ctx.Err() != nil {
		return nil
	}
	t.show()
	if err != nil {
		t.screen.note("%s", err)
	}
	return nil
}

// catchUp lets the stage's time go on as it does outside.
func (t *talk) catchUp(ctx context.Context) error {
	passed, err := t.passed(ctx, time.Since(t.before))
	if err != nil || passed == 0 {
		return err
	}
	t.before = t.before.Add(passed)
	err = t.stage.AdvanceTo(ctx, t.stage.Now().Add(passed))
	if ctx.Err() != nil {
		return nil
	}
	if err == nil {
		t.tape.passed(passed)
		err = t.tape.happened(ctx, t.stage, t.person, nil)
	}
	return err
}

// passed is how much of the time that has passed the stage's clock is to move by. Where
// it is written down that is whole minutes, unless something is due.
func (t *talk) passed(ctx context.Context, since time.Duration) (time.Duration, error) {
	if t.tape == nil {
		return since, nil
	}
	due, ok, err := t.stage.bot.NextDue(ctx)
	if err != nil {
		return 0, err
	}
	if by := due.Sub(t.stage.clock.Now()); ok && by <= since {
		if whole := wholeSeconds(by); whole <= since {
			return max(whole, since.Truncate(time.Minute)), nil
		}
	}
	return since.Truncate(time.Minute), nil
}

// wholeSeconds rounds up.
func wholeSeconds(d time.Duration) time.Duration {
	return (max(d, 0) + time.Second - 1).Truncate(time.Second)
}

// show prints what the bot said since, and reports whether there was something.
func (t *talk) show() bool {
	shown := t.screen.show(t.stage.on(t.person).Chat(t.person))
	for _, problem := range t.errors.lines() {
		t.screen.note("%s", problem)
		shown = true
	}
	return shown
}
