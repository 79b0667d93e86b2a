package cmd

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/relance-bot/relance/bot/messenger"
	"github.com/relance-bot/relance/flows"
)

func (a *app) templatesCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "templates",
		Short: "Hand approved templates to the platform, and see what became of them",
		Long: `The templates: of bot.yaml are what the lane utility carries. The platform approves each
in each language before it is sent, and never lets it change: what is to read otherwise
needs another name. These verbs ask a real Page, by its channel's variables.`,
		Args: unknownVerb,
		RunE: showHelp,
	}
	var o templateOptions
	list := &cobra.Command{
		Use: "list [DIR]", Short: "List the templates of bot.yaml and of the Page, with their state",
		Args: arguments(0, 1),
		RunE: func(c *cobra.Command, args []string) error {
			return a.listTemplates(c.Context(), folder(args), o)
		},
	}
	push := &cobra.Command{
		Use: "push [DIR]", Short: "Submit the templates that the Page does not have yet",
		Args: arguments(0, 1),
		RunE: func(c *cobra.Command, args []string) error {
			return a.pushTemplates(c.Context(), folder(args), o)
		},
	}
	status := &cobra.Command{
		Use: "status [DIR]", Short: "Exit with 1 unless every template of bot.yaml is approved",
		Args: arguments(0, 1),
		RunE: func(c *cobra.Command, args []string) error {
			return a.templatesReady(c.Context(), folder(args), o)
		},
	}
	for _, verb := range []*cobra.Command{list, push, status} {
		verb.Flags().BoolVar(&o.asJSON, "json", false, "print JSON")
		channelFlag(verb, &o.only)
		c.AddCommand(verb)
	}
	return c
}

// templateOptions are the flags of the verbs.
type templateOptions struct {
	only   string // the channel
	asJSON bool
}

// templateView is one template in one language, here and there.
type templateView struct {
	Channel  string `json:"channel,omitempty"` // where the bot has several
	Name     string `json:"name"`
	Language string `json:"language"`
	Here     bool   `json:"here"`             // bot.yaml has it
	Status   string `json:"status,omitempty"` // the platform's; empty: it has none
	Reason   string `json:"reason,omitempty"`
}

// templatesOf compares bot.yaml with each Page, lets do do something about it, and prints
// how it is then. It ends with findings if do says that something is wrong.
func (a *app) templatesOf(ctx context.Context, dir string, o templateOptions, do func(page *realPage, channel *messenger.Channel, views []templateView) (wrong bool)) error {
	pages, err := a.realPages(dir, o.only, "templates are a real Page's, and an emulated one takes every template")
	if err != nil {
		return err
	}
	all, wrong, asked := []templateView{}, false, false
	for _, page := range pages {
		channel, ok := page.channel.(*messenger.Channel)
		if !ok {
			continue
		}
		asked = true
		there, err := channel.Templates(ctx)
		if err != nil {
			return failed(page.refused(err))
		}
		views := compareTemplates(page.program, there)
		wrong = do(page, channel, views) || wrong
		for i := range views {
			if !page.alone {
				views[i].Channel = page.name
			}
		}
		all = append(all, views...)
		if o.asJSON {
			continue
		}
		a.title(page)
		if err := a.printTemplates(views); err != nil {
			return err
		}
	}
	switch {
	case !asked:
		return failed(errors.New("templates are for Pages on Messenger, and channels: of bot.yaml has none"))
	case o.asJSON:
		if err := a.printJSON(all); err != nil {
			return err
		}
	}
	if wrong {
		return found()
	}
	return nil
}

// compareTemplates lists what is here or there, by name and language.
func compareTemplates(program *flows.Program, there []messenger.TemplateState) []templateView {
	out := []templateView{}
	for _, t := range program.Bot.Templates {
		for language := range t.Texts {
			out = append(out, templateView{Name: t.Name, Language: language, Here: true})
		}
	}
	for _, t := range there {
		at := slices.IndexFunc(out, func(v templateView) bool { return v.Name == t.Name && v.Language == t.Language })
		if at < 0 {
			out, at = append(out, templateView{Name: t.Name, Language: t.Language}), len(out)
		}
		out[at].Status, out[at].Reason = t.Status, t.Reason
	}
	slices.SortFunc(out, func(a, b templateView) int {
		return strings.Compare(a.Name+" "+a.Language, b.Name+" "+b.Language)
	})
	return out
}

func (a *app) listTemplates(ctx context.Context, dir string, o templateOptions) error {
	return a.templatesOf(ctx, dir, o, func(*realPage, *messenger.Channel, []templateView) bool { return false })
}

func (a *app) printTemplates(views []templateView) error {
	if len(views) == 0 {
		fmt.Fprintln(a.stdout, "There are no templates, neither in bot.yaml nor on the Page.")
		return nil
	}
	out := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	for _, v := range views {
		state := strings.ToLower(v.Status)
		switch {
		case v.Status == "":
			state = "not submitted: relance templates push"
		case v.Reason != "" && v.Reason != "NONE":
			state += ": " + v.Reason
		}
		if !v.Here {
			state += ", not in bot.yaml"
		}
		fmt.Fprintf(out, "%s\t%s\t%s\n", v.Name, v.Language, state)
	}
	return out.Flush()
}

// pushTemplates submits what a Page does not have. What it refuses does not keep the
// others from being submitted.
func (a *app) pushTemplates(ctx context.Context, dir string, o templateOptions) error {
	return a.templatesOf(ctx, dir, o, func(page *realPage, channel *messenger.Channel, views []templateView) (wrong bool) {
		for i := range views {
			v := &views[i]
			at := slices.IndexFunc(page.program.Bot.Templates, func(t flows.Approved) bool { return t.Name == v.Name })
			if !v.Here || v.Status != "" || at < 0 {
				continue
			}
			made, err := channel.CreateTemplate(ctx, page.program.Bot.Templates[at], v.Language)
			if err != nil {
				v.Status, v.Reason, wrong = "refused", err.Error(), true
				continue
			}
			v.Status, wrong = made.Status, wrong || made.Status == "REJECTED"
		}
		return wrong
	})
}

func (a *app) templatesReady(ctx context.Context, dir string, o templateOptions) error {
	return a.templatesOf(ctx, dir, o, func(_ *realPage, _ *messenger.Channel, views []templateView) bool {
		return slices.ContainsFunc(views, func(v templateView) bool { return v.Here && v.Status != "APPROVED" })
	})
}
