package cmd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"

	"github.com/spf13/cobra"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/storage"
)

// importTogether is how many rows go to the bot at once.
const importTogether = 500

// maxImportBody is how many bytes of rows go to a server at once: it takes 4 MiB.
const maxImportBody = 2 << 20

func (a *app) importCommand() *cobra.Command {
	var in importing
	c := &cobra.Command{
		Use:   "import FILE [DIR]",
		Short: "Take over subscriptions that people gave elsewhere",
		Long: `Takes over subscriptions from a CSV file with a line of names, or from a file with a
JSON object on each line; FILE may be - for what comes in. The running bot is asked at
RELANCE_LISTEN; if none runs, they go into the database.

Each row needs contact (a contact id, or the platform's id of the person), topic,
cadence, consented_at (2026-03-30T09:00:00+02:00), wording (what they read) and source
(where they agreed); interest.NAME where the topic has an interest; and permit.token and
permit.expires_at (permit.frequency, permit.lane) where the Page's lanes need a permit.
It may have page, button, image, first_name, last_name, locale and timezone. What lacks
something is refused, with its line and the reason, and the exit code is 1.

A file may be imported again, whole or after it was interrupted: what is there already
is not changed, and who has stopped since stays stopped.`,
		Example: "  relance import subscribers.csv shop --dry-run\n  relance import subscribers.jsonl shop",
		Args:    arguments(1, 2),
		RunE: func(c *cobra.Command, args []string) error {
			in.file, in.dir = args[0], folder(args[1:])
			return a.importSubscriptions(c.Context(), in)
		},
	}
	c.Flags().BoolVar(&in.dry, "dry-run", false, "say what would happen, and store nothing")
	c.Flags().IntVar(&in.from, "from", 0, "leave out the lines before this one")
	c.Flags().StringVar(&in.database, "database", "", databaseFlag)
	c.Flags().BoolVar(&in.asJSON, "json", false, "print JSON, an object on each line")
	return c
}

// importing is one run of import.
type importing struct {
	inspection
	file string
	dry  bool
	from int
}

// importTaker stores rows, and says of each what became of it.
type importTaker func(ctx context.Context, rows []bot.ImportRow) ([]bot.ImportResult, error)

func (a *app) importSubscriptions(ctx context.Context, in importing) error {
	file := a.stdin
	if in.file != "-" {
		f, err := os.Open(in.file)
		if err != nil {
			return failed(err)
		}
		defer f.Close()
		file = f
	}
	rows, err := openImport(in.file, file)
	if err != nil {
		return failed(fmt.Errorf("%s: %w", in.file, err))
	}
	path := fmt.Sprintf("/v1/subscriptions?dry_run=%t", in.dry)
	return a.change(ctx, in.inspection, func(r *remote) error {
		var overServer importTaker
		overServer = func(ctx context.Context, rows []bot.ImportRow) ([]bot.ImportResult, error) {
			if half := len(rows) / 2; half > 0 && importSize(rows) > maxImportBody {
				first, err := overServer(ctx, rows[:half])
				if err != nil {
					return nil, err
				}
				rest, err := overServer(ctx, rows[half:])
				return append(first, rest...), err
			}
			var out struct{ Results []bot.ImportResult }
			err := r.call(ctx, http.MethodPost, path, rows, &out)
			return out.Results, err
		}
		return a.importAll(ctx, in, rows, overServer)
	}, func(ctx context.Context, b *bot.Bot, _ storage.Store) error {
		return a.importAll(ctx, in, rows, func(ctx context.Context, rows []bot.ImportRow) ([]bot.ImportResult, error) {
			return b.ImportRows(ctx, rows, in.dry)
		})
	})
}

// importSize is about how many bytes rows are as JSON.
func importSize(rows []bot.ImportRow) (n int) {
	for _, r := range rows {
		n += 400 + 2*(len(r.Wording)+len(r.Image)+len(r.Button)) + 64*len(r.Interests)
		for _, about := range r.Interests {
			for name, v := range about {
				n += len(name) + 16
				if text, ok := v.(string); ok {
					n += 2 * len(text)
				}
			}
		}
		if r.Permit != nil {
			n += 200 + len(r.Permit.Token)
		}
	}
	return n
}

