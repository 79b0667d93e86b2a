package cmd

import (
	"maps"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"

	"github.com/relance-bot/relance/flows"
)

// Settings that a bot reads, beside those of its channels.
var settingNames = []string{
	"RELANCE_DATABASE", "RELANCE_LISTEN", "RELANCE_SECRET_KEY", "RELANCE_API_KEY", "RELANCE_ALLOW_PRIVATE", "PUBLIC_URL", "LOG_LEVEL",
}

// Settings that a channel reads, behind its prefix.
var channelSettings = []string{
	"PAGE_ID", "ACCESS_TOKEN", "APP_SECRET", "VERIFY_TOKEN", "GRAPH_URL", "LINKED_PAGE_ID", "AD_ACCOUNT", "CAMPAIGN", "AD_TOKEN", "PRICE", "RECURRING",
}

// settingsRead are the names of all settings that a bot reads; a program that is nil is
// on one Page.
func settingsRead(program *flows.Program) []string {
	if program == nil {
		program = &flows.Program{}
	}
	names := slices.Clone(settingNames)
	for _, channel := range channelsOf(program) {
		for _, what := range channelSettings {
			names = append(names, channelPrefix(channel.Name)+what)
		}
	}
	for _, h := range program.Bot.Handlers {
		for _, header := range h.Headers {
			names = append(names, header.Env)
		}
	}
	for _, h := range program.Bot.Webhooks {
		names = append(names, h.Secret)
	}
	return slices.DeleteFunc(names, func(name string) bool { return name == "" })
}

// misspelt looks for names that nothing reads, and are nearly those of others: in .env, and
// in the environment among those that begin as ours do.
func (e *environment) misspelt(names []string) (out findings) {
	known := slices.Clone(names)
	for _, name := range names {
		known = append(known, name+"_FILE")
	}
	ours := slices.DeleteFunc(slices.Clone(e.names), func(name string) bool {
		begin, _, _ := strings.Cut(name, "_")
		return !slices.ContainsFunc(names, func(k string) bool { return strings.HasPrefix(k, begin+"_") })
	})
	for _, source := range []struct {
		where string
		names []string
	}{{".env", slices.Sorted(maps.Keys(e.file))}, {"environment", ours}} {
		for _, name := range source.names {
			if slices.Contains(known, name) {
				continue
			}
			if near := nearest(name, known); near != "" {
				out.warn(source.where, "setting-unknown", "did you mean "+near+"?", "nothing reads %s", printableWord(name))
			}
		}
	}
	return out
}

// nearest is the name that is most like another, if one is: the same but for a few letters,
// or with a word more.
func nearest(name string, known []string) (best string) {
	least := 3
	for _, k := range known {
		if strings.HasPrefix(name, k+"_") {
			return k
		}
		if d := levenshtein.ComputeDistance(name, k); d < least {
			best, least = k, d
		}
	}
	return best
}
