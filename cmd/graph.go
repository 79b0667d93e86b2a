package cmd

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/relance-bot/relance/cmd/graph"
	"github.com/relance-bot/relance/flows"
)

func (a *app) graphCommand() *cobra.Command {
	var format, file string
	c := &cobra.Command{
		Use:   "graph [DIR]",
		Short: "Draw all flows as one picture",
		Long: `Draws the flows of a bot: what starts each, its steps and branches, where it leads, and
which topics allow which notifications. The picture is SVG, for any browser; mermaid and
dot are for Markdown pages and Graphviz. The name of the file says which, unless --format
does: .svg, .mmd or .dot.`,
		Example: "  relance graph shop -o shop.svg\n  relance graph shop --format mermaid",
		Args:    arguments(0, 1),
		RunE: func(c *cobra.Command, args []string) error {
			if !c.Flags().Changed("format") {
				var err error
				if format, err = graphFormat(file); err != nil {
					return err
				}
			}
			return a.graph(folder(args), format, file)
		},
	}
	c.Flags().StringVar(&format, "format", "svg", "svg, mermaid or dot")
	c.Flags().StringVarP(&file, "output", "o", "", "the file to write; printed if left out")
	return c
}

// graphFormat is what a file of that name holds; one without an extension is SVG.
func graphFormat(file string) (string, error) {
	switch extension := strings.ToLower(filepath.Ext(file)); extension {
	case "", ".svg":
		return "svg", nil
	case ".mmd", ".mermaid":
		return "mermaid", nil
	case ".dot", ".gv":
		return "dot", nil
	default:
		return "", fmt.Errorf("-o %s: pictures are .svg, .mmd (Mermaid) or .dot (Graphviz), not %s; a browser shows .svg, and prints it", file, extension)
	}
}

func (a *app) graph(dir, format, file string) error {
	draw := map[string]func(*flows.Program) []byte{"svg": graph.SVG, "mermaid": graph.Mermaid, "dot": graph.DOT}[format]
	if draw == nil {
		return fmt.Errorf("there is no format %q: it can be svg, mermaid or dot", format)
	}
	bot, err := a.loadQuietly(dir)
	if err != nil {
		return err
	}
	picture := draw(bot.program)
	if file == "" {
		if _, err := a.stdout.Write(picture); err != nil {
			return failed(err)
		}
		return nil
	}
	if err := os.WriteFile(file, picture, 0o644); err != nil {
		return failed(err)
	}
	fmt.Fprintf(a.stdout, "The picture stands in %s.\n", file)
	return nil
}
