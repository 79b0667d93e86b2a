package cmd

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/relance-bot/relance/bot/instagram"
	"github.com/relance-bot/relance/bot/messenger"
	"github.com/relance-bot/relance/flows"
)

func (a *app) profileCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "profile",
		Short: "Give a Page its greeting, menu and ice breakers",
		Long: `What a Page shows beside a conversation is kept by the platform: the Get Started
button, the greeting, the ice breakers and the persistent menu. bot.yaml says what it
is (greeting:, ice_breakers: and menu: of a channel, in every language of locales/), and
these verbs bring it to a real Page, by its channel's variables. A changed menu may take
a day to reach every phone. An account of Instagram has ice breakers and a menu.`,
		Args: unknownVerb,
		RunE: showHelp,
	}
	var o profileOptions
	for _, verb := range []*cobra.Command{
		{
			Use: "show [DIR]", Short: "Show what the Page has now", Args: arguments(0, 1),
			RunE: func(c *cobra.Command, args []string) error { return a.showProfile(c.Context(), folder(args), o) },
		},
		{
			Use: "diff [DIR]", Short: "Show what push would change, and exit with 1 if that is anything", Args: arguments(0, 1),
			RunE: func(c *cobra.Command, args []string) error {
				return a.profileDiff(c.Context(), folder(args), o)
			},
		},
		{
			Use: "push [DIR]", Short: "Make the Page show what bot.yaml says", Args: arguments(0, 1),
			RunE: func(c *cobra.Command, args []string) error {
				o.push = true
				return a.profileDiff(c.Context(), folder(args), o)
			},
		},
	} {
		verb.Flags().BoolVar(&o.asJSON, "json", false, "print JSON: an object by the names of channels")
		channelFlag(verb, &o.only)
		c.AddCommand(verb)
	}
	return c
}

// realPage is a Page of a bot, or its account of Instagram, on the platform itself.
type realPage struct {
	program *flows.Program
	env     *environment
	name    string // of the channel in bot.yaml
	account account
	channel hooked
	alone   bool // the bot has no other Page
}

// settable is a channel as verbs of set-up know it.
type settable interface {
	PageProfile(ctx context.Context) (messenger.PageProfile, error)
	PushProfile(ctx context.Context, have, want messenger.PageProfile) error
	Access(ctx context.Context) (messenger.Access, error)
	LinkedAccount(ctx context.Context) (id, name string, err error)
	Subscription(ctx context.Context, app string) (fields []string, connected bool, err error)
	Subscribe(ctx context.Context, fields []string) error
	AppWebhook(ctx context.Context, app string) (messenger.AppWebhook, error)
	SetAppWebhook(ctx context.Context, app string, w messenger.AppWebhook, verify messenger.Secret) error
	Sign(body []byte) (name, value string)
	LoggedIn() bool
	Object() string
}

// instagram says whether it is an account of Instagram.
func (p *realPage) instagram() bool { return p.account.Channel.Type == typeInstagram }

// kind is what it is: a Page or an account.
func (p *realPage) kind() string {
	if p.instagram() {
		return "account"
	}
	return "Page"
}

// profile is what bot.yaml lets it show, and what of that has no place there.
func (p *realPage) profile() (messenger.PageProfile, []string) {
	if p.instagram() {
		return instagram.ProfileOf(p.program, p.name)
	}
	return messenger.ProfileOf(p.program, p.name)
}

// realPages loads a bot and its Pages; those of a channel alone if only names it. why
// says, without a Page, why one is needed.
func (a *app) realPages(dir, only, why string) ([]*realPage, error) {
	bot, err := a.loadQuietly(dir)
	if err != nil {
		return nil, err
	}
	env, err := a.environment(dir)
	if err != nil {
		return nil, failed(err)
	}
	accounts, real, err := env.accounts(bot.program)
	if err == nil && !real {
		err = fmt.Errorf("%s: set %s (relance help environment)", why, variablesOf(bot.program))
	}
	if err != nil {
		for _, odd := range env.misspelt(settingsRead(bot.program)) {
			err = fmt.Errorf("%w; %s in .env: %s", err, odd.Message, odd.Hint)
		}
		return nil, failed(err)
	}
	pages, err := pagesOf(bot.program, env, accounts)
	if err != nil {
		return nil, failed(err)
	}
	if only != "" {
		pages = slices.DeleteFunc(pages, func(p *realPage) bool { return p.name != only })
	}
	switch {
	case len(pages) == 0 && only != "":
		return nil, &exitError{exitUsage, fmt.Errorf("channels: of bot.yaml has no Page of the name %.40q", only)}
	case len(pages) == 0:
		return nil, failed(errors.New("channels: of bot.yaml has no Page"))
	}
	return pages, nil
}

