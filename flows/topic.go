package flows

import (
	"slices"
	"strconv"
	"strings"
)

// topicList reads topics:.
func (d *decoder) topicList(f *fields, b *botFile) {
	for _, p := range f.entries("topics", "topic") {
		if d.slipped(f.n.get("topics"), p, "topic", "title", "image", "cadence", "interest", "once", "priority", "pause_if") {
			if n := len(b.bot.Topics); n > 0 {
				b.shaky[b.bot.Topics[n-1].Name] = true
			}
			continue
		}
		b.topics[p.key.text] = p.key.span
		t := Topic{Name: p.key.text}
		if p.key.text == "all" {
			d.errorf("name", p.key.span, "call it something else", `a topic cannot be called "all": opt_out: all means every topic`)
		}
		if p.value.broken {
			b.shaky[t.Name] = true
			b.bot.Topics = append(b.bot.Topics, t)
			continue
		}
		before := len(d.out.list)
		one := d.fields(p.value, "topic")
		d.title(one, &t, b)
		if w := one.plainText("image"); w != nil {
			t.Image = w.text
			d.link(*w)
		}
		for _, w := range one.words("cadence") {
			switch {
			case !contains(cadences, w.text):
				d.errorf("value-unknown", w.span, didYouMean(w.text, cadences, "it can be "), "unknown cadence %q", w.text)
			case contains(t.Cadence, w.text):
				d.errorf("value-twice", w.span, "delete one of the two", "%q stands here twice", w.text)
			default:
				t.Cadence = append(t.Cadence, w.text)
			}
		}
		if len(t.Cadence) == 0 {
			t.Cadence = []string{"daily"}
		}
		t.Interest = d.typeMap(one.node("interest"), "interest")
		t.Once = one.boolean("once", false)
		if t.Once && !one.has("interest") {
			d.warnf("interest-missing", one.key("once"), "add interest: and what a consent is about, or delete once:", "once: ends an interest, and the topic %q has none: its messages go on", t.Name)
		}
		t.Priority = one.integer("priority", 0)
		if n := one.node("pause_if"); n != nil {
			t.PauseIf = d.pauseIf(n)
		}
		one.finish()
		b.shaky[t.Name] = one.n.broken || !namePattern.MatchString(t.Name) || slices.ContainsFunc(d.out.list[before:], func(found Diagnostic) bool {
			return found.Code == "shape" || found.Code == "value-unknown" || found.Code == "key-unknown" || strings.HasPrefix(found.Code, "yaml-")
		})
		b.bot.Topics = append(b.bot.Topics, t)
	}
}

// pauseIf reads when a campaign pauses itself.
func (d *decoder) pauseIf(n *node) (p PauseIf) {
	one := d.fields(n, "pause_if")
	p.OptOuts, p.Errors = d.share(one, "opt_outs"), d.share(one, "errors")
	if p.After = one.integer("after", 0); p.After < 1 && one.has("after") && !one.n.broken {
		d.errorf("number", one.at("after"), "write a number of messages: 50", "after %d messages nothing can be judged", p.After)
	}
	one.finish()
	return p
}

// share reads 5%, as 0.05; nil if the key is not there.
func (d *decoder) share(f *fields, key string) *float64 {
	w := f.word(key)
	if w.text == "" {
		return nil
	}
	digits, ok := strings.CutSuffix(w.text, "%")
	v, number := parseNumber(strings.TrimSpace(digits))
	if !ok || !number || v < 0 || v > 100 {
		d.errorf("number", w.span, "write a share, from 0% to 100%: 5%", "%q is not a share", w.text)
		return nil
	}
	v /= 100
	return &v
}

// title reads the words people agree to.
func (d *decoder) title(f *fields, t *Topic, b *botFile) {
	if f.n.broken {
		return
	}
	if f.lacks("title") {
		d.errorf("key-missing", f.n.span, "add title: and the words people see when they are asked", "the topic %q has no title", t.Name)
		return
	}
	w := f.plainText("title")
	if w == nil {
		return
	}
	t.Title = w.text
	for _, other := range b.bot.Topics {
		if other.Title != "" && fold(other.Title) == fold(w.text) {
			d.errorf("title-twice", w.span, "give each its own words: people stop what has this title, and the platform does not say which of the two", "the topic %q has the same title", other.Name)
			return
		}
	}
	b.titles[w.text] = w.span
	if n := runes(w.text); n > maxTitle {
		d.errorf("too-long", w.span, "shorten it by "+strconv.Itoa(n-maxTitle), "the title has %d characters; the platform shows %d", n, maxTitle)
	}
}

// eventList reads events:.
func (d *decoder) eventList(f *fields, b *botFile) {
	for _, p := range f.entries("events", "event") {
		data := d.typeMap(p.value, "the event "+p.key.text)
		if p.value.kind != mapNode {
			continue // that was said, and what it holds is not known
		}
		if p.key.text == EventPurchase && !p.value.broken {
			d.purchase(p, data)
		}
		b.bot.Events = append(b.bot.Events, EventType{Name: p.key.text, Data: data})
	}
}
