package cmd

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// usageTemplate is what help shows below a verb's description.
const usageTemplate = `Usage: {{if .HasAvailableSubCommands}}{{.CommandPath}} VERB{{else}}{{.UseLine}}{{end}}
{{- if .HasExample}}

Examples:
{{.Example}}
{{- end}}
{{- if .HasAvailableSubCommands}}{{$verbs := .Commands}}
{{- range $group := .Groups}}

{{.Title}}
{{- range $verbs}}{{if eq .GroupID $group.ID}}
  {{rpad .Name .NamePadding}}  {{.Short}}{{end}}{{end}}
{{- end}}
{{- if not .Groups}}

Verbs:
{{- range $verbs}}{{if .IsAvailableCommand}}
  {{rpad .Name .NamePadding}}  {{.Short}}{{end}}{{end}}
{{- end}}

'{{.Root.Name}} help{{if .HasParent}} {{.Name}}{{end}} VERB' says more about one.
{{- end}}
{{- if and .HasAvailableLocalFlags (not .HasAvailableSubCommands)}}

Flags:
{{.LocalFlags.FlagUsages | trimTrailingWhitespaces}}
{{- end}}
`

// group adds verbs that belong together, under a title.
func group(root *cobra.Command, id, title string, verbs ...*cobra.Command) {
	root.AddGroup(&cobra.Group{ID: id, Title: title})
	for _, v := range verbs {
		v.GroupID = id
		root.AddCommand(v)
	}
}

// helpCommand is the verb help. What it does not know is a usage error.
func helpCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "help [VERB]",
		Short: "Say more about a verb",
		RunE: func(c *cobra.Command, args []string) error {
			about, rest, err := c.Root().Find(args)
			if err != nil || len(rest) > 0 {
				return unknownVerb(about, rest)
			}
			return about.Help()
		},
	}
}

// showHelp is what a verb that only has verbs of its own does.
func showHelp(c *cobra.Command, _ []string) error { return c.Help() }

// unknownVerb refuses every argument of a verb that only has verbs of its own.
func unknownVerb(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	text := fmt.Sprintf("there is no verb %q", strings.TrimSpace(strings.TrimPrefix(c.CommandPath(), "relance")+" "+args[0]))
	c.SuggestionsMinimumDistance = 2
	if near := c.SuggestionsFor(args[0]); len(near) > 0 {
		text += ": did you mean " + strings.Join(near, " or ") + "?"
	}
	return errors.New(text)
}

// arguments refuses a number of arguments outside of min to max, and says what a
// verb takes.
func arguments(least, most int) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		switch {
		case len(args) < least:
			return fmt.Errorf("something is missing: %s", c.UseLine())
		case len(args) > most && c.Flags().Lookup("dir") != nil && holdsBot(args[most]):
			return fmt.Errorf("%q is too much: the bot's folder stands behind --dir, as in %s --dir %s", args[most], c.CommandPath(), args[most])
		case len(args) > most:
			return fmt.Errorf("%q is too much: %s", args[most], c.UseLine())
		}
		return nil
	}
}

// spellOut lets long flags stand behind one dash too, as in -run.
func spellOut(root *cobra.Command, args []string) []string {
	verb, _, err := root.Find(args)
	if err != nil {
		return args
	}
	out := make([]string, 0, len(args))
	for i, arg := range args {
		if arg == "--" {
			return append(out, args[i:]...)
		}
		name, _, _ := strings.Cut(strings.TrimPrefix(arg, "-"), "=")
		if len(name) > 1 && strings.HasPrefix(arg, "-") && verb.Flags().Lookup(name) != nil {
			arg = "-" + arg
		}
		out = append(out, arg)
	}
	return out
}

// environmentTopic is what 'relance help environment' says. It is no verb.
func environmentTopic() *cobra.Command {
	return &cobra.Command{
		Use:   "environment",
		Short: "Settings that come from the environment, or from .env in the bot's folder",
		Long: `A flag comes before the environment, the environment before the file .env in the
bot's folder, where a comment may stand behind " #". NAME_FILE names a file that holds
the value of NAME. A bot that runs takes up a Page's access token that changes in .env,
or in the file that is named so; all else is read when it starts, and the log says so
where it changes meanwhile.

A real Page. With none of these set, 'relance run' speaks to an emulated one.
A channel that bot.yaml calls paris has PARIS_PAGE_ID and so on; with several,
each has its own, and either all are set or none:
  MESSENGER_PAGE_ID, MESSENGER_ACCESS_TOKEN, MESSENGER_APP_SECRET, MESSENGER_VERIFY_TOKEN
  MESSENGER_GRAPH_URL   the Graph API, default https://graph.facebook.com/v25.0
  MESSENGER_AD_ACCOUNT, MESSENGER_CAMPAIGN
                        the ad account and the message campaign of the lane marketing
  MESSENGER_AD_TOKEN    the access token for them, if it is not the Page's
  MESSENGER_PRICE       what one paid message is likely to cost, as in 0.014 USD
  INSTAGRAM_PAGE_ID     of a channel of type instagram: the account's id, as its
                        webhooks have it; the other three as above
  INSTAGRAM_LINKED_PAGE_ID
                        the Page it is linked to, if its access token is the Page's;
                        without, it is one of the Instagram Login
  INSTAGRAM_RECURRING   on, if the platform goes on carrying recurring notifications
                        for the account; it is not known to do so for anybody

The bot:
  RELANCE_DATABASE      default sqlite:relance.db, in the bot's folder; or
                        postgres://USER:PASSWORD@HOST/DATABASE
  RELANCE_LISTEN        address of the server, default :8080; other verbs ask it there
  RELANCE_SECRET_KEY    32 bytes in base64: what is personal is encrypted with it in the
                        database; NEW,OLD while a key is being replaced
  RELANCE_API_KEY       what /v1 and the console want; without one they answer this
                        machine only, and only beside the emulator
  RELANCE_ALLOW_PRIVATE 1, if handlers may call addresses of this machine and its network
  PUBLIC_URL            how people reach the server: https://bot.example
  LOG_LEVEL             debug, info, warn or error; default info
  NO_COLOR              no colours`,
	}
}
