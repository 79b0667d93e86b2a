package cmd

import (
	"fmt"
	"net/url"

	"github.com/relance-bot/relance/flows"
)

// publicURL is how people reach the server, for tracked links; empty if nobody said.
func (e *environment) publicURL() (string, error) {
	address, err := e.get("PUBLIC_URL")
	if err != nil || address == "" {
		return "", err
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.RawQuery != "" || u.Fragment != "" {
		return "", fmt.Errorf("PUBLIC_URL is not an address like https://bot.example")
	}
	return address, nil
}

// opensLinks says whether a flow that begins with a notification has buttons that open
// an address.
func opensLinks(program *flows.Program) bool {
	var opens func(steps []flows.OutlineStep) bool
	opens = func(steps []flows.OutlineStep) bool {
		for _, s := range steps {
			for _, b := range s.Buttons {
				if b.Does == "open" {
					return true
				}
			}
			for _, branch := range s.Branches {
				if opens(branch.Steps) {
					return true
				}
			}
		}
		return false
	}
	notifies := map[string]bool{}
	for _, t := range program.Triggers {
		notifies[t.Flow] = notifies[t.Flow] || t.Topic != ""
	}
	for _, o := range program.Outlines() {
		if notifies[o.Flow] && opens(o.Steps) {
			return true
		}
	}
	return false
}
