// Package cmd is the relance command line: one file for each verb, and the wiring
// of the runtime, the storage, the channels and the server. A developer's own
// binary calls [Main] and has every verb.
package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/relance-bot/relance/bot"
)

// Exit codes.
const (
	exitFine     = 0 // warnings too
	exitFindings = 1 // findings or failures
	exitUsage    = 2
	exitFailed   = 3 // could not run
)

// Setup is what a developer adds to a bot before it starts: handlers and what wraps
// them. It is run for each bot that is made, and once more on one without a store to
// learn what flows may call: it only calls bot.Handle and Use.
type Setup func(b *bot.Bot) error

// Main runs the command line of the process and ends it.
func Main(setup Setup) {
	// A commit waits for the disk inside C, and holds a processor while it does.
	runtime.GOMAXPROCS(max(2, runtime.GOMAXPROCS(0)))
	// Little is kept and much is made for a moment: to collect it less often costs a few
	// MiB and saves some of the processor.
	if _, set := os.LookupEnv("GOGC"); !set {
		debug.SetGCPercent(125)
	}
	ctx, stop := untilStopped()
	code := Run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr, setup)
	stop()
	os.Exit(code)
}

// untilStopped ends with the first signal to stop. A second one is not waited for: it ends
// the process at once, as if it were killed.
func untilStopped() (context.Context, context.CancelFunc) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	return ctx, stop
}

// Run is Main for given arguments and streams; it returns the exit code.
func Run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer, setup Setup) int {
	a := &app{stdin: stdin, stdout: stdout, stderr: stderr, setup: setup, lookup: os.LookupEnv, environ: os.Environ(), clock: bot.SystemClock{}}
	return a.execute(ctx, args)
}

// execute runs one verb.
func (a *app) execute(ctx context.Context, args []string) int {
	root := a.root()
	root.SetArgs(spellOut(root, args))
	root.SetIn(a.stdin)
	root.SetOut(a.stdout)
	root.SetErr(a.stderr)
	verb, err := root.ExecuteContextC(ctx)
	var exit *exitError
	switch {
	case err == nil:
		return exitFine
	case errors.As(err, &exit):
		if exit.err != nil {
			fmt.Fprintln(a.stderr, "relance:", exit.err)
		}
		return exit.code
	}
	fmt.Fprintf(a.stderr, "relance: %v\nSee '%s'.\n", err, strings.Replace(verb.CommandPath(), "relance", "relance help", 1))
	return exitUsage
}

// app is one run of the command line.
type app struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	setup          Setup
	lookup         func(string) (string, bool)
	environ        []string  // as os.Environ has it; none in tests that have but lookup
	clock          bot.Clock // the machine's
	// room is how much may be written below a folder, if that is known; nil: as it is.
	room func(folder string) (bytes uint64, ok bool)
}

// exitError ends the program with a code. What is to be said is said already if
// err is nil.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit %d", e.code)
	}
	return e.err.Error()
}

func (e *exitError) Unwrap() error { return e.err }

// found ends with findings that are printed already.
func found() error { return &exitError{code: exitFindings} }

// failed says that something could not be run.
func failed(err error) error { return &exitError{code: exitFailed, err: err} }

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "relance",
		Short: "Messenger bots whose conversations are YAML flows",
		Long: `Relance runs Messenger bots whose conversations are YAML flows. A flow offers a
topic ("tell me when my size is back"); the person agrees and picks how often;
later a schedule or an event of the shop starts a flow that writes to them: never
without consent, never more often than agreed, never twice, and gone in one tap.`,
		Example: `  relance new shop          start a bot in the folder shop
  relance check shop        find mistakes
  relance test shop         play its transcripts
  relance run shop          run it, with a phone to try it on`,
		Version:       version(),
		Args:          unknownVerb,
		RunE:          showHelp,
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.CompletionOptions.HiddenDefaultCmd = true
	root.SetVersionTemplate(versionLine())
	root.SetUsageTemplate(usageTemplate)
	root.SetHelpCommand(helpCommand())
	group(root, "write", "Write a bot:", a.newCommand(), a.checkCommand(), a.testCommand(), a.chatCommand(), a.graphCommand(), a.localesCommand(), a.fmtCommand(), a.schemaCommand())
	group(root, "run", "Run it:", a.runCommand(), a.eventCommand(), a.nextCommand(), a.whyCommand(), a.campaignCommand(), a.statsCommand(), a.deployCommand(), a.templatesCommand(), a.simulateCommand(), a.emulatorCommand(), a.benchCommand())
	group(root, "page", "Set up its Page:", a.connectCommand(), a.profileCommand(), a.linkCommand(), a.doctorCommand())
	group(root, "keep", "Look after what it knows:", a.consentCommand(), a.importCommand(), a.exportCommand(), a.forgetCommand(), a.backupCommand(), a.moveCommand())
	root.SetHelpCommandGroupID("other")
	group(root, "other", "And:", a.versionCommand(), environmentTopic())
	return root
}

// folder is the DIR argument of a verb, "." if it is left out.
func folder(args []string) string {
	if len(args) > 0 {
		return args[0]
	}
	return "."
}
