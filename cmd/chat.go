package cmd

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/relance-bot/relance/bot/chat"
)

func (a *app) chatCommand() *cobra.Command {
	var name, locale, zone string
	c := &cobra.Command{
		Use:   "chat [DIR]",
		Short: "Talk with the bot in the terminal",
		Long: `Talks with the bot in the terminal, through the whole runtime and the emulated
platform. Nothing is kept. Write to the bot, tap by number, and move the clock:

  hello             write
  2                 tap the second of the numbered labels
  /accept           accept the newest opt-in request
  /stop TITLE       the platform's own switch; /resume TITLE
  /start            Get Started
  /ref REF          come by a link
  /event NAME k=v   something happens in the shop
  /+3d  /+20h       move the clock
  /now  /why        the time; what was decided about notifications
  /quit             leave (also Ctrl-D)`,
		Example: "  relance chat shop\n  relance chat shop --name Zoé --locale fr_FR --timezone Europe/Paris",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return a.chat(c.Context(), folder(args), name, locale, zone)
		},
	}
	c.Flags().StringVar(&name, "name", "Zoé", "first name of the person")
	c.Flags().StringVar(&locale, "locale", "", "their locale (default the bot's)")
	c.Flags().StringVar(&zone, "timezone", "", "their time zone (default the bot's)")
	return c
}

// talk is one chat in the terminal.
type talk struct {
	app    *app
	stage  *stage
	person string
	shown  int      // messages printed
	labels []string // of the newest message that has some, by number
	before time.Time
	bold   func(string) string
	dim    func(string) string
}

func (a *app) chat(ctx context.Context, dir, name, locale, zone string) error {
	folder, err := a.load(dir)
	if err != nil {
		return err
	}
	st, err := newStage(ctx, folder, chat.Setup{}, a.setup)
	if err != nil {
		return failed(err)
	}
	defer st.Close()
	st.clock.Set(time.Now())
	attrs := map[string]string{}
	if locale != "" {
		attrs["locale"] = locale
	}
	if zone != "" {
		attrs["timezone"] = zone
	}
	id, err := st.Person(ctx, name, attrs)
	if err != nil {
		return failed(err)
	}
	t := &talk{app: a, stage: st, person: id, before: time.Now(), bold: style(a.stdout, "1"), dim: style(a.stdout, "2")}
	fmt.Fprintln(a.stdout, t.dim("Talking with "+folder.program.Bot.Name+" as "+name+". /help says what else you can do, /quit leaves."))
	return t.run(ctx)
}

// style wraps text in a terminal's escape codes, where that helps.
func style(w io.Writer, code string) func(string) string {
	if !colorful(w) {
		return func(s string) string { return s }
	}
	return func(s string) string { return "\x1b[" + code + "m" + s + "\x1b[0m" }
}

func (t *talk) run(ctx context.Context) error {
	lines := bufio.NewScanner(t.app.stdin)
	for {
		fmt.Fprint(t.app.stdout, t.bold("> "))
		if !lines.Scan() || ctx.Err() != nil {
			fmt.Fprintln(t.app.stdout)
			return nil
		}
		line := strings.TrimSpace(lines.Text())
		if line == "/quit" {
			return nil
		}
		if line == "" {
			continue
		}
		if err := t.do(ctx, line); err != nil {
			fmt.Fprintln(t.app.stdout, t.dim(err.Error()))
		}
		if err := t.print(ctx); err != nil {
			return failed(err)
		}
	}
}

