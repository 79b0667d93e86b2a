package cmd

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/spf13/cobra"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/storage"
)

func (a *app) eventCommand() *cobra.Command {
	var contact, id, dir, database string
	c := &cobra.Command{
		Use:   "event NAME [KEY=VALUE …]",
		Short: "Tell the bot that something happened in the shop",
		Long: `Tells the bot that an event happened. The running bot is asked at RELANCE_LISTEN; if
none runs, the event is stored and handled when it does.`,
		Example: "  relance event restock model=Gazelle size=42 url=https://foulee.example/g42\n" +
			"  relance event order_sent order=1201 --contact email=zoe@foulee.example",
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			data := map[string]any{}
			for _, arg := range args[1:] {
				key, value, ok := strings.Cut(arg, "=")
				if !ok || key == "" {
					return fmt.Errorf("%q is not KEY=VALUE", arg)
				}
				data[key] = value
			}
			if id == "" {
				id = "cli-" + strings.ToLower(rand.Text())
			}
			return a.event(c.Context(), dir, database, bot.ShopEvent{ID: id, Name: args[0], Data: data, Contact: contact})
		},
	}
	c.Flags().StringVar(&contact, "contact", "", "only for this person: a contact id, or FIELD=VALUE of a unique field")
	c.Flags().StringVar(&id, "id", "", "id of the event; one that comes again is dropped (default a new one)")
	c.Flags().StringVar(&dir, "dir", ".", "the bot's folder")
	c.Flags().StringVar(&database, "database", "", "database, if no bot runs")
	return c
}

func (a *app) event(ctx context.Context, dir, database string, e bot.ShopEvent) error {
	env, err := a.environment(dir)
	if err != nil {
		return failed(err)
	}
	server, err := env.client()
	if err != nil {
		return failed(err)
	}
	in := map[string]any{"id": e.ID, "name": e.Name, "data": e.Data}
	if e.Contact != "" {
		in["contact"] = e.Contact
	}
	var out struct{ Accepted, Duplicates int }
	err = server.call(ctx, http.MethodPost, "/v1/events", in, &out)
	switch {
	case err == nil:
		a.sayAccepted(e, out.Accepted)
		return nil
	case !errors.Is(err, errNoServer):
		return failed(err)
	}
	return a.inspect(ctx, dir, database, func(ctx context.Context, b *bot.Bot, _ storage.Store) error {
		accepted, _, err := b.Events(ctx, []bot.ShopEvent{e})
		if err != nil {
			return err
		}
		a.sayAccepted(e, accepted)
		fmt.Fprintln(a.stdout, "No bot runs now: it is handled when one does.")
		return nil
	})
}

func (a *app) sayAccepted(e bot.ShopEvent, accepted int) {
	if accepted == 0 {
		fmt.Fprintf(a.stdout, "The event %s was known already.\n", e.ID)
		return
	}
	fmt.Fprintf(a.stdout, "Event %s taken as %s.\n", e.Name, e.ID)
}
