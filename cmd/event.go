package cmd

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/flows"
	"github.com/relance-bot/relance/storage"
)

// maxEventArguments is a name and as many values as anybody will type.
const maxEventArguments = 1000

func (a *app) eventCommand() *cobra.Command {
	var in inspection
	var contact, id string
	c := &cobra.Command{
		Use:   "event NAME [KEY=VALUE …]",
		Short: "Tell the bot that something happened in the shop",
		Long: `Tells the bot that an event happened. The running bot is asked at RELANCE_LISTEN; if
none runs, the event is stored and handled when it does.`,
		Example: "  relance event restock model=Gazelle size=42 url=https://foulee.example/g42\n" +
			"  relance event order_sent order=1201 --contact email=zoe@foulee.example",
		Args: arguments(1, maxEventArguments),
		RunE: func(c *cobra.Command, args []string) error {
			data, err := dataOf("", args[1:])
			if err != nil {
				return err
			}
			if id == "" {
				id = "cli-" + strings.ToLower(rand.Text())
			}
			return a.event(c.Context(), in, bot.ShopEvent{ID: id, Name: args[0], Data: data, Contact: contact})
		},
	}
	c.Flags().StringVar(&contact, "contact", "", "only for this person: a contact id, or FIELD=VALUE of a unique field")
	c.Flags().StringVar(&id, "id", "", "id of the event; one that comes again is dropped (default a new one)")
	in.place(c)
	return c
}

// dataOf is what an event holds, as KEY=VALUE again and again; before stands before each.
func dataOf(before string, pairs []string) (map[string]any, error) {
	data := map[string]any{}
	for _, pair := range pairs {
		key, value, ok := strings.Cut(pair, "=")
		if !ok || key == "" {
			return nil, fmt.Errorf("%s%q is not KEY=VALUE", before, pair)
		}
		data[key] = value
	}
	return data, nil
}

func (a *app) event(ctx context.Context, in inspection, e bot.ShopEvent) error {
	sent := map[string]any{"id": e.ID, "name": e.Name, "data": e.Data}
	if e.Contact != "" {
		sent["contact"] = e.Contact
	}
	return a.change(ctx, in, func(r *remote) error {
		var out struct{ Accepted, Duplicates int }
		err := r.call(ctx, http.MethodPost, "/v1/events", sent, &out)
		var no *refusal
		if errors.As(err, &no) {
			return rejected(e, no)
		}
		if err == nil {
			a.sayAccepted(in.dir, e, out.Accepted)
		}
		return a.told(err, in.dir)
	}, func(ctx context.Context, b *bot.Bot, s storage.Store) error {
		accepted, _, err := b.Events(ctx, []bot.ShopEvent{e})
		var at *bot.EventError
		if errors.As(err, &at) {
			return rejected(e, at.Err)
		}
		if err != nil {
			return err
		}
		a.sayAccepted(in.dir, e, accepted)
		idle, err := nobodyRuns(ctx, s)
		if idle {
			fmt.Fprintf(a.stdout, whenOneRuns, "it is handled")
		}
		return err
	})
}

// whenOneRuns says what happens only then.
const whenOneRuns = "No bot runs now: %s when one does.\n"

// nobodyRuns says whether what is stored waits for a bot: none answered, and none runs
// elsewhere on the database.
func nobodyRuns(ctx context.Context, s storage.Store) (bool, error) {
	n, err := others(ctx, s)
	return err == nil && n == 0, err
}

// listItem is how the API names an item of a list; here there is only one.
var listItem = regexp.MustCompile(`^event 1( \("[^"]*"\))?: `)

// rejected ends with what is wrong with an event: sending it again is no use.
func rejected(e bot.ShopEvent, err error) error {
	return &exitError{code: exitFindings, err: fmt.Errorf("event %s: %s", e.Name, listItem.ReplaceAllString(err.Error(), ""))}
}

func (a *app) sayAccepted(dir string, e bot.ShopEvent, accepted int) {
	if accepted == 0 {
		fmt.Fprintf(a.stdout, "The event %s was known already.\n", e.ID)
		return
	}
	fmt.Fprintf(a.stdout, "Event %s taken as %s.\n", e.Name, e.ID)
	if program, _, _, err := readBot(os.DirFS(dir), a.setup); err == nil && program != nil {
		if doubt := reach(program, e); doubt != "" {
			fmt.Fprintf(a.stderr, "relance: %s\n", doubt)
		}
	}
}

// reach says why an event reaches nobody, or not as it should; empty if nothing
// speaks against it. The server takes it nevertheless: the shop may be ahead of
// the bot.
func reach(program *flows.Program, e bot.ShopEvent) string {
	event, declared := program.Event(e.Name)
	if !declared {
		return fmt.Sprintf("bot.yaml declares no event %q, so nothing comes of it", e.Name)
	}
	starts, topic := false, false
	for _, t := range program.Triggers {
		if t.Kind == flows.OnEvent && t.Value == e.Name {
			starts, topic = true, topic || t.Topic != ""
		}
	}
	switch {
	case e.Name == flows.EventPurchase && e.Contact == "" && e.Data["rl"] == nil:
		return "a purchase that names nobody counts for nobody: name them with --contact, or the link that led to it with rl=CODE"
	case e.Name == flows.EventPurchase && !starts:
	case starts && !topic && e.Contact == "":
		return fmt.Sprintf("no flow sends %q to a topic, so it reaches only the person that --contact names", e.Name)
	case !starts && e.Contact == "":
		return fmt.Sprintf("no flow starts by %q", e.Name)
	}
	return unlike(event, e.Data)
}

// unlike says in which names the data of an event differs from what is declared.
func unlike(declared flows.EventType, data map[string]any) string {
	var missing []string
	unknown := maps.Clone(data)
	for _, field := range declared.Data {
		if _, ok := data[field.Name]; !ok && (declared.Name != flows.EventPurchase || field.Name != "rl") {
			missing = append(missing, field.Name)
		}
		delete(unknown, field.Name)
	}
	switch {
	case len(unknown) > 0:
		return fmt.Sprintf("flows do not see %s: bot.yaml does not declare it for %q", strings.Join(slices.Sorted(maps.Keys(unknown)), ", "), declared.Name)
	case len(missing) > 0:
		return fmt.Sprintf("%q came without %s", declared.Name, strings.Join(missing, ", "))
	}
	return ""
}
