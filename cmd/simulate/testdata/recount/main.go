// Command recount counts a simulated year again, by what the platform and the shop saw
// alone. It knows the journal that `relance simulate --keep` leaves and nothing of
// Relance: what the words mean stands in bot/FIGURES.md, and is read here a second time.
//
//	go run ./cmd/simulate/testdata/recount FOLDER
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strings"
	"time"
)

// line is one line of the journal.
type line struct {
	At                                        time.Time
	What, Person, Zone, MID, Send, Note, Text string
	Request, Event                            string
	Buttons                                   []struct{ Label, Payload, URL string }
	Data                                      map[string]any
	Topics, Questions                         map[string]string
	Yes                                       []string
}

// person is what happened to one person since they came, or were forgotten.
type person struct {
	zone      string
	shown     map[string]*message // by mid, every message of the Page
	notices   []*message          // the notifications, once each, in the order they came
	carried   map[string]*message // of them by the id they carried
	unread    int                 // of notices, the first that was not seen
	links     map[string]*message // by the code of a link
	asked     map[string]bool     // requests, by the id they carried
	accepted  map[string]bool
	words     int    // questions in the bot's own words
	yes       int    // of them, those that began a consent
	question  string // the topic of the one that waits
	answers   map[string]string
	posed     time.Time
	agrees    map[string]bool
	permitted map[string]bool // topics that the platform carries
	stops     int
	clicked   map[string]bool // messages of conversations
	purchases []purchase
}

type message struct {
	send, request string
	notice        bool
	tracked       bool // it has a link that the bot counts
	at            time.Time
	read, clicked bool
	labels        map[string]string // what tapping does
}

type purchase struct {
	at       time.Time
	cents    int64
	currency string
	code     string
}

// money is a sum in the smallest unit of a currency.
type money struct {
	Currency string `json:"currency"`
	Amount   int64  `json:"amount"`
}

// figures are named like those of `relance stats --json`.
type figures struct {
	Asked          int     `json:"asked"`
	Accepted       int     `json:"accepted"`
	Sent           int     `json:"sent"`
	Delivered      int     `json:"delivered"`
	Read           int     `json:"read"`
	Clicked        int     `json:"clicked"`
	People         int     `json:"people"`
	OptOuts        int     `json:"opt_outs"`
	Purchases      int     `json:"purchases"`
	SameDay        int     `json:"same_day_purchases"`
	Buyers         int     `json:"buyers"`
	BoughtAgain    int     `json:"bought_again"`
	Revenue        []money `json:"revenue"`
	OtherPurchases int     `json:"other_purchases"`
	OtherRevenue   []money `json:"other_revenue"`
	ReplyClicks    int     `json:"reply_clicks"`
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "recount FOLDER")
		os.Exit(2)
	}
	f, err := os.Open(filepath.Join(os.Args[1], "journal.jsonl"))
	if err == nil {
		var out figures
		if out, err = count(f); err == nil {
			enc := json.NewEncoder(os.Stdout)
			enc.SetIndent("", "  ")
			err = enc.Encode(out)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "recount:", err)
		os.Exit(1)
	}
}

// counter reads the journal line by line.
type counter struct {
	people map[string]*person
	begins line
}

func count(r io.Reader) (figures, error) {
	c := counter{people: map[string]*person{}}
	lines := bufio.NewReaderSize(r, 1<<20)
	for n := 1; ; n++ {
		text, err := lines.ReadBytes('\n')
		if err == io.EOF {
			return c.sum(), nil
		}
		if err != nil {
			return figures{}, err
		}
		var l line
		if err := json.Unmarshal(text, &l); err != nil {
			return figures{}, fmt.Errorf("line %d: %w", n, err)
		}
		if l.What == "begins" {
			c.begins = l
			continue
		}
		if l.Person != "" {
			c.take(c.of(l.Person), l)
		}
	}
}

func blank(zone string) *person {
	return &person{
		zone: zone, shown: map[string]*message{}, carried: map[string]*message{}, links: map[string]*message{}, asked: map[string]bool{},
		accepted: map[string]bool{}, agrees: map[string]bool{}, permitted: map[string]bool{}, clicked: map[string]bool{},
	}
}

func (c *counter) of(id string) *person {
	p := c.people[id]
	if p == nil {
		p = blank("UTC")
		c.people[id] = p
	}
	return p
}

func (c *counter) take(p *person, l line) {
	switch l.What {
	case "joined", "moved":
		p.zone = l.Zone
	case "forgotten":
		*p = *blank(p.zone)
	case "page":
		c.page(p, l)
	case "person":
		if l.Note != "comment" { // which shows nothing of the chat
			p.saw()
		}
		c.said(p, l)
	case "read":
		p.saw()
	case "accept":
		if m := p.shown[l.MID]; m != nil {
			topic := c.begins.Topics[m.request]
			p.accepted[m.send], p.agrees[topic], p.permitted[topic] = true, true, true
		}
	case "note":
		c.note(p, l)
	case "click":
		m := p.shown[l.MID]
		switch {
		case m == nil || !m.tracked:
		case m.notice:
			p.carried[m.send].clicked = true
		default:
			p.clicked[m.send] = true
		}
	case "event":
		if l.Event == "purchase" {
			amount, _ := l.Data["amount"].(float64)
			currency, _ := l.Data["currency"].(string)
			code, _ := l.Data["rl"].(string)
			p.purchases = append(p.purchases, purchase{l.At, int64(math.Round(amount * 100)), currency, code})
		}
	}
}

