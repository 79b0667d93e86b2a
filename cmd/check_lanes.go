package cmd

import (
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/bot/messenger"
	"github.com/relance-bot/relance/flows"
)

// laneQuestion is when and where the lanes of a bot are asked for.
type laneQuestion struct{ at, region, people string }

func (q *laneQuestion) flags(c *cobra.Command) {
	c.Flags().StringVar(&q.at, "at", "", "with --lanes: on that day, 2026-03-02 (default today)")
	c.Flags().StringVar(&q.region, "region", "", "with --lanes: of the Page (default that of bot.yaml)")
	c.Flags().StringVar(&q.people, "people", "", "with --lanes: where the people live (default the Page's region)")
}

// laneView is what one lane says to one notification.
type laneView struct {
	Channel  string  `json:"channel,omitempty"` // where the bot has several
	Flow     string  `json:"flow"`
	Topic    string  `json:"topic"`
	Template bool    `json:"template,omitempty"` // a message that the platform approved
	Lane     string  `json:"lane"`
	Open     bool    `json:"open"` // with a permit that was never used
	Why      string  `json:"why,omitempty"`
	Text     string  `json:"text"`
	Price    float64 `json:"price,omitempty"`
	Currency string  `json:"currency,omitempty"`
}

// checkLanes says which lanes may carry each notification of a bot.
func (a *app) checkLanes(dir string, ask laneQuestion, asJSON bool) error {
	folder, err := a.loadQuietly(dir)
	if err != nil {
		return err
	}
	if err := (elsewhere{region: ask.region}).move(folder.program); err != nil {
		return err
	}
	facts := bot.LaneFacts{Now: a.clock.Now(), Region: folder.program.Bot.Region, PersonRegion: folder.program.Bot.Region, Zone: time.UTC}
	if ask.people != "" {
		facts.PersonRegion = flows.RegionOfCountry(strings.ToUpper(strings.TrimSpace(ask.people)))
	}
	if ask.at != "" {
		if facts.Now, err = time.Parse(time.DateOnly, ask.at); err != nil {
			return fmt.Errorf("--at wants a day like 2026-03-02")
		}
		facts.Now = facts.Now.Add(12 * time.Hour)
	}
	env, err := a.environment(dir)
	if err != nil {
		return failed(err)
	}
	lines, _, err := a.anyLines(folder, env)
	if err != nil {
		return failed(err)
	}
	all, several := []laneView{}, len(lines.hooked) > 1
	for _, channel := range lines.hooked {
		account, facts := lines.accounts[pageOf(channel)], facts
		if account.Region != "" {
			facts.Region = account.Region
			if ask.people == "" {
				facts.PersonRegion = account.Region
			}
		}
		views := lanesOf(folder.program, append(channel.Lanes(), messenger.HumanAgent()), facts)
		if several {
			for i := range views {
				views[i].Channel = account.Name
			}
		}
		all = append(all, views...)
		if asJSON || len(views) == 0 {
			continue
		}
		head := ""
		if several {
			head = account.Name + ": "
		}
		from := "a Page"
		if channel.Name() == typeInstagram {
			from = "an Instagram account"
		}
		fmt.Fprintf(a.stdout, "%sOn %s, from %s in %s to people in %s:\n", head, facts.Now.Format("2 January 2006"), from, facts.Region, facts.PersonRegion)
		if err := a.printLanes(folder.program, views); err != nil {
			return err
		}
		if several {
			fmt.Fprintln(a.stdout)
		}
	}
	switch {
	case asJSON:
		return a.printJSON(all)
	case len(all) == 0:
		fmt.Fprintln(a.stdout, "No flow of this bot sends notifications.")
	}
	return nil
}

// printLanes prints what the lanes of one channel say.
func (a *app) printLanes(program *flows.Program, views []laneView) error {
	out := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	last := ""
	for _, v := range views {
		if head := flowHead(program, v); head != last {
			fmt.Fprintf(out, "\n%s\n", head)
			last = head
		}
		fmt.Fprintf(out, "  %s\t%s\n", v.Lane, v.Text)
	}
	return out.Flush()
}

func flowHead(program *flows.Program, v laneView) string {
	text := fmt.Sprintf("%s, of “%s”", v.Flow, program.Title(v.Topic, program.Bot.Locale))
	if v.Template {
		text += ", an approved template"
	}
	return text
}

// lanesOf asks the lanes about every notification of a bot, in the order of the Page's
// preference, with permits that were never used.
func lanesOf(program *flows.Program, lanes []bot.Lane, facts bot.LaneFacts) []laneView {
	out := []laneView{}
	seen := map[string]bool{}
	for _, t := range program.Triggers {
		if t.Topic == "" {
			continue
		}
		kinds := []bool{false, true}
		switch t.Opens {
		case flows.OpensFree:
			kinds = kinds[:1]
		case flows.OpensTemplate:
			kinds = kinds[1:]
		}
		for _, template := range kinds {
			key := fmt.Sprint(t.Flow, " ", t.Topic, " ", template)
			if seen[key] {
				continue
			}
			seen[key] = true
			out = append(out, laneView{Flow: t.Flow, Topic: t.Topic, Template: template, Lane: bot.LaneWindow, Open: true, Text: "within 24 hours after they wrote"})
			q := bot.Question{LaneFacts: facts, Topic: t.Topic, Lanes: lanes, Permits: fresh(lanes, t.Topic)}
			q.Template = template
			for _, answer := range q.Answers() {
				out = append(out, viewLane(laneView{Flow: t.Flow, Topic: t.Topic, Template: template, Lane: answer.Name}, answer, facts))
			}
		}
	}
	return out
}

// fresh are permits for a topic as the platform would give them for every lane.
func fresh(lanes []bot.Lane, topic string) (out []bot.Permit) {
	for _, lane := range lanes {
		out = append(out, bot.Permit{Lane: lane.Name(), Topic: topic, Token: "token"})
	}
	return out
}

func viewLane(v laneView, answer bot.NamedAnswer, facts bot.LaneFacts) laneView {
	v.Open, v.Why, v.Price, v.Currency = answer.Open, answer.Why, answer.Price, answer.Currency
	switch {
	case !v.Open:
		v.Text = "no: " + bot.LaneReason(answer.Why, facts.Region, facts.PersonRegion)
	case v.Lane == "utility":
		v.Text = "yes, at any time"
	case v.Lane == "one_time":
		v.Text = "yes, one message for each time they allow it"
	case v.Lane == "marketing" && v.Price > 0:
		v.Text = fmt.Sprintf("yes, to whoever accepted the request, for about %v %s a message", v.Price, v.Currency)
	default:
		v.Text = "yes, to whoever accepted the request"
	}
	return v
}
