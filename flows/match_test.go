package flows

import (
	"slices"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
)

const matchBot = `
-- bot.yaml --
name: Test
locale: en
fields: {size: {type: number}}
topics:
  restock: {title: Restocks, interest: {model: text, size: number}}
  news: {title: News}
events:
  restock: {model: text, size: number, url: text}
-- flows/where.yaml --
triggers:
  - event: restock
    topic: restock
    where: event.model == interest.model && event.size >= interest.size
steps: [{say: Back.}]
-- flows/names.yaml --
triggers:
  - event: restock
    topic: restock
steps: [{say: Back.}]
-- flows/anyone.yaml --
triggers:
  - event: restock
    topic: news
steps: [{say: Back.}]
-- flows/monday.yaml --
triggers:
  - cron: 0 9 * * MON
    topic: news
    where: contact.size != nil
steps: [{say: News.}]
-- flows/ask.yaml --
triggers: [{start: true}]
steps: [{opt_in: news}, {opt_in: restock, about: {size: 42}}]
`

func TestMatchFindsTheFirstInterest(t *testing.T) {
	t.Parallel()
	p, _ := compileTalk(t, matchBot)
	w := World{Now: time.Unix(0, 0), Contact: Contact{Fields: map[string]any{"size": 42.0}}}
	gazelle := map[string]any{"model": "Gazelle", "size": 42.0, "url": "https://x.example"}
	type m = map[string]any
	for _, tt := range []struct {
		name, flow string
		event      m
		interests  []m
		want       m
		ok         bool
	}{
		{"where holds for the second", "where", gazelle, []m{{"model": "Samba", "size": 40.0}, {"model": "Gazelle", "size": 41.0}, {"model": "Gazelle", "size": 42.0}}, m{"model": "Gazelle", "size": 41.0}, true},
		{"where fails on what the interest leaves out", "where", gazelle, []m{{"model": "Gazelle"}}, nil, false},
		{"where needs an interest if it speaks of one", "where", gazelle, nil, nil, false},
		{"by name, all equal", "names", gazelle, []m{{"model": "Gazelle", "size": 41.0}, {"model": "Gazelle", "size": 42.0}}, m{"model": "Gazelle", "size": 42.0}, true},
		{"by name, an interest in any size", "names", gazelle, []m{{"model": "Gazelle"}}, m{"model": "Gazelle"}, true},
		{"by name, texts are exact", "names", gazelle, []m{{"model": "gazelle"}}, nil, false},
		{"by name, an event that leaves out the size", "names", m{"model": "Gazelle"}, []m{{"model": "Gazelle", "size": 42.0}}, m{"model": "Gazelle", "size": 42.0}, true},
		{"by name, nobody's interest", "names", gazelle, nil, nil, false},
		{"a topic without interests", "anyone", gazelle, nil, nil, true},
		{"a cron, by the person", "monday", nil, nil, nil, true},
		{"a cron has the first interest", "monday", nil, []m{{"size": 1.0}, {"size": 2.0}}, m{"size": 1.0}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var trigger *Trigger
			for i := range p.Triggers {
				if p.Triggers[i].Flow == tt.flow {
					trigger = &p.Triggers[i]
				}
			}
			got, ok := p.Match(trigger, w, tt.event, tt.interests)
			if diff := cmp.Diff(tt.want, got); ok != tt.ok || diff != "" {
				t.Errorf("ok is %v, want %v; (-want +got):\n%s", ok, tt.ok, diff)
			}
		})
	}
	monday := p.trigger(OnCron, "0 9 * * MON")
	if _, ok := p.Match(monday, World{Now: w.Now}, nil, nil); ok {
		t.Errorf("%s held for a person without the field", monday.ID)
	}
}

func TestTermsAreSpelledTheSameForEventsAndInterests(t *testing.T) {
	t.Parallel()
	p, _ := compileTalk(t, matchBot)
	event := map[string]any{"model": "Gazelle", "size": 42.0}
	for flow, want := range map[string][]string{"where": {"model=Gazelle"}, "names": nil, "anyone": nil} {
		for i := range p.Triggers {
			if p.Triggers[i].Flow != flow {
				continue
			}
			if diff := cmp.Diff(want, p.EventTerms(&p.Triggers[i], event)); diff != "" {
				t.Errorf("terms of %s (-want +got):\n%s", flow, diff)
			}
		}
	}
	got := InterestTerms(map[string]any{"size": 42.0, "model": "Gazelle", "wide": true, "price": 99.5, "none": nil})
	if diff := cmp.Diff([]string{"model=Gazelle", "price=99.5", "size=42", "wide=true"}, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestAnInterestThatDoesNotSayIsFoundByFalse(t *testing.T) {
	t.Parallel()
	p, _, found := Load(fstest.MapFS{
		"bot.yaml":     {Data: []byte("name: Test\ntopics:\n  news: {title: News, interest: {model: text, sale: boolean}}\nevents:\n  news: {model: text, sale: boolean}\nchannels: {messenger: {notifications: [recurring]}}\n")},
		"flows/a.yaml": {Data: []byte("triggers:\n  - event: news\n    topic: news\n    where: event.model == interest.model && event.sale == interest.sale\nsteps: [{say: Hi}]\n")},
	})
	if p == nil {
		t.Fatal(found[0].Render(false))
	}
	trigger := &p.Triggers[0]
	event := map[string]any{"model": "Tern", "sale": false}
	if _, ok := p.Match(trigger, World{}, event, []map[string]any{{"model": "Tern"}}); !ok {
		t.Error("an interest without sale does not match an event that is none")
	}
	if got := p.EventTerms(trigger, event); !slices.Equal(got, []string{"model=Tern"}) {
		t.Errorf("people are looked up by %q, and an interest without sale has no such term", got)
	}
	event["sale"] = true
	if _, ok := p.Match(trigger, World{}, event, []map[string]any{{"model": "Tern"}}); ok {
		t.Error("an interest without sale matches an event that is one")
	}
}
