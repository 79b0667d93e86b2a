package cmd

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"html/template"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/relance-bot/relance/bot"
)

//go:embed receipt.html
var receiptPage string

func (a *app) receiptCommand() *cobra.Command {
	var in inspection
	var asHTML bool
	c := &cobra.Command{
		Use:   "receipt CONTACT",
		Short: "Show what a person agreed to, when, and how",
		Long: `Shows every entry of the consent ledger about a person, by topic: what they were shown,
what they did, and what proves it, in the person's own time. --html makes a page to print
or to send.

` + contactArgument,
		Example: "  relance consent receipt messenger:1000000000000001:7 --dir shop\n  relance consent receipt messenger:1000000000000001:7 --html > receipt.html",
		Args:    arguments(1, 1),
		RunE: func(c *cobra.Command, args []string) error {
			return a.observe(c.Context(), in, func(ctx context.Context, b observed) error {
				r, err := b.Receipt(ctx, args[0])
				switch {
				case err != nil:
					return err
				case in.asJSON:
					return a.printJSON(r)
				case asHTML:
					return a.receiptHTML(r)
				}
				a.receipt(r)
				return nil
			})
		},
	}
	in.flags(c)
	c.Flags().BoolVar(&asHTML, "html", false, "print a web page")
	c.MarkFlagsMutuallyExclusive("json", "html")
	return c
}

// receipt prints a receipt for the terminal.
func (a *app) receipt(r bot.Receipt) {
	fmt.Fprintf(a.stdout, "Consent of %s\n%s\n", strings.TrimSpace(r.Name+" "+r.Contact), issued(r))
	if len(r.Topics) == 0 {
		fmt.Fprintln(a.stdout, "\nThey were never asked for anything.")
	}
	for _, topic := range r.Topics {
		fmt.Fprintf(a.stdout, "\n“%s” (%s): %s\n", topic.Title, topic.Topic, standing(topic))
		for _, e := range topic.Entries {
			fmt.Fprintf(a.stdout, "\n%6s  %s  %-9s  %s\n", place(e), e.Local, e.Action, e.Says)
			for _, p := range proof(e) {
				fmt.Fprintf(a.stdout, "        %s: %s\n", p.Name, p.Value)
			}
		}
	}
}

func (a *app) receiptHTML(r bot.Receipt) error {
	page, err := template.New("receipt").Funcs(template.FuncMap{
		"issued": issued, "standing": standing, "proof": proof, "place": place,
	}).Parse(receiptPage)
	if err != nil {
		return failed(err)
	}
	return page.Execute(a.stdout, r)
}

// issued says by whom and when a receipt was made, and in which time it speaks.
func issued(r bot.Receipt) string {
	at := r.IssuedAt.UTC().Format("2006-01-02 15:04 MST")
	return fmt.Sprintf("%s, Page %s. Issued %s. Times are those of %s.", r.Bot, r.Page, at, r.Timezone)
}

// standing says how a topic stands.
func standing(t bot.ReceiptTopic) string {
	status := t.Status
	if status == "" {
		status = "nothing agreed"
	}
	if t.Status == bot.StatusActive && t.Cadence != "" {
		status += ", " + t.Cadence
	}
	if len(t.Interests) > 0 {
		if about, err := json.Marshal(t.Interests); err == nil {
			status += ", about " + string(about)
		}
	}
	return status
}

// place is an entry's place in the chain.
func place(e bot.ReceiptEntry) string {
	if e.Seq == 0 {
		return "new"
	}
	return strconv.FormatInt(e.Seq, 10)
}

// fact is one thing that stands behind a ledger entry.
type fact struct{ Name, Value string }

// proof tells what stands behind a ledger entry.
func proof(e bot.ReceiptEntry) []fact {
	var out []fact
	add := func(name, value string) {
		if value != "" {
			out = append(out, fact{name, value})
		}
	}
	add("wording", e.Personal.Wording)
	add("image", e.Image)
	add("button", e.Personal.Button)
	if len(e.Personal.About) > 0 {
		if about, err := json.Marshal(e.Personal.About); err == nil {
			add("about", string(about))
		}
	}
	add("cadence", e.Cadence)
	if !e.Until.IsZero() {
		add("until", e.Until.UTC().Format("2006-01-02 15:04 MST"))
	}
	add("language", e.Locale)
	add("source", e.Source)
	if e.Flow != "" {
		add("step", e.Flow+"#"+e.Step)
	}
	if e.Program != "" {
		add("program", fmt.Sprintf("%.12s", e.Program))
	}
	add("input", e.Personal.Input)
	add("request", e.Request)
	if e.Seq > 0 {
		add("proof", fmt.Sprintf("%s, entry %d of the chain, hash %.16x", e.Proof, e.Seq, e.Hash))
	} else {
		add("proof", e.Proof)
	}
	return out
}
