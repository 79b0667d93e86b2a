package flows

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// triggerKind is what an item of a kind may have beside its kind.
type triggerKind struct {
	kind    TriggerKind
	options []string
	expires time.Duration // unless it says otherwise
}

// triggerKinds is every kind in the order of the reference.
var triggerKinds = []triggerKind{
	{kind: OnStart},
	{kind: OnKeywords, options: []string{"match"}},
	{kind: OnPattern},
	{kind: OnPostback},
	{kind: OnReferral},
	{kind: OnComment},
	{kind: OnOptedIn},
	{kind: OnOptedOut},
	{kind: OnEvent, options: []string{"topic", "where", "expires", "holdout"}, expires: 7 * 24 * time.Hour},
	{kind: OnCron, options: []string{"topic", "timezone", "where", "expires", "holdout"}, expires: 6 * time.Hour},
	{kind: OnDate, options: []string{"yearly", "offset", "at", "topic", "where", "expires", "holdout"}, expires: 12 * time.Hour},
	{kind: OnIdle, options: []string{"where"}},
	{kind: OnFallback},
}

// slashed is a pattern as programs have it: /news/i.
var slashed = regexp.MustCompile(`^/(.+)/[a-z]*$`)

// Limits of keywords and patterns.
const (
	maxKeywords = 200
	maxPattern  = 500
	// farFuture is how far ahead the next fire of a cron may lie before it counts as
	// never. 29 February may be eight years off.
	farFuture = 9 * 366 * 24 * time.Hour
)

// triggerList decodes triggers:.
func (d *decoder) triggerList(f *fields) []*Trigger {
	var out []*Trigger
	for _, n := range f.list("triggers") {
		if n.broken {
			continue
		}
		if t := d.trigger(n); t != nil {
			out = append(out, t)
		}
	}
	seen := make(map[string]int)
	for _, t := range out {
		t.ID = t.Flow + "/" + string(t.Kind) + ":" + t.Value
		if seen[t.ID]++; seen[t.ID] > 1 {
			t.ID += "#" + strconv.Itoa(seen[t.ID])
		}
	}
	return out
}

// triggerNames are the keys of triggers.
func triggerNames() []string {
	var out []string
	for _, k := range triggerKinds {
		out = append(out, string(k.kind))
	}
	return out
}

// trigger decodes one item.
func (d *decoder) trigger(n *node) *Trigger {
	f := d.fields(n, "trigger")
	if f.n.broken {
		return nil
	}
	t := &Trigger{Flow: d.flow}
	if d.keep {
		t.source = f.n
	}
	var kind triggerKind
	var names []string
	for _, k := range triggerKinds {
		names = append(names, string(k.kind))
		if f.n.get(string(k.kind)) == nil {
			continue
		}
		if t.Kind != "" {
			t.several = true
			d.errorf("trigger", f.key(string(k.kind)), "make two items of the list of it", "a trigger is one thing: %s or %s", t.Kind, k.kind)
			f.has(string(k.kind))
			continue
		}
		kind = k
		t.Kind, t.Expires = k.kind, k.expires
	}
	if t.Kind == "" {
		d.noTrigger(f, names)
		return nil
	}
	d.triggerValue(f, t)
	d.triggerOptions(f, t, kind.options)
	f.finish()
	return t
}

// noTrigger reports an item without a trigger in it.
func (d *decoder) noTrigger(f *fields, names []string) {
	for _, p := range f.n.pairs {
		if best := nearest(p.key.text, names); best != "" {
			d.errorf("key-unknown", p.key.span, `did you mean "`+best+`"?`, "unknown trigger %q", p.key.text)
			return
		}
	}
	at := f.n.span
	if len(f.n.pairs) > 0 {
		at = f.n.pairs[0].key.span
	}
	d.errorf("trigger", at, "it is one of "+strings.Join(names, ", "), "nothing here says what starts the flow")
}

