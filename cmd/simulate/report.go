package simulate

import (
	"fmt"
	"io"
	"text/tabwriter"
	"time"
)

// Report is what came of a simulation.
type Report struct {
	Bot    string    `json:"bot"`
	Seed   uint64    `json:"seed"`
	People int       `json:"people"`
	Zones  int       `json:"zones"`
	Days   int       `json:"days"`
	Start  time.Time `json:"start"`
	End    time.Time `json:"end"`

	Funnel    Funnel    `json:"people_did"`
	Events    int       `json:"events"`
	Decisions []Decided `json:"decisions"`
	Months    []*Month  `json:"months"`
	Platform  Trouble   `json:"platform"`
	Law       Law       `json:"law"`
}

// Funnel is what people and messages came to, as the platform saw it.
type Funnel struct {
	Came      int `json:"came"`
	Shown     int `json:"notifications"` // that came to stand in a chat
	Replies   int `json:"replies"`       // all other messages of the Page
	Opened    int `json:"links_opened"`
	Forgotten int `json:"forgotten"`
}

// Decided is how many notifications ended in one way.
type Decided struct {
	Kind  string `json:"kind"`
	Rule  string `json:"rule,omitempty"`
	Count int    `json:"count"`
}

// Month is one month of the simulation.
type Month struct {
	Month    string `json:"month"`    // 2026-03
	People   int    `json:"people"`   // who came for the first time
	Messages int    `json:"messages"` // of the Page
}

// Trouble is what the platform did wrong.
type Trouble struct {
	Refusals int `json:"refusals"` // for a moment
	Timeouts int `json:"timeouts"` // taken, and not answered for
}

// Law is what was looked at for what must not happen.
type Law struct {
	Checked    int      `json:"notifications_checked"`
	Violations int      `json:"violations"`
	First      []string `json:"first,omitempty"`
}

func newReport(c Config) *Report {
	return &Report{
		Bot: c.Program.Bot.Name, Seed: c.Seed, People: c.People, Zones: len(c.Settings.Zones), Days: c.Days,
		Start: c.Settings.Start, End: c.Settings.Start.AddDate(0, 0, c.Days), Decisions: []Decided{}, Months: []*Month{},
	}
}

// month is the record of the month of a time, which does not go back.
func (r *Report) month(at time.Time) *Month {
	name := at.UTC().Format("2006-01")
	if n := len(r.Months); n > 0 && r.Months[n-1].Month == name {
		return r.Months[n-1]
	}
	r.Months = append(r.Months, &Month{Month: name})
	return r.Months[len(r.Months)-1]
}

// Head writes what was simulated.
func (r *Report) Head(w io.Writer) error {
	_, err := fmt.Fprintf(w, "%s: %s people in %d time zones, %d days from %s, seed %d\n\n",
		r.Bot, thousands(r.People), r.Zones, r.Days, r.Start.Format(time.DateOnly), r.Seed)
	return err
}

// Text writes the report for people.
func (r *Report) Text(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "month\tnew people\tmessages\t")
	for _, m := range r.Months {
		fmt.Fprintf(t, "%s\t%s\t%s\t\n", m.Month, thousands(m.People), thousands(m.Messages))
	}
	fmt.Fprintf(t, "all\t%s\t%s\t\n", thousands(r.Funnel.Came), thousands(r.Funnel.Shown+r.Funnel.Replies))
	if err := t.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(w)
	t = tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "decision\trule\tnotifications")
	for _, d := range r.Decisions {
		fmt.Fprintf(t, "%s\t%s\t%s\n", d.Kind, d.Rule, thousands(d.Count))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(w, "\nThe shop sent %s events. The platform refused %s messages for a moment and left %s without an answer. %s people had everything deleted.\n",
		thousands(r.Events), thousands(r.Platform.Refusals), thousands(r.Platform.Timeouts), thousands(r.Funnel.Forgotten))
	if r.Law.Violations == 0 {
		_, err := fmt.Fprintf(w, "Nothing unlawful happened: of %s notifications that came to stand in a chat none came without consent, none after a stop, and none twice.\n", thousands(r.Law.Checked))
		return err
	}
	fmt.Fprintf(w, "%s of %s notifications should not have come:\n", thousands(r.Law.Violations), thousands(r.Law.Checked))
	for _, wrong := range r.Law.First {
		fmt.Fprintln(w, " ", wrong)
	}
	return nil
}

// thousands writes a number in groups of three digits.
func thousands(n int) string {
	text := fmt.Sprint(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}
