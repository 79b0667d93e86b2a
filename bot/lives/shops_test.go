package lives

import (
	"os"
	"path"
	"sync"
	"testing/fstest"
	"time"

	"github.com/relance-bot/relance/flows"
)

// The bots of testdata, as the checker knows them: written down by hand from what their
// files promise people, not read from the program.

// shop is one bot in its two editions, of which the second takes the first's place.
type shop struct {
	name     string
	zone     string // of people whose own is not known
	topics   map[string]topic
	editions [2]terms

	places sync.Map // *time.Location by name: to find one takes longer than to ask it
}

type topic struct {
	title   string
	cadence []string // the first is the default
	once    bool
}

// terms are what an edition promises.
type terms struct {
	quiet   hours
	budget  int // messages over all topics; 0: no bound
	per     time.Duration
	notices []notice
}

// hours are minutes after midnight; from and to the same: none.
type hours struct{ from, to int }

// notice is a flow that tells people something on its own.
type notice struct {
	flow, topic string
	begins      string // its message
	expires     time.Duration
	event       bool
	matches     bool   // of an event: only those who watch its size
	looks       bool   // … which everybody on the topic is asked about, and counted
	hours       []int  // of a schedule
	minute      int    //
	monday      bool   // on Mondays only
	zone        string // of everybody; "": each person's own
	birthday    bool   // only for those whose day it is
	holdout     bool   // half of the people are left out
}

const day = 24 * time.Hour

var night = hours{21 * 60, 8 * 60}

// shops are all of them.
func shops() []*shop {
	title := func(name string, cadence ...string) topic { return topic{title: name, cadence: cadence} }
	restock := func(expires time.Duration) notice {
		return notice{flow: "told_restock", topic: "restock", begins: "Restock ", event: true, matches: true, expires: expires}
	}
	news := func(hour, minute int, expires time.Duration) notice {
		return notice{flow: "told_news", topic: "news", begins: "News: ", hours: []int{hour}, minute: minute, expires: expires}
	}
	mondays := notice{flow: "told_tips", topic: "tips", begins: "Tips: ", hours: []int{8}, monday: true, expires: 3 * day}
	lordHowe := notice{flow: "told_tips", topic: "tips", begins: "Tips: ", hours: []int{0, 23}, minute: 15, zone: "Australia/Lord_Howe", expires: 6 * time.Hour}
	unsaid := restock(30 * time.Hour) // that an interest matches goes without saying
	unsaid.looks = true
	half := news(9, 30, 6*time.Hour)
	half.holdout = true
	gifts := func(hour, minute int) notice {
		return notice{flow: "told_gifts", topic: "gifts", begins: "Gift: ", hours: []int{hour}, minute: minute, birthday: true, expires: 12 * time.Hour}
	}
	often := news(12, 0, 90*time.Minute)
	often.hours = []int{12, 14, 18}
	whatIsNew, back := title("What is new", "daily", "weekly", "monthly"), title("Your size is back", "daily", "weekly")
	backOnce := back
	backOnce.once = true
	return []*shop{
		{
			name: "shop", zone: "Europe/Paris",
			topics: map[string]topic{"news": whatIsNew, "restock": back},
			editions: [2]terms{
				{quiet: night, notices: []notice{news(9, 30, 6*time.Hour), restock(7 * day)}},
				{quiet: night, notices: []notice{news(10, 0, 6*time.Hour), restock(7 * day)}},
			},
		},
		{
			name: "budget", zone: "America/New_York",
			topics: map[string]topic{"news": whatIsNew, "tips": title("Tips of the week", "weekly", "daily"), "restock": back},
			editions: [2]terms{
				{budget: 1, per: 24 * time.Hour, notices: []notice{news(8, 0, 2*day), mondays, restock(7 * day)}},
				{budget: 2, per: 36 * time.Hour, notices: []notice{news(8, 0, 2*day), mondays, restock(7 * day)}},
			},
		},
		{
			name: "night", zone: "Africa/Cairo",
			topics: map[string]topic{"news": whatIsNew, "tips": title("Tips of the week", "daily", "weekly"), "restock": back},
			editions: [2]terms{
				{notices: []notice{news(2, 30, 6*time.Hour), lordHowe, unsaid}},
				{notices: []notice{news(2, 30, 6*time.Hour), unsaid}},
			},
		},
		{
			name: "once", zone: "Pacific/Auckland",
			topics: map[string]topic{"news": title("What is new", "weekly", "daily", "monthly"), "gifts": title("A gift on your day", "daily"), "restock": backOnce},
			editions: [2]terms{
				{quiet: hours{22 * 60, 7 * 60}, notices: []notice{half, gifts(10, 0), restock(3 * time.Hour)}},
				{quiet: hours{22 * 60, 7 * 60}, notices: []notice{half, gifts(11, 30), restock(3 * time.Hour)}},
			},
		},
		{
			name: "tight", zone: "Asia/Tokyo",
			topics: map[string]topic{"news": whatIsNew, "restock": back},
			editions: [2]terms{
				{quiet: hours{13 * 60, 15 * 60}, budget: 2, per: 48 * time.Hour, notices: []notice{often, restock(2 * time.Hour)}},
				{quiet: hours{12 * 60, 16 * 60}, budget: 2, per: 48 * time.Hour, notices: []notice{often, restock(2 * time.Hour)}},
			},
		},
	}
}

// notice finds what an edition tells by a flow; false if it has no such flow.
func (t terms) notice(flow string) (notice, bool) {
	for _, n := range t.notices {
		if n.flow == flow {
			return n, true
		}
	}
	return notice{}, false
}

// topicOf finds a topic by the title that people see; "" if there is none.
func (s *shop) topicOf(title string) string {
	for name, t := range s.topics {
		if t.title == title {
			return name
		}
	}
	return ""
}

// loaded are an edition's files, compiled.
type loaded struct {
	program *flows.Program
	data    *flows.Data
	found   flows.Diagnostics
}

// compiler compiles each edition once.
type compiler struct {
	mu   sync.Mutex
	have map[string]loaded
}

func (c *compiler) edition(s *shop, n int) loaded {
	c.mu.Lock()
	defer c.mu.Unlock()
	dir := path.Join("testdata", s.name, []string{"one", "two"}[n])
	if have, ok := c.have[dir]; ok {
		return have
	}
	files := fstest.MapFS{}
	for _, folder := range []string{"testdata/common", dir} { // the second's files count
		for _, name := range []string{"bot.yaml", "flows"} {
			read(files, os.DirFS(folder), name)
		}
	}
	var out loaded
	out.program, out.data, out.found = flows.Load(files)
	if c.have == nil {
		c.have = map[string]loaded{}
	}
	c.have[dir] = out
	return out
}