// do does what a line says. Time goes on as it does outside.
func (t *talk) do(ctx context.Context, line string) error {
	now := time.Now()
	passed := now.Sub(t.before)
	t.before = now
	if err := t.stage.AdvanceTo(ctx, t.stage.Now().Add(passed)); err != nil {
		return err
	}
	if n, err := strconv.Atoi(line); err == nil && n >= 1 && n <= len(t.labels) {
		return t.stage.Act(ctx, t.person, chat.Act{Kind: chat.Tap, Text: t.labels[n-1]})
	}
	if !strings.HasPrefix(line, "/") {
		return t.stage.Act(ctx, t.person, chat.Act{Kind: chat.Write, Text: line})
	}
	word, rest, _ := strings.Cut(line[1:], " ")
	rest = strings.TrimSpace(rest)
	switch word {
	case "help":
		fmt.Fprintln(t.app.stdout, t.dim("/accept  /stop TITLE  /resume TITLE  /start  /ref REF  /event NAME k=v  /+3d  /now  /why  /quit; a number taps"))
		return nil
	case "accept":
		return t.stage.Act(ctx, t.person, chat.Act{Kind: chat.Accept})
	case "stop":
		return t.stage.Act(ctx, t.person, chat.Act{Kind: chat.Stop, Text: rest})
	case "resume":
		return t.stage.Act(ctx, t.person, chat.Act{Kind: chat.Resume, Text: rest})
	case "start":
		return t.stage.Act(ctx, t.person, chat.Act{Kind: chat.Start})
	case "ref":
		return t.stage.Act(ctx, t.person, chat.Act{Kind: chat.Referral, Text: rest})
	case "event":
		return t.event(ctx, rest)
	case "now":
		return t.now(ctx)
	case "why":
		return t.app.why(ctx, t.stage.bot, t.stage.contact(t.person), "", false)
	}
	if d, err := span(word); err == nil {
		if err := t.stage.AdvanceTo(ctx, d(t.stage.Now())); err != nil {
			return err
		}
		return t.now(ctx)
	}
	return errors.New("there is no such command: /help lists them")
}

func (t *talk) event(ctx context.Context, rest string) error {
	words := strings.Fields(rest)
	if len(words) == 0 {
		return errors.New("/event NAME k=v …")
	}
	data := map[string]string{}
	for _, w := range words[1:] {
		key, value, ok := strings.Cut(w, "=")
		if !ok {
			return fmt.Errorf("%q is not k=v", w)
		}
		data[key] = value
	}
	return t.stage.Event(ctx, words[0], data, "")
}

func (t *talk) now(ctx context.Context) error {
	zone, err := t.stage.Zone(ctx, t.person)
	if err != nil {
		return err
	}
	fmt.Fprintln(t.app.stdout, t.dim("It is "+t.stage.Now().In(zone).Format("Monday 2 January 2006, 15:04")+" in "+zone.String()+"."))
	return nil
}

// span reads "+3d", "+20h", "+2w", "+90m" as a move of the clock.
func span(word string) (func(time.Time) time.Time, error) {
	number, ok := strings.CutPrefix(word, "+")
	if !ok || len(number) < 2 {
		return nil, errors.New("no span of time")
	}
	n, err := strconv.Atoi(number[:len(number)-1])
	if err != nil || n < 0 || n > 10_000 {
		return nil, errors.New("no span of time")
	}
	switch number[len(number)-1] {
	case 'm':
		return func(t time.Time) time.Time { return t.Add(time.Duration(n) * time.Minute) }, nil
	case 'h':
		return func(t time.Time) time.Time { return t.Add(time.Duration(n) * time.Hour) }, nil
	case 'd':
		return func(t time.Time) time.Time { return t.AddDate(0, 0, n) }, nil
	case 'w':
		return func(t time.Time) time.Time { return t.AddDate(0, 0, 7*n) }, nil
	}
	return nil, errors.New("no span of time")
}

// print shows what the bot said since, with its labels numbered.
func (t *talk) print(ctx context.Context) error {
	said, err := t.stage.Said(ctx, t.person)
	if err != nil {
		return err
	}
	for _, m := range said[t.shown:] {
		var labels []string
		if m.Kind == "text" {
			fmt.Fprintln(t.app.stdout, "  "+strings.ReplaceAll(m.Text, "\n", "\n  "))
		} else if m.Kind != "cards" {
			fmt.Fprintf(t.app.stdout, "  (%s) %s\n", m.Kind, m.Text)
		}
		for _, c := range m.Cards {
			fmt.Fprintf(t.app.stdout, "  ┌ %s\n  └ %s\n", t.bold(c.Title), c.Subtitle)
			labels = append(labels, c.Labels...)
		}
		labels = append(labels, m.Labels...)
		if len(labels) > 0 {
			t.labels = labels
			for i, l := range labels {
				fmt.Fprintf(t.app.stdout, "    %s %s\n", t.bold(strconv.Itoa(i+1)), l)
			}
		}
		if m.Kind == "opt-in" {
			fmt.Fprintln(t.app.stdout, t.dim("    /accept says yes"))
		}
	}
	t.shown = len(said)
	return nil
}
