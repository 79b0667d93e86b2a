package cmd

import (
	"fmt"
	"io/fs"
	"strings"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/flows"
)

// readBot compiles a bot's folder, with the Go functions that setup gives it. An error
// is setup's.
func readBot(fsys fs.FS, setup Setup) (*flows.Program, *flows.Data, flows.Diagnostics, error) {
	signatures, err := bot.Registered(setup)
	if err != nil {
		return nil, nil, nil, err
	}
	program, data, problems := flows.Load(fsys, signatures...)
	return program, data, problems, nil
}

// network is what handlers may reach, and with which secrets.
type network struct {
	secret  func(name string) string
	private bool // also what is not public
}

// network reads it from the environment of a bot's folder.
func (e *environment) network() (*network, error) {
	n := &network{secret: func(name string) string {
		value, err := e.get(name)
		if err != nil {
			return "" // it names a file that is not there: it is missing
		}
		return value
	}}
	allowed, err := e.get("RELANCE_ALLOW_PRIVATE")
	if err != nil {
		return nil, err
	}
	switch allowed {
	case "", "0", "false":
	case "1", "true":
		n.private = true
	default:
		return nil, fmt.Errorf("RELANCE_ALLOW_PRIVATE is %q: want 1, or nothing", allowed)
	}
	return n, nil
}

// missingSecrets says which variables a program's handlers and webhooks need; nil if all
// are set.
func missingSecrets(b *bot.Bot, program *flows.Program) error {
	missing := b.MissingSecrets(program)
	if len(missing) == 0 {
		return nil
	}
	return fmt.Errorf("handlers or webhooks of bot.yaml need %s: set it in the environment or in the bot's .env", strings.Join(missing, " and "))
}