var (
	wayOut = regexp.MustCompile(`"opt_out":"([^"]+)"`)
	off    = regexp.MustCompile(`"choice":"off ([^" ]+)`)
	code   = regexp.MustCompile(`/l/([A-Za-z0-9_-]+)$`)
)

// page takes a message of the Page. A notification is told by its way out.
func (c *counter) page(p *person, l line) {
	m := &message{send: l.Send, request: l.Request, at: l.At, labels: map[string]string{}}
	for _, b := range l.Buttons {
		m.labels[b.Label] = b.Payload
		if wayOut.MatchString(b.Payload) {
			m.notice = true
		}
	}
	p.shown[l.MID] = m
	for _, b := range l.Buttons {
		if found := code.FindStringSubmatch(b.URL); found != nil {
			m.tracked = true
			if m.notice {
				p.links[found[1]] = m
			}
		}
	}
	switch {
	case m.notice:
		if p.carried[m.send] == nil {
			p.carried[m.send] = m
			p.notices = append(p.notices, m)
		}
	case l.Request != "":
		p.asked[m.send] = true
	case c.begins.Questions[l.Text] != "":
		topic := c.begins.Questions[l.Text]
		if p.question != topic || l.At.Sub(p.posed) > patience { // else it is said again
			p.words++
			p.posed = l.At
		}
		p.question, p.answers = topic, m.labels
	}
}

// saw notes that everything in the chat was seen.
func (p *person) saw() {
	for ; p.unread < len(p.notices); p.unread++ {
		p.notices[p.unread].read = true
	}
}

// said takes what the person wrote or tapped.
func (c *counter) said(p *person, l line) {
	topic, question := "", p.question
	if _, answered := p.answers[l.Text]; answered {
		p.question = ""
	}
	if m := p.shown[l.MID]; m != nil {
		for _, pattern := range []*regexp.Regexp{wayOut, off} {
			if found := pattern.FindStringSubmatch(m.labels[l.Text]); found != nil {
				topic = found[1]
			}
		}
	} else if strings.EqualFold(strings.TrimSpace(l.Text), "stop") {
		topic = "all"
	}
	if topic != "" {
		p.stop(topic)
		return
	}
	for _, yes := range c.begins.Yes {
		if question != "" && l.Text == yes && p.permitted[question] && !p.agrees[question] {
			p.agrees[question] = true
			p.yes++
		}
	}
}

// stop ends consents. One act is one opt-out, however many it ends.
func (p *person) stop(topic string) {
	ended := false
	for t, agrees := range p.agrees {
		if agrees && (topic == "all" || t == topic) {
			p.agrees[t], ended = false, true
		}
	}
	if ended {
		p.stops++
	}
}

// note takes a line of the platform's.
func (c *counter) note(p *person, l line) {
	topic := c.begins.Topics[l.Text]
	switch l.Note {
	case "accepted", "referred":
		p.saw()
	case "stopped":
		p.permitted[topic] = false
		p.stop(topic)
	case "resumed":
		p.permitted[topic], p.agrees[topic] = true, true
	}
}

const (
	patience = 20 * time.Hour // a question for consent waits
	window   = 7 * 24 * time.Hour
	second   = 60 * 24 * time.Hour
)

// sum adds everybody up.
func (c *counter) sum() figures {
	out := figures{}
	revenue, other := map[string]int64{}, map[string]int64{}
	for _, p := range c.people {
		out.Asked += len(p.asked) + p.words
		out.Accepted += len(p.accepted) + p.yes
		out.Sent += len(p.notices)
		out.Delivered += len(p.notices)
		out.OptOuts += p.stops
		out.ReplyClicks += len(p.clicked)
		if len(p.notices) > 0 {
			out.People++
		}
		for _, m := range p.notices {
			if m.read || m.clicked {
				out.Read++
			}
			if m.clicked {
				out.Clicked++
			}
		}
		p.bought(&out, revenue, other)
	}
	out.Revenue, out.OtherRevenue = sums(revenue), sums(other)
	return out
}

// bought counts purchases: to the notification whose link led to it, else to the last
// one, if that came in the seven days before.
func (p *person) bought(out *figures, revenue, other map[string]int64) {
	zone, err := time.LoadLocation(p.zone)
	if err != nil {
		zone = time.UTC
	}
	first := true
	for i, b := range p.purchases {
		m := p.links[b.code]
		if m == nil {
			for _, n := range p.notices {
				if !n.at.After(b.at) {
					m = n
				}
			}
		}
		if m == nil || b.at.Sub(m.at) > window {
			out.OtherPurchases++
			other[b.currency] += b.cents
			continue
		}
		out.Purchases++
		revenue[b.currency] += b.cents
		if m.at.In(zone).Format(time.DateOnly) == b.at.In(zone).Format(time.DateOnly) {
			out.SameDay++
		}
		if first {
			first = false
			out.Buyers++
			if i+1 < len(p.purchases) && p.purchases[i+1].at.Sub(b.at) <= second {
				out.BoughtAgain++
			}
		}
	}
}

func sums(m map[string]int64) []money {
	out := []money{}
	for currency, amount := range m {
		out = append(out, money{currency, amount})
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Currency < out[j].Currency })
	return out
}