// triggerValue decodes what stands behind the kind.
func (d *decoder) triggerValue(f *fields, t *Trigger) {
	key := string(t.Kind)
	switch t.Kind {
	case OnStart, OnFallback:
		t.value.span = f.key(key)
		if n := f.scalar(key, "true"); n != nil && n.text != "true" {
			d.errorf("boolean", n.span, "write "+key+": true, or delete it", "%q takes true", key)
		}
	case OnKeywords:
		d.keywords(f, t)
	case OnPattern:
		d.pattern(f, t)
	case OnCron:
		n := f.scalar(key, "a cron expression")
		if n == nil {
			return
		}
		if n.swallowed() {
			d.commentBehind(n, "a cron expression")
		}
		t.value = word{text: strings.Join(strings.Fields(n.text), " "), span: n.span}
		t.Value = t.value.text
		d.cron(t.value)
	case OnDate:
		d.dateField(f, t)
	case OnIdle:
		d.idleTime(f, t)
	case OnComment:
		d.commentWord(f, t)
	default:
		t.value = f.word(key)
		t.Value = t.value.text
		if at := strings.IndexByte(t.Value, '*'); t.Kind == OnReferral && at >= 0 && at != len(t.Value)-1 {
			d.errorf("trigger", t.value.span, "write it as promo*", "a * stands at the end of a ref only")
		}
		if t.Kind == OnReferral {
			d.ref(t)
		}
	}
}

// ref reports a whole link where its ref is wanted.
func (d *decoder) ref(t *Trigger) {
	_, ref, ok := strings.Cut(t.Value, "?ref=")
	if !ok && !strings.Contains(t.Value, "://") && !strings.Contains(t.Value, "m.me/") {
		return
	}
	ref, _, _ = strings.Cut(ref, "&")
	hint := "write what stands behind ?ref= in the link: referral: summer"
	if ref != "" {
		hint = "write referral: " + ref
	}
	found := d.errorf("trigger", t.value.span, hint, "this is a whole link, and a referral is its ref")
	if ref != "" && namePattern.MatchString(ref) {
		found.mend(t.value.span, ref)
	}
}

// keywords decodes the words a message may be.
func (d *decoder) keywords(f *fields, t *Trigger) {
	n := f.find("keywords")
	if n == nil {
		return
	}
	if n.kind == scalarNode {
		d.errorf("shape", n.span, "write keywords: ["+n.text+"]", `"keywords" takes a list, this is a single value`).mend(n.span, n.listed())
		return
	}
	words := f.words("keywords")
	if len(words) == 0 && n.kind == listNode {
		d.errorf("trigger", n.span, "write keywords: [hello, hi]", "there are no keywords")
	}
	if len(words) > maxKeywords {
		d.errorf("too-many", words[maxKeywords].span, "a pattern: may stand for many of them", "there are more than %d keywords", maxKeywords)
		words = words[:maxKeywords]
	}
	var texts []string
	for _, w := range words {
		folded := fold(w.text)
		if folded == "" {
			hint := "use a word; pattern: compares signs as they are"
			if strings.Contains(w.text, "*") {
				hint = "for what nothing else matches, write - fallback: true"
			}
			d.errorf("trigger", w.span, hint, "%q has no letters or digits to compare", w.text)
			continue
		}
		if slices.Contains(t.words, folded) {
			d.warnf("value-twice", w.span, "delete it: case, accents and punctuation make no difference", "%q is the same keyword as one before", w.text)
			continue
		}
		d.joined(w, "keywords")
		t.words = append(t.words, folded)
		t.keywords = append(t.keywords, w)
		texts = append(texts, w.text)
	}
	t.Value = strings.Join(texts, ",")
	t.value = word{text: t.Value, span: n.span}
}