// pagesOf are a bot's Pages and accounts of Instagram.
func pagesOf(program *flows.Program, env *environment, accounts []account) (out []*realPage, err error) {
	for _, acc := range accounts {
		channel, err := newChannel(program, acc, messenger.Config{})
		if err != nil {
			return nil, err
		}
		out = append(out, &realPage{program: program, env: env, name: acc.Channel.Name, account: acc, channel: channel, alone: len(accounts) == 1})
	}
	return out, nil
}

// channelFlag names one of several Pages.
func channelFlag(c *cobra.Command, into *string) {
	c.Flags().StringVar(into, "channel", "", "only the Page of this name in bot.yaml (default all)")
}

const whyProfile = "a profile is a real Page's, and an emulated one shows that of bot.yaml by itself"

// profileOptions are the flags of the verbs.
type profileOptions struct {
	only   string
	asJSON bool
	push   bool
}

// title says what Page is meant by what follows, where there are several.
func (a *app) title(page *realPage) {
	if !page.alone {
		fmt.Fprintf(a.stdout, "%s (%s %s):\n", page.name, page.kind(), page.account.PageID)
	}
}

func (a *app) showProfile(ctx context.Context, dir string, o profileOptions) error {
	pages, err := a.realPages(dir, o.only, whyProfile)
	if err != nil {
		return err
	}
	shown := map[string]messenger.PageProfile{}
	var refused []error
	for _, page := range pages {
		have, err := page.channel.PageProfile(ctx)
		if err != nil {
			refused = append(refused, page.refused(err)) // the others may tell theirs
			continue
		}
		shown[page.name] = have
		a.hiddenMenu(have)
		if o.asJSON {
			continue
		}
		a.title(page)
		lines := have.Lines()
		if len(lines) == 0 {
			lines = []string{"The " + page.kind() + " shows nothing yet: relance profile push"}
		}
		fmt.Fprintln(a.stdout, strings.Join(lines, "\n"))
	}
	if o.asJSON {
		if err := a.printJSON(shown); err != nil {
			return err
		}
	}
	if len(refused) > 0 {
		return failed(errors.Join(refused...))
	}
	return nil
}

// refused says of what Page or account the platform said no.
func (p *realPage) refused(err error) error {
	return fmt.Errorf("%s %s: %w", p.kind(), p.account.PageID, err)
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

// profileDiff says what bot.yaml changes of each Page's profile, and does it if it is to.
func (a *app) profileDiff(ctx context.Context, dir string, o profileOptions) error {
	pages, err := a.realPages(dir, o.only, whyProfile)
	if err != nil {
		return err
	}
	all, some := map[string][]profileChange{}, false
	var refused []error
	for _, page := range pages {
		if !o.asJSON {
			a.title(page)
		}
		changes, err := a.compareProfile(ctx, page, o)
		if err != nil {
			refused = append(refused, page.refused(err)) // the others may take it
			continue
		}
		all[page.name], some = changes, some || len(changes) > 0
	}
	if o.asJSON {
		if err := a.printJSON(all); err != nil {
			return err
		}
	}
	if len(refused) > 0 {
		return failed(errors.Join(refused...))
	}
	if some && !o.push {
		return found()
	}
	return nil
}

func (a *app) compareProfile(ctx context.Context, page *realPage, o profileOptions) ([]profileChange, error) {
	want, left := page.profile()
	have, err := page.channel.PageProfile(ctx)
	if err != nil {
		return nil, err
	}
	if o.push {
		if err := page.channel.PushProfile(ctx, have, want); err != nil {
			return nil, err
		}
	}
	for _, what := range left {
		fmt.Fprintf(a.stderr, "warning: left out: %s\n", what)
	}
	a.hiddenMenu(have)
	changes := compareLines(have.Lines(), want.Lines())
	if o.asJSON {
		return changes, nil
	}
	if len(changes) == 0 {
		fmt.Fprintln(a.stdout, "The "+page.kind()+" shows what bot.yaml says.")
	}
	for _, c := range changes {
		if c.Was != "" {
			fmt.Fprintln(a.stdout, "-", c.Was)
		}
		if c.Now != "" {
			fmt.Fprintln(a.stdout, "+", c.Now)
		}
	}
	return changes, nil
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
