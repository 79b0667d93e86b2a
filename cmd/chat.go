package cmd

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/bot/chat"
	"github.com/relance-bot/relance/bot/messenger/emulator"
)

func (a *app) chatCommand() *cobra.Command {
	var name, locale, zone string
	c := &cobra.Command{
		Use:   "chat [DIR]",
		Short: "Talk with the bot in the terminal",
		Long: `Talks with the bot in the terminal, through the whole runtime and the emulated
platform. Nothing is kept. Write to the bot, tap by number, and move the clock:

` + chatHelp,
		Example: "  relance chat shop\n  relance chat shop --name Zoé --locale fr_FR --timezone Europe/Paris",
		Args:    arguments(0, 1),
		RunE: func(c *cobra.Command, args []string) error {
			return a.chat(c.Context(), folder(args), name, locale, zone)
		},
	}
	c.Flags().StringVar(&name, "name", "Zoé", "first name of the person")
	c.Flags().StringVar(&locale, "locale", "", "their locale (default the bot's)")
	c.Flags().StringVar(&zone, "timezone", "", "their time zone (default the bot's)")
	return c
}

// chatHelp is what can be done in a chat.
const chatHelp = `  hello                   write
  2                       tap the label with that number; /say 2 writes a 2
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

// talk is one chat in the terminal.
type talk struct {
	app    *app
	stage  *stage
	screen *screen
	errors *notices
	person string
	before time.Time // when the clock was last brought up to the machine's
	lively bool      // a person at a terminal, who sees things happen on their own
}

func (a *app) chat(ctx context.Context, dir, name, locale, zone string) error {
	folder, err := a.load(dir)
	if err != nil {
		return err
	}
	heard := &notices{}
	st, err := newStageAt(ctx, folder, time.Now(), chat.Setup{}, a.setup, slog.New(heard))
	if err != nil {
		return failed(err)
	}
	defer st.Close()
	attrs := map[string]string{"locale": locale}
	if locale == "" {
		attrs["locale"] = platformLocale(folder.program)
	}
	if zone != "" {
		if _, err := bot.Location(zone); err != nil {
			return fmt.Errorf("--timezone: %w", err)
		}
		attrs["timezone"] = zone
	}
	id, err := st.Person(ctx, name, attrs)
	if err != nil {
		return failed(err)
	}
	t := &talk{
		app: a, stage: st, person: id, errors: heard, before: time.Now(),
		screen: newScreen(a.stdout), lively: terminal(a.stdin) && terminal(a.stdout),
	}
	t.screen.note("Talking with %s as %s. /help says what else you can do, /quit leaves.", folder.program.Bot.Name, name)
	return t.run(ctx)
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
	now := time.Now()
	passed := now.Sub(t.before)
	t.before = now
	err := t.stage.AdvanceTo(ctx, t.stage.Now().Add(passed))
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// show prints what the bot said since, and reports whether there was something.
func (t *talk) show() bool {
	shown := t.screen.show(t.stage.platform.Chat(t.person))
	for _, problem := range t.errors.lines() {
		t.screen.note("%s", problem)
		shown = true
	}
	return shown
}

// do does what a line says.
func (t *talk) do(ctx context.Context, line string) error {
	if n, err := strconv.Atoi(line); err == nil {
		if tap := t.screen.tap(n); tap != nil {
			return t.tap(ctx, tap)
		}
	}
	if !strings.HasPrefix(line, "/") {
		return t.act(ctx, chat.Act{Kind: chat.Write, Text: line})
	}
	word, rest, _ := strings.Cut(line[1:], " ")
	rest = strings.TrimSpace(rest)
	switch word {
	case "help":
		t.screen.note("%s", chatHelp)
		return nil
	case "say":
		return t.act(ctx, chat.Act{Kind: chat.Write, Text: rest})
	case "accept", "start", "block":
		return t.act(ctx, chat.Act{Kind: chat.ActKind(word)})
	case "stop", "resume":
		return t.toggle(ctx, chat.ActKind(word), rest)
	case "ref":
		return t.act(ctx, chat.Act{Kind: chat.Referral, Text: rest})
	case "image", "comment", "react":
		return t.act(ctx, chat.Act{Kind: chat.ActKind(word), Text: rest})
	case "location":
		return t.location(ctx, rest)
	case "event":
		return t.event(ctx, rest)
	case "now":
		return t.now(ctx)
	case "next":
		return t.next(ctx)
	case "why":
		return t.app.why(ctx, t.stage.bot, t.stage.contact(t.person), "", false)
	}
	if d, err := span(word); err == nil {
		zone, err := t.stage.Zone(ctx, t.person)
		if err != nil {
			return err
		}
		return t.moveTo(ctx, d(t.stage.Now().In(zone)))
	}
	return fmt.Errorf("there is no command /%s: /help lists them", word)
}

// act lets the person do something, and says so when nothing follows.
func (t *talk) act(ctx context.Context, act chat.Act) error {
	if err := t.stage.Act(ctx, t.person, act); err != nil {
		return err
	}
	if !t.show() {
		t.screen.note("(no answer)")
	}
	return nil
}

// tap taps one button of one message.
func (t *talk) tap(ctx context.Context, at *tappable) error {
	if at.optIn {
		return t.act(ctx, chat.Act{Kind: chat.Accept})
	}
	if err := t.stage.platform.TapButton(t.person, at.message, at.button.ID); err != nil {
		return err
	}
	if at.opens != "" {
		t.screen.note("opens %s", at.opens)
	}
	return t.stage.settle(ctx)
}

// toggle uses the platform's own switch for a topic. Without a title it is that of
// the only request there was.
func (t *talk) toggle(ctx context.Context, kind chat.ActKind, title string) error {
	if title == "" {
		titles := map[string]bool{}
		for _, m := range t.stage.platform.Chat(t.person) {
			if m.Kind == emulator.KindOptIn {
				titles[m.OptIn.Title] = true
			}
		}
		if len(titles) != 1 {
			return fmt.Errorf("write /%s and the title of a topic: %s", kind, strings.Join(slices.Sorted(maps.Keys(titles)), ", "))
		}
		for only := range titles {
			title = only
		}
	}
	return t.act(ctx, chat.Act{Kind: kind, Text: title})
}

func (t *talk) location(ctx context.Context, rest string) error {
	first, second, _ := strings.Cut(rest, ",")
	lat, err := strconv.ParseFloat(strings.TrimSpace(first), 64)
	if err != nil {
		return errors.New("write /location 48.85,2.35")
	}
	lon, err := strconv.ParseFloat(strings.TrimSpace(second), 64)
	if err != nil {
		return errors.New("write /location 48.85,2.35")
	}
	return t.act(ctx, chat.Act{Kind: chat.Location, Lat: lat, Lon: lon})
}
