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
needs another name. These verbs ask a real Page, by the MESSENGER_ variables.`,
		Args: unknownVerb,
		RunE: showHelp,
	}
	var asJSON bool
	list := &cobra.Command{
		Use: "list [DIR]", Short: "List the templates of bot.yaml and of the Page, with their state",
		Args: arguments(0, 1),
		RunE: func(c *cobra.Command, args []string) error {
			return a.listTemplates(c.Context(), folder(args), asJSON)
		},
	}
	push := &cobra.Command{
		Use: "push [DIR]", Short: "Submit the templates that the Page does not have yet",
		Args: arguments(0, 1),
		RunE: func(c *cobra.Command, args []string) error {
			return a.pushTemplates(c.Context(), folder(args), asJSON)
		},
	}
	status := &cobra.Command{
		Use: "status [DIR]", Short: "Exit with 1 unless every template of bot.yaml is approved",
		Args: arguments(0, 1),
		RunE: func(c *cobra.Command, args []string) error {
			return a.templatesReady(c.Context(), folder(args), asJSON)
		},
	}
	for _, verb := range []*cobra.Command{list, push, status} {
		verb.Flags().BoolVar(&asJSON, "json", false, "print JSON")
		c.AddCommand(verb)
	}
	return c
}

// templateView is one template in one language, here and there.
type templateView struct {
	Name     string `json:"name"`
	Language string `json:"language"`
	Here     bool   `json:"here"`             // bot.yaml has it
	Status   string `json:"status,omitempty"` // the platform's; empty: it has none
	Reason   string `json:"reason,omitempty"`
}

// templates compares bot.yaml with the Page.
func (a *app) templates(ctx context.Context, dir string) (*messenger.Channel, *flows.Program, []templateView, error) {
	pages, err := a.realPages(dir, "", "templates are a real Page's, and an emulated one takes every template")
	if err != nil {
		return nil, nil, nil, err
	}
	at := slices.IndexFunc(pages, func(p *realPage) bool { return !p.instagram() })
	if at < 0 {
		return nil, nil, nil, failed(errors.New("templates are for Pages on Messenger, and channels: of bot.yaml has none"))
	}
	page := pages[at]
	channel, err := newMessenger(page.program, page.account, messenger.Config{})
	if err != nil {
		return nil, nil, nil, failed(err)
	}
	there, err := channel.Templates(ctx)
	if err != nil {
		return nil, nil, nil, failed(err)
	}
	return channel, page.program, compareTemplates(page.program, there), nil
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

func (a *app) listTemplates(ctx context.Context, dir string, asJSON bool) error {
	_, _, views, err := a.templates(ctx, dir)
	if err != nil {
		return err
	}
	return a.printTemplates(views, asJSON)
}

func (a *app) printTemplates(views []templateView, asJSON bool) error {
	if asJSON {
		return a.printJSON(views)
	}
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

// pushTemplates submits what the Page does not have. What it refuses does not keep the
// others from being submitted.
func (a *app) pushTemplates(ctx context.Context, dir string, asJSON bool) error {
	channel, program, views, err := a.templates(ctx, dir)
	if err != nil {
		return err
	}
	wrong := 0
	for i := range views {
		v := &views[i]
		at := slices.IndexFunc(program.Bot.Templates, func(t flows.Approved) bool { return t.Name == v.Name })
		if !v.Here || v.Status != "" || at < 0 {
			continue
		}
		made, err := channel.CreateTemplate(ctx, program.Bot.Templates[at], v.Language)
		if err != nil {
			wrong++
			v.Status, v.Reason = "refused", err.Error()
			continue
		}
		if v.Status = made.Status; made.Status == "REJECTED" {
			wrong++
		}
	}
	if err := a.printTemplates(views, asJSON); err != nil {
		return err
	}
	if wrong > 0 {
		return found()
	}
	return nil
}

func (a *app) templatesReady(ctx context.Context, dir string, asJSON bool) error {
	_, _, views, err := a.templates(ctx, dir)
	if err != nil {
		return err
	}
	if err := a.printTemplates(views, asJSON); err != nil {
		return err
	}
	if slices.ContainsFunc(views, func(v templateView) bool { return v.Here && v.Status != "APPROVED" }) {
		return found()
	}
	return nil
}