// importCounts are the rows of a file by what became of them.
type importCounts struct {
	Rows      int  `json:"rows"`
	Added     int  `json:"added"`
	Changed   int  `json:"changed"`
	Unchanged int  `json:"unchanged"`
	Stopped   int  `json:"stopped"`
	Refused   int  `json:"refused"`
	DryRun    bool `json:"dry_run,omitempty"`
}

func (n *importCounts) add(result string) {
	n.Rows++
	switch result {
	case bot.ImportAdded:
		n.Added++
	case bot.ImportChanged:
		n.Changed++
	case bot.ImportUnchanged:
		n.Unchanged++
	case bot.ImportStopped:
		n.Stopped++
	default:
		n.Refused++
	}
}

// importAll brings the rows of a file to a taker, so many at a time.
func (a *app) importAll(ctx context.Context, in importing, file importFile, take importTaker) error {
	counts := importCounts{DryRun: in.dry}
	var batch []importRow
	next := max(in.from, 1) // the line that all before are done with
	for more := true; more; {
		r, err := file.next()
		switch {
		case errors.Is(err, io.EOF):
			more = false
		case err != nil:
			return failed(fmt.Errorf("%s: %w%s", in.file, err, goOn(next)))
		case r.line >= in.from:
			batch = append(batch, r)
		}
		if len(batch) < importTogether && more {
			continue
		}
		if err := a.importSome(ctx, in, batch, take, &counts); err != nil {
			return failed(fmt.Errorf("%w%s", err, goOn(next)))
		}
		if len(batch) > 0 {
			next = batch[len(batch)-1].line + 1
		}
		batch = batch[:0]
	}
	if err := a.sayCounts(in, counts); err != nil {
		return err
	}
	if counts.Refused > 0 {
		return found()
	}
	return nil
}

// goOn says how to take up an import that ended early.
func goOn(line int) string {
	if line <= 1 {
		return ""
	}
	return fmt.Sprintf("; what stands before line %d is done: import the file again, or with --from %d", line, line)
}

// importSome brings some rows to a taker and reports those that are refused, in order.
func (a *app) importSome(ctx context.Context, in importing, batch []importRow, take importTaker, counts *importCounts) error {
	var rows []bot.ImportRow
	for _, r := range batch {
		if r.err == nil {
			rows = append(rows, r.row)
		}
	}
	var results []bot.ImportResult
	if len(rows) > 0 {
		var err error
		if results, err = take(ctx, rows); err != nil {
			return err
		}
		if len(results) != len(rows) {
			return fmt.Errorf("%d answers came for %d rows", len(results), len(rows))
		}
	}
	for _, r := range batch {
		result := bot.ImportResult{Result: bot.ImportRefused}
		if r.err == nil {
			result, results = results[0], results[1:]
		} else {
			result.Reason = r.err.Error()
		}
		counts.add(result.Result)
		if result.Result != bot.ImportRefused {
			continue
		}
		if in.asJSON {
			if err := a.printLine(map[string]any{"line": r.line, "refused": result.Reason}); err != nil {
				return err
			}
			continue
		}
		fmt.Fprintf(a.stdout, "%s:%d: refused: %s\n", in.file, r.line, result.Reason)
	}
	return nil
}

func (a *app) sayCounts(in importing, n importCounts) error {
	if in.asJSON {
		return a.printLine(n)
	}
	fmt.Fprintf(a.stdout, "%d rows: %d added, %d changed, %d unchanged, %d stopped since, %d refused.\n",
		n.Rows, n.Added, n.Changed, n.Unchanged, n.Stopped, n.Refused)
	if in.dry {
		fmt.Fprintln(a.stdout, "It was a dry run: nothing was stored.")
	}
	return nil
}

// printLine prints JSON on one line.
func (a *app) printLine(v any) error { return json.NewEncoder(a.stdout).Encode(v) }
