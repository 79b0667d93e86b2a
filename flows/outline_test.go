package flows

import (
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

func TestOutlines(t *testing.T) {
	t.Parallel()
	p, _, found := Load(fstest.MapFS{
		"bot.yaml": {Data: []byte("name: x\nfields: {size: number}\ntopics: {news: {title: The news}}\nevents: {paid: {order: text}}\n")},
		"flows/a.yaml": {Data: []byte(`description: The first.
triggers:
  - start: true
  - keywords: [size, stock]
  - cron: 0 9 * * MON
    topic: news
    where: contact.size != nil
steps:
  - id: question
    ask: Which size?
    save: contact.size
    choices: [39, 40]
    otherwise:
      - go: "#question"
  - choose: What now?
    options:
      - {label: Again, go: "a#question"}
      - label: Wait
        steps:
          - wait: {event: paid, timeout: 2h, on_timeout: [{end: true}]}
  - say: {one_of: [Hello, Hi]}
    buttons: [{label: Shop, open: "https://shop.example"}, {label: Stop, opt_out: news}]
  - opt_in: news
    cadence: [daily]
`)},
	})
	if found.HasErrors() {
		t.Fatal(found)
	}
	want := []Outline{{
		Flow: "a", Description: "The first.",
		Triggers: []OutlineTrigger{{Kind: OnStart}, {Kind: OnKeywords, Value: "size, stock"}, {Kind: OnCron, Value: "0 9 * * MON", Topic: "news", Where: "contact.size != nil"}},
		Steps: []OutlineStep{
			{
				Address: "question", Verb: "ask", Text: "Which size?", Details: []Given{{"save", "contact.size"}, {"choices", "39, 40"}},
				Branches: []OutlineBranch{{Name: "otherwise", Steps: []OutlineStep{{Address: "question.otherwise.1", Verb: "go", Text: "a#question", To: "a#question"}}}},
			},
			{
				Address: "2", Verb: "choose", Text: "What now?",
				Branches: []OutlineBranch{
					{Name: "options.1", Label: "Again", To: "a#question"},
					{Name: "options.2", Label: "Wait", Steps: []OutlineStep{{
						Address: "2.options.2.1", Verb: "wait", Details: []Given{{"event", "paid"}, {"timeout", "2h"}},
						Branches: []OutlineBranch{{Name: "on_timeout", Steps: []OutlineStep{{Address: "2.options.2.1.on_timeout.1", Verb: "end"}}}},
					}}},
				},
			},
			{
				Address: "3", Verb: "say", Text: "Hello",
				Buttons: []OutlineButton{{Label: "Shop", Does: "open", To: "https://shop.example"}, {Label: "Stop", Does: "opt_out", To: "news"}},
			},
			{Address: "4", Verb: "opt_in", Text: "news", Details: []Given{{"cadence", "daily"}}},
		},
	}}
	if diff := cmp.Diff(want, p.Outlines()); diff != "" {
		t.Errorf("outlines (-want +got):\n%s", diff)
	}
	// Addresses are those of the program.
	for _, o := range p.Outlines() {
		for _, st := range o.Steps {
			if p.flows[o.Flow].find(st.Address) == nil {
				t.Errorf("the program has no step %s", st.Address)
			}
		}
	}
}
