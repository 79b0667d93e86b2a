package flows

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

// largeBot is a bot of many flows and steps in six languages, without a mistake: menus,
// questions, tables, branches, requests and notifications, each flow with words of its
// own. It has flows × 25 steps and three more.
func largeBot(flows int) fstest.MapFS {
	bot := fstest.MapFS{}
	put := func(file, text string) { bot[file] = &fstest.MapFile{Data: []byte(text)} }
	put("bot.yaml", `name: Fern & Fig
timezone: Europe/Paris
fields:
  pot: {type: number, min: 5, max: 60}
  light: {type: choice, options: [sun, shade]}
  city: text
topics:
  restock: {title: It is back, cadence: [daily, weekly], interest: {plant: text}}
  news: {title: What is new}
events:
  restock: {plant: text, url: text}
quiet_hours: 21:00-08:00
channels:
  messenger: {notifications: [recurring]}
`)
	var table strings.Builder
	table.WriteString("name,price,stock,url\n")
	for i := range 500 {
		fmt.Fprintf(&table, "plant %d,%d.90,%d,https://fernfig.example/%d\n", i, i%40+1, i%5, i)
	}
	put("data/plants.csv", table.String())
	var texts []string
	say := func(format string, args ...any) string {
		text := fmt.Sprintf(format, args...)
		texts = append(texts, text)
		return text
	}
	for n := range flows {
		var f strings.Builder
		p := func(format string, args ...any) { fmt.Fprintf(&f, format+"\n", args...) }
		p("description: Flow %d", n)
		p("triggers:\n  - keywords: [shelf %d, floor %d]\n  - referral: shelf%d", n, n, n)
		p("steps:")
		p("  - say: %s", say("Welcome to shelf %d of our shop.", n))
		p("  - ask: %s\n    save: contact.pot\n    choices: [10, 20, 30]\n    retry: %s", say("Which pot for shelf %d", n), say("A size between 5 and 60, for shelf %d.", n))
		p("  - set:\n      found: \"{{ filter(data.plants, .stock > %d && .price < contact.pot) }}\"\n      best: \"{{ first(sortBy(filter(data.plants, .stock > 1), .price)) }}\"", n%4)
		p("  - if: len(found) > 0 && contact.pot > %d", n%50)
		p("    then:")
		p("      - show: cards\n        each: found\n        title: \"%s\"\n        subtitle: \"{{ money(item.price, 'EUR') }}\"\n        buttons: [{label: %s, open: \"{{ item.url ?? 'https://fernfig.example' }}\"}]", say("Shelf %d: {{ item.name }}", n), say("Buy at shelf %d", n))
		p("      - say: \"%s\"", say("Shelf %d has {{ len(found) }} plants for {{ contact.pot }} cm.", n))
		p("    else:")
		p("      - say: \"%s\"", say("Nothing on shelf %d, {{ contact.first_name ?? 'sorry' }}.", n))
		p("      - opt_in: restock\n        about: {plant: fern %d}", n)
		p("        accepted:\n          - say: %s", say("Noted for shelf %d.", n))
		p("        declined:\n          - say: %s", say("No worries about shelf %d.", n))
		p("  - choose: %s\n    options:", say("What else on shelf %d", n))
		for o := range 4 {
			p("      - label: %s\n        steps:\n          - say: \"%s\"\n          - set: {contact.city: \"city %d\"}", say("Box %d of %d", o, n), say("Box %d on shelf %d costs {{ money(best?.price ?? 5, 'EUR') }} in {{ contact.city ?? 'town' }}.", o, n), o)
		}
		p("  - if: contact.light == nil\n    then:\n      - ask: %s\n        save: contact.light", say("Sun or shade at shelf %d", n))
		p("  - say: %s", say("Shelf %d is open all day.", n))
		p("  - wait: 2h")
		p("  - say: \"%s\"", say("Still at shelf %d, in {{ contact.city ?? 'town' }}? It is {{ date(today(), 'long') }}.", n))
		p("  - go: f%d", (n+1)%flows)
		put(fmt.Sprintf("flows/f%d.yaml", n), f.String())
	}
	put("flows/back.yaml", `triggers:
  - event: restock
    topic: restock
    where: event.plant == interest.plant
  - cron: 0 9 * * MON
    topic: news
steps:
  - say: Something is back.
    quick_replies: [{label: Stop, opt_out: all}]
  - opt_in: news
`)
	texts = append(texts, "It is back", "What is new", "Something is back.", "Stop")
	for _, language := range []string{"fr", "es", "de", "pt", "it"} {
		var l strings.Builder
		seen := make(map[string]bool)
		for _, text := range texts {
			if !seen[text] {
				seen[text] = true
				translated := text
				if strings.HasPrefix(text, "It is") || strings.HasPrefix(text, "What is n") {
					translated += " " + language
				}
				fmt.Fprintf(&l, "%q: %q\n", text, translated)
			}
		}
		put("locales/"+language+".yaml", l.String())
	}
	return bot
}

func countSteps(p *Program) int {
	n := 0
	for _, f := range p.flows {
		n += len(f.steps)
	}
	return n
}

// The bot of the benchmark is as large as it says, and has no mistake: else the
// benchmark would measure something else.
func TestTheLargeBotChecksClean(t *testing.T) {
	t.Parallel()
	p, _, found := Load(largeBot(12))
	if len(found) > 0 {
		t.Fatal(found)
	}
	if n := countSteps(p); n < 12*25 {
		t.Errorf("%d steps", n)
	}
}

// A bot of 200 flows, 5,000 steps and 6 languages.
func BenchmarkCheckLarge(b *testing.B) {
	bot := largeBot(200)
	b.ReportAllocs()
	for b.Loop() {
		p, _, found := Load(bot)
		if len(found) > 0 {
			b.Fatal(found[0])
		}
		b.ReportMetric(float64(countSteps(p)), "steps")
	}
}

// A locale file that was left behind is thousands of texts nobody speaks: to look for
// what each may have been took minutes.
func TestAForgottenLocaleIsCheckedInTime(t *testing.T) {
	t.Parallel()
	bot := largeBot(80)
	for file, f := range bot {
		if strings.HasPrefix(file, "locales/") {
			f.Data = []byte(strings.ReplaceAll(string(f.Data), "shelf", "shelve"))
		}
	}
	begun := time.Now()
	_, _, found := Load(bot)
	if took := time.Since(begun); took > 15*time.Second {
		t.Errorf("it took %v", took)
	}
	each := make(map[string]int)
	for _, d := range found {
		if d.Code == "locale-stale" {
			each[d.File]++
		}
	}
	if len(each) != 5 || each["locales/fr.yaml"] != maxStale+1 {
		t.Errorf("%v", each)
	}
	if last := found[len(found)-1]; !strings.Contains(last.Message, "others below") {
		t.Errorf("the last is\n%v", last)
	}
}