// pattern decodes a regular expression.
func (d *decoder) pattern(f *fields, t *Trigger) {
	n := f.scalar("pattern", "a regular expression")
	if n == nil {
		return
	}
	if n.swallowed() {
		d.commentBehind(n, "a pattern")
	}
	t.value = word{text: n.text, span: n.span}
	t.Value = n.text
	if len(n.text) > maxPattern {
		d.errorf("pattern", n.span, "make several triggers of it", "the pattern is longer than %d characters", maxPattern)
		return
	}
	re, err := regexp.Compile("(?i)" + n.text)
	if err != nil {
		reason := strings.TrimPrefix(err.Error(), "error parsing regexp: ")
		hint := "patterns are RE2: no look-around, no back-references"
		if word := strings.Trim(n.text, "*"); word != n.text && fold(word) != "" {
			hint = "in a pattern .* stands for anything; for a word anywhere in the message write keywords: [" + word + "] and below it match: word"
		}
		d.errorf("pattern", n.span, hint, "the pattern cannot be read: %s", reason)
		return
	}
	if large := heavy(n.text); large != "" {
		d.errorf("pattern", n.span, "write smaller numbers in { }, or + instead of them", "%s", large)
		return
	}
	if m := slashed.FindStringSubmatch(n.text); m != nil {
		d.warnf("pattern", n.span, "write pattern: "+m[1], "the slashes are part of this pattern: it waits for people to write them").mend(n.span, quoted(m[1]))
	}
	t.pattern = re
	for _, name := range re.SubexpNames() {
		if name == "" {
			continue
		}
		if !namePattern.MatchString(name) {
			d.errorf("name", n.span, "use small letters, digits and _", "%q cannot be a name", name)
			continue
		}
		t.names = append(t.names, name)
	}
}

// triggerOptions decodes what else the item has.
func (d *decoder) triggerOptions(f *fields, t *Trigger, options []string) {
	for _, key := range options {
		switch key {
		case "match":
			t.match = f.oneOf(key, "whole", "whole", "start", "word")
		case "topic":
			t.topic = f.word(key)
			t.Topic = t.topic.text
		case "timezone":
			if w := f.word(key); w.text != "" && d.zone(w) {
				t.Zone = w.text
			}
		case "where":
			t.where = f.expression(key)
		case "expires":
			if t.Expires = f.duration(key, t.Expires); t.Expires <= 0 {
				d.errorf("duration", f.at(key), "write 6h or 2d, or delete it", "it would be too late before it began")
			}
		case "holdout":
			d.holdout(f, t)
		case "yearly":
			t.Yearly = f.boolean(key, false)
		case "offset":
			d.dateOffset(f, t)
		case "at":
			d.dateTime(f, t)
		}
	}
	if (t.Kind == OnCron || t.Kind == OnDate) && f.lacks("topic") {
		d.errorf("key-missing", f.key(string(t.Kind)), "add topic: and the topic people have agreed to", "a %s needs a topic: nobody is written to unasked", t.Kind)
	}
	if t.Kind == OnEvent && t.Topic == "" && !f.has("topic") && f.has("holdout") {
		d.errorf("key-unknown", f.key("holdout"), "add a topic, or delete it", "a holdout is of a topic's people, and there is no topic")
	}
}

// holdout decodes 10%.
func (d *decoder) holdout(f *fields, t *Trigger) {
	w := f.word("holdout")
	if w.text == "" {
		return
	}
	digits, ok := strings.CutSuffix(w.text, "%")
	v, number := parseNumber(strings.TrimSpace(digits))
	if !ok || !number || v < 0 || v >= 100 {
		d.errorf("holdout", w.span, "write a share of people: 10%", "%q is not a share", w.text)
		return
	}
	t.Holdout = v / 100
}

// FlowOf is the flow of a trigger, by the trigger's ID alone: also of one that the program
// does not have, or has no more.
func FlowOf(trigger string) string {
	kind, _, _ := strings.Cut(trigger, ":")
	return kind[:max(0, strings.LastIndexByte(kind, '/'))]
}
