package cmd

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/cmd/bench"
	"github.com/relance-bot/relance/flows"
	"github.com/relance-bot/relance/storage"
)

func (a *app) benchCommand() *cobra.Command {
	var config bench.Config
	var database string
	var asJSON bool
	c := &cobra.Command{
		Use:   "bench",
		Short: "Measure what a bot does on this machine, beside the least that would do",
		Long: `Measures a bot on this machine: webhooks and their replies, campaigns, fan-outs,
starts, timers. It starts the bot, the people who write to it and a platform that
takes every message, as processes that speak over loopback, and beside the bot in the
same run a floor: a small program that makes the same things durable and does nothing
else. What counts is the ratio of both. A full run takes minutes, a processor for the
bot and another for the rest.

With --database postgres a server is started in a temporary folder; with an address,
databases named relance_bench_… are made there, and dropped at the end.`,
		Example: "  relance bench\n  relance bench --messages 20000 --runs 1 --only webhook,campaign --profile .",
		Args:    arguments(0, 0),
		RunE: func(c *cobra.Command, _ []string) error {
			switch {
			case database == "both":
				config.Databases = []string{"sqlite", "postgres"}
			case database == "sqlite", database == "postgres", strings.HasPrefix(database, "postgres://"):
				config.Databases = []string{database}
			default:
				return fmt.Errorf("the database is %q: want sqlite, postgres, postgres://… or both", scheme(database))
			}
			if err := config.Check(); err != nil {
				return err
			}
			config.Progress = a.stderr
			table, err := bench.Run(c.Context(), config)
			if table != nil && len(table.Rows()) > 0 {
				write := table.Text
				if asJSON {
					write = table.JSON
				}
				err = errors.Join(err, write(a.stdout))
			}
			if err != nil {
				return failed(err)
			}
			return nil
		},
	}
	c.Flags().IntVar(&config.Messages, "messages", 100_000, "webhooks, and people of the campaign; ten times as many for the fan-out")
	c.Flags().StringVar(&database, "database", "sqlite", "sqlite, postgres, postgres://… or both")
	c.Flags().IntVar(&config.Runs, "runs", 3, "how often; medians are shown")
	c.Flags().StringSliceVar(&config.Only, "only", nil, "some of "+strings.Join(bench.PartNames(), ","))
	c.Flags().StringVar(&config.Profile, "profile", "", "folder for profiles of the bot, to be read by go tool pprof")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	c.AddCommand(&cobra.Command{
		Use: "child", Hidden: true, Args: arguments(1, 4),
		RunE: func(c *cobra.Command, args []string) error {
			if err := bench.Child(c.Context(), a.benchHost(), args, a.stdin, a.stdout); err != nil {
				return failed(err)
			}
			return nil
		},
	})
	return c
}

// benchHost is what the processes of a benchmark need of this command line.
func (a *app) benchHost() bench.Host {
	return bench.Host{
		Run: func(ctx context.Context, dir, database string, hold bool) error {
			if hold {
				return a.onlyReceive(ctx, dir, database)
			}
			return a.run(ctx, dir, "127.0.0.1:0", database, new(bool), elsewhere{})
		},
		Look: func(ctx context.Context, dir, database string, f func(context.Context, *bot.Bot) error) error {
			return a.inspect(ctx, dir, database, func(ctx context.Context, b *bot.Bot, _ storage.Store) error { return f(ctx, b) })
		},
		Load: func(dir string) (*flows.Program, *flows.Data, error) {
			program, data, problems := flows.Load(os.DirFS(dir))
			if problems.HasErrors() {
				return nil, nil, errors.New("the bot to be measured has mistakes")
			}
			return program, data, nil
		},
	}
}

// onlyReceive is run without turns: webhooks are taken and kept, and nothing else.
func (a *app) onlyReceive(ctx context.Context, dir, database string) error {
	folder, err := a.loadQuietly(dir)
	if err != nil {
		return err
	}
	env, err := a.environment(dir)
	if err != nil {
		return err
	}
	log, err := a.logger(env)
	if err != nil {
		return err
	}
	p := &process{app: a, folder: folder, env: env, log: log, asked: make(chan os.Signal, 1)}
	defer p.close()
	if err := p.open(ctx, database, "127.0.0.1:0"); err != nil {
		return err
	}
	return p.server.Serve(ctx, p.socket, func() { p.announce(ctx, p.socket.Addr()) })
}
