package bench

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
)

// measure is one figure of a part. A row of the table shows it for each database,
// or for only one.
type measure struct {
	key, label string
	goal       goal
	only       string // a database; empty: all, as far as no other measure of the key is for it
}

// Table is what was measured, run by run.
type Table struct {
	config  Config
	pinned  bool
	machine []string
	sides   map[string]*side // by database and part
	order   []string         // databases
}

// side are the figures of all runs of one part on one database.
type side struct{ ours, floors []figures }

func newTable(c Config, pinned bool) *Table {
	return &Table{config: c, pinned: pinned, machine: machine(), sides: map[string]*side{}}
}

func (t *Table) side(database, part string) *side {
	if !slices.Contains(t.order, database) {
		t.order = append(t.order, database)
	}
	key := database + "/" + part
	if t.sides[key] == nil {
		t.sides[key] = &side{}
	}
	return t.sides[key]
}

func (t *Table) ours(database, part string, f figures) {
	s := t.side(database, part)
	s.ours = append(s.ours, f)
}

func (t *Table) floors(database, part string, f figures) {
	s := t.side(database, part)
	s.floors = append(s.floors, f)
}

// Row is one line of the table.
type Row struct {
	Database string    `json:"database"`
	Part     string    `json:"part"`
	Measure  string    `json:"measure"`
	Ours     []float64 `json:"ours"` // run by run
	Floor    []float64 `json:"floor,omitempty"`
	Median   float64   `json:"median"`
	Ratio    *float64  `json:"ratio,omitempty"` // the median of each run's own
	Goal     string    `json:"goal,omitempty"`
	Verdict  string    `json:"verdict,omitempty"` // ok, ok+ (the stretch too), MISS
}

// Rows are the lines of the table in order.
func (t *Table) Rows() []Row {
	var out []Row
	for _, database := range t.order {
		for _, p := range parts {
			if s := t.sides[database+"/"+p.name]; s != nil {
				out = append(out, s.rows(database, p)...)
			}
		}
	}
	return out
}

func (s *side) rows(database string, p part) []Row {
	var out []Row
	for i, m := range p.measures {
		twice := slices.ContainsFunc(p.measures[:i], func(n measure) bool { return n.key == m.key && n.only == database })
		if m.only != "" && m.only != database && p.claims(m.key, database) || twice {
			continue
		}
		if m.only != "" && m.only != database {
			m.goal = goal{}
		}
		row := Row{Database: database, Part: p.name, Measure: m.label, Ours: values(s.ours, m.key), Floor: values(s.floors, m.key)}
		if len(row.Ours) == 0 {
			continue
		}
		row.Median = median(row.Ours)
		ratio := math.NaN()
		if len(row.Floor) == len(row.Ours) {
			var ratios []float64
			for i, floor := range row.Floor {
				if floor > 0 {
					ratios = append(ratios, row.Ours[i]/floor)
				}
			}
			if len(ratios) > 0 {
				ratio = median(ratios)
				row.Ratio = &ratio
			}
		}
		row.Goal, row.Verdict = m.goal.String(), m.goal.verdict(row.Median, ratio)
		out = append(out, row)
	}
	return out
}

// claims says whether a measure is for one database by name.
func (p part) claims(key, database string) bool {
	return slices.ContainsFunc(p.measures, func(m measure) bool { return m.key == key && m.only == database })
}

func values(runs []figures, key string) []float64 {
	var out []float64
	for _, f := range runs {
		if v, ok := f[key]; ok {
			out = append(out, v)
		}
	}
	return out
}

// JSON writes everything, run by run.
func (t *Table) JSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(struct {
		Machine  []string `json:"machine"`
		Pinned   bool     `json:"pinned"`
		Messages int      `json:"messages"`
		Runs     int      `json:"runs"`
		Rows     []Row    `json:"rows"`
	}{t.machine, t.pinned, t.config.Messages, t.config.Runs, t.Rows()})
}

// Text writes the table for people: the median, and the least and the most of the
// runs behind it.
func (t *Table) Text(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s. %s\n", strings.Join(t.machine, "; "), t.placement())
	fmt.Fprintf(&b, "Medians of %s (least-most); a ratio is the median of each run's own. Floors: fiber, signature, encoding/json, fasthttp,\n"+
		"SQLite with synchronous=FULL or PostgreSQL as it comes; ok+ is a stretch goal met.\n", plural(t.config.Runs, "run"))
	title := ""
	for _, row := range t.Rows() {
		p := parts[slices.IndexFunc(parts, func(p part) bool { return p.name == row.Part })]
		if next := row.Database + ", " + row.Part + ": " + p.title(t.config); next != title {
			title = next
			fmt.Fprintf(&b, "\n%s\n%-44s %22s %22s %7s  %s\n", title, "", "relance", "floor", "ratio", "goal")
		}
		ratio := ""
		if row.Ratio != nil {
			ratio = fmt.Sprintf("%.2f", *row.Ratio)
		}
		line := fmt.Sprintf("  %-42s %22s %22s %7s  %-22s %s", row.Measure, spread(row.Ours), spread(row.Floor), ratio, row.Goal, row.Verdict)
		fmt.Fprintln(&b, strings.TrimRight(line, " "))
	}
	if worst := t.strangers(); worst > strangersMatter {
		fmt.Fprintf(&b, "\nStrangers took up to %.0f %% of the server's CPU: of these figures, believe CPU seconds and counts.\n", 100*worst)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// strangersMatter is the share of the server's CPU, taken by processes that have
// nothing to do with the benchmark, from which rates and latencies say little.
const strangersMatter = .1

// strangers is the most they took in any run.
func (t *Table) strangers() (worst float64) {
	for _, s := range t.sides {
		for _, share := range append(values(s.ours, "others"), values(s.floors, "others")...) {
			worst = max(worst, share)
		}
	}
	return worst
}

func (t *Table) placement() string {
	if t.pinned {
		return fmt.Sprintf("Server, its database and the floors on CPU %d; load and fake Graph on CPU %d.", serverCPU, loadCPU)
	}
	return "Nothing is bound to a CPU here: server and load take from each other."
}

// spread is a median with what it is the median of.
func spread(v []float64) string {
	switch len(v) {
	case 0:
		return ""
	case 1:
		return number(v[0])
	}
	return fmt.Sprintf("%s (%s-%s)", number(median(v)), number(slices.Min(v)), number(slices.Max(v)))
}

// number writes a figure with as many digits as mean something.
func number(v float64) string {
	switch a := math.Abs(v); {
	case v == math.Trunc(v) && a < 1e9:
		return fmt.Sprintf("%.0f", v)
	case a >= 100:
		return fmt.Sprintf("%.0f", v)
	case a >= 10:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.2f", v)
}

func plural(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return fmt.Sprintf("%d %ss", n, word)
}
