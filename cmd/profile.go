package cmd

import (
	"context"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/relance-bot/relance/bot/messenger"
	"github.com/relance-bot/relance/flows"
)

func (a *app) profileCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "profile",
		Short: "Give the Page its greeting, menu and ice breakers",
		Long: `What a Page shows beside a conversation is kept by the platform: the Get Started
button, the greeting, the ice breakers and the persistent menu. bot.yaml says what it
is (greeting:, ice_breakers: and menu: of a channel, in every language of locales/), and
these verbs bring it to a real Page, by the MESSENGER_ variables. A changed menu may take
a day to reach every phone.`,
		Args: unknownVerb,
		RunE: showHelp,
	}
	var asJSON bool
	for _, verb := range []*cobra.Command{
		{
			Use: "show [DIR]", Short: "Show what the Page has now", Args: arguments(0, 1),
			RunE: func(c *cobra.Command, args []string) error { return a.showProfile(c.Context(), folder(args), asJSON) },
		},
		{
			Use: "diff [DIR]", Short: "Show what push would change, and exit with 1 if that is anything", Args: arguments(0, 1),
			RunE: func(c *cobra.Command, args []string) error {
				return a.profileDiff(c.Context(), folder(args), asJSON, false)
			},
		},
		{
			Use: "push [DIR]", Short: "Make the Page show what bot.yaml says", Args: arguments(0, 1),
			RunE: func(c *cobra.Command, args []string) error {
				return a.profileDiff(c.Context(), folder(args), asJSON, true)
			},
		},
	} {
		verb.Flags().BoolVar(&asJSON, "json", false, "print JSON")
		c.AddCommand(verb)
	}
	return c
}

// realPage is a bot with a Page of its own.
type realPage struct {
	program *flows.Program
	env     *environment
	name    string // of the channel in bot.yaml
	account account
	channel *messenger.Channel
}

// errNoPage says that no variables name a Page; what is that of the verb.
func errNoPage(what string) error {
	return failed(fmt.Errorf("%s: set the MESSENGER_ variables (relance help environment)", what))
}

// realPage loads a bot and its Page. why says, without a Page, why one is needed.
func (a *app) realPage(dir, why string) (*realPage, error) {
	bot, err := a.loadQuietly(dir)
	if err != nil {
		return nil, err
	}
	env, err := a.environment(dir)
	if err != nil {
		return nil, failed(err)
	}
	name := messengerName(bot.program)
	acc, real, err := env.account(name)
	if err != nil {
		return nil, failed(err)
	}
	if !real {
		return nil, errNoPage(why)
	}
	channel, err := newMessenger(bot.program, acc, messenger.Config{})
	if err != nil {
		return nil, failed(err)
	}
	return &realPage{program: bot.program, env: env, name: name, account: acc, channel: channel}, nil
}

const whyProfile = "a profile is a real Page's, and an emulated one shows that of bot.yaml by itself"

func (a *app) showProfile(ctx context.Context, dir string, asJSON bool) error {
	page, err := a.realPage(dir, whyProfile)
	if err != nil {
		return err
	}
	have, err := page.channel.PageProfile(ctx)
	if err != nil {
		return failed(err)
	}
	if asJSON {
		return a.printJSON(have)
	}
	lines := have.Lines()
	if len(lines) == 0 {
		fmt.Fprintln(a.stdout, "The Page shows nothing yet: relance profile push")
	}
	for _, line := range lines {
		fmt.Fprintln(a.stdout, line)
	}
	a.hiddenMenu(have)
	return nil
}

// hiddenMenu warns of what keeps the menu from being seen.
func (a *app) hiddenMenu(have messenger.PageProfile) {
	if have.Commands {
		fmt.Fprintln(a.stderr, "warning: the Page has slash commands, which hide the menu; they are not of bot.yaml and stay")
	}
}

// profileChange is a line that goes or comes.
type profileChange struct {
	Was string `json:"was,omitempty"`
	Now string `json:"now,omitempty"`
}

// profileDiff says what bot.yaml changes of the Page's profile, and does it if push says
// so.
func (a *app) profileDiff(ctx context.Context, dir string, asJSON, push bool) error {
	page, err := a.realPage(dir, whyProfile)
	if err != nil {
		return err
	}
	want, left := messenger.ProfileOf(page.program, page.name)
	have, err := page.channel.PageProfile(ctx)
	if err != nil {
		return failed(err)
	}
	changes := compareLines(have.Lines(), want.Lines())
	if push {
		if err := page.channel.PushProfile(ctx, have, want); err != nil {
			return failed(err)
		}
	}
	for _, what := range left {
		fmt.Fprintf(a.stderr, "warning: left out: %s\n", what)
	}
	a.hiddenMenu(have)
	switch {
	case asJSON:
		if err := a.printJSON(changes); err != nil {
			return err
		}
	case len(changes) == 0:
		fmt.Fprintln(a.stdout, "The Page shows what bot.yaml says.")
	default:
		for _, c := range changes {
			if c.Was != "" {
				fmt.Fprintln(a.stdout, "-", c.Was)
			}
			if c.Now != "" {
				fmt.Fprintln(a.stdout, "+", c.Now)
			}
		}
	}
	if len(changes) > 0 && !push {
		return found()
	}
	return nil
}

// compareLines lists what goes and what comes. Lines that only changed places are listed
// too, as both.
func compareLines(was, now []string) []profileChange {
	out := []profileChange{}
	common := func(lines, others []string) (kept []string) {
		for _, line := range lines {
			if slices.Contains(others, line) {
				kept = append(kept, line)
			}
		}
		return kept
	}
	moved := !slices.Equal(common(was, now), common(now, was))
	for _, line := range was {
		if moved || !slices.Contains(now, line) {
			out = append(out, profileChange{Was: line})
		}
	}
	for _, line := range now {
		if moved || !slices.Contains(was, line) {
			out = append(out, profileChange{Now: line})
		}
	}
	return out
}
