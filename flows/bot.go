package flows

import (
	"regexp"
	"strconv"
	"strings"
	_ "time/tzdata" // zones must exist on every machine
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/language"
)

// Limits of what stands in bot.yaml; those of the platform are its Profile API's.
const (
	maxTitle       = 65
	maxPersonaName = 50
	maxGreeting    = 160
	maxIceBreakers = 4
	maxIceBreaker  = 80
	maxMenu        = 20
	maxMenuLabel   = 30
	maxFields      = 200
)

var (
	fieldTypes = []string{"text", "number", "boolean", "date", "time", "choice", "email", "phone", "list"}
	dataTypes  = []string{"text", "number", "boolean", "date", "time"}
	cadences   = []string{"daily", "weekly", "monthly"}
	lanes      = []string{"recurring", "marketing", "one_time", "utility"}
	regions    = []string{"EU", "UK", "JP", "KR", "AU", "US", "CA", "BR", "MX", "IN"}

	// builtinFields are what every contact has, declared or not.
	builtinFields = []string{"id", "first_name", "last_name", "locale", "timezone", "channel", "created_at"}

	namePattern      = regexp.MustCompile(`^[a-z][a-z0-9_]{0,39}$`)
	eventPattern     = lazily(`^[a-z][a-z0-9_.-]{0,63}$`)
	regionPattern    = regexp.MustCompile(`^[A-Z]{2}$`)
	hoursPattern     = regexp.MustCompile(`^([01]?\d|2[0-3]):([0-5]\d)\s*-\s*([01]?\d|2[0-4]):([0-5]\d)$`)
	ratePattern      = regexp.MustCompile(`^(\d{1,5}(?:\.\d{1,2})?)/(s|m|h)$`)
	writtenRetention = regexp.MustCompile(`^([1-9]\d{0,3})\s*([dwmyDWMY])[a-z]*$`)
	retentionPattern = regexp.MustCompile(`^([1-9]\d{0,3})(d|w|mo|y)$`)
)

// localPattern is isLocal for editors. As a regular expression of ours it would be the
// largest thing in a bot's memory: forty times the letters of every alphabet.
const localPattern = `^[\p{L}_][\p{L}\p{N}_]{0,39}$`

// isLocal tells whether a name can stand in an expression without contact. before it.
func isLocal(name string) bool {
	for i, r := range name {
		if r != '_' && !unicode.IsLetter(r) && (i == 0 || !unicode.IsNumber(r)) {
			return false
		}
	}
	return name != "" && utf8.RuneCountInString(name) <= 40
}

// field finds a declared field.
func (b *Bot) field(name string) *Field {
	for i := range b.Fields {
		if b.Fields[i].Name == name {
			return &b.Fields[i]
		}
	}
	return nil
}

// topic finds a declared topic.
func (b *Bot) topic(name string) *Topic {
	for i := range b.Topics {
		if b.Topics[i].Name == name {
			return &b.Topics[i]
		}
	}
	return nil
}

// event finds an event that is declared or built in.
func (b *Bot) event(name string) *EventType {
	for i := range b.Events {
		if b.Events[i].Name == name {
			return &b.Events[i]
		}
	}
	if name == EventPurchase {
		return purchaseEvent()
	}
	return nil
}

// botFile is bot.yaml with the places that later checks speak of.
type botFile struct {
	bot       Bot
	titles    map[string]Span // of topics
	topics    map[string]Span
	links     []mention // flows that menus and ice breakers name
	shown     []shownText
	dialled   []Span          // phone: of menus
	laneless  []word          // channels without notifications:
	channels  map[string]Span // where each is declared, by name
	endpoints []*endpoint
	broken    bool
	// shaky are topics that could not be read whole, and mentioned, if something in
	// the file is wrong, its keys: what they declare may only have slipped.
	shaky     map[string]bool
	mentioned map[string]bool
}

// mention is a name somewhere in bot.yaml that must exist.
type mention struct {
	kind string // flow, topic
	name word
}

// decodeBot reads bot.yaml.
func (d *decoder) decodeBot() *botFile {
	b := &botFile{titles: make(map[string]Span), topics: make(map[string]Span), shaky: make(map[string]bool)}
	b.bot.Locale, b.bot.Timezone, b.bot.Region = "en", "UTC", "EU"
	root := d.parse()
	if root == nil {
		b.broken = true
		return b
	}
	f := d.fields(root, "bot.yaml")
	if f.n.broken {
		b.broken = true
		return b
	}
	b.bot.Name = d.required(f, "name", "the bot's name, as in name: Foulée")
	d.place(f, &b.bot)
	b.bot.Fields = d.contactFields(f)
	d.topicList(f, b)
	d.eventList(f, b)
	d.handlerList(f, b)
	d.webhookList(f, b)
	d.sending(f, &b.bot)
	for _, w := range f.words("stop_words") {
		b.bot.StopWords = append(b.bot.StopWords, w.text)
	}
	d.personaList(f, b)
	d.approvedList(f, b)
	d.channelList(f, b)
	f.finish()
	if d.out.failed(d.src.file) {
		b.mentioned = d.mentioned
	}
	// What had to be repaired to be read, or has the wrong shape, may have lost names.
	b.broken = d.src.repaired != nil || d.cut
	for _, t := range b.bot.Topics {
		b.shaky[t.Name] = b.shaky[t.Name] || b.broken
	}
	for _, key := range []string{"fields", "topics", "events", "handlers"} {
		if n := root.get(key); n != nil && (n.broken || n.kind != mapNode) {
			b.broken = true
		}
	}
	return b
}

// required is a text that must be there.
func (d *decoder) required(f *fields, key, what string) string {
	if f.lacks(key) {
		d.errorf("key-missing", f.n.span, "add "+what, "%q is missing", key)
		return ""
	}
	if t := f.plainText(key); t != nil {
		return t.text
	}
	return ""
}

// plainText is a text without {{ }}, with its place; nil if the key is not there.
func (f *fields) plainText(key string) *word {
	n := f.scalar(key, "a text")
	if n == nil {
		return nil
	}
	if n.swallowed() && contains(readable, key) {
		f.d.commentBehind(n, "a text")
	}
	w := f.d.word(n, key)
	return &w
}

// place reads locale, timezone and region.
func (d *decoder) place(f *fields, b *Bot) {
	if w := f.word("locale"); w.text != "" {
		if tag := languageTag(w.text); tag == "" {
			d.errorf("locale", w.span, "write a language like fr, or a language and country like pt_BR", "%q is not a language", w.text)
		} else {
			b.Locale = tag
		}
	}
	if w := f.word("timezone"); w.text != "" && d.zone(w) {
		b.Timezone = w.text
	}
	if region := d.region(f); region != "" {
		b.Region = region
	}
}

// region reads region:, "" if it is not there.
func (d *decoder) region(f *fields) string {
	w := f.word("region")
	switch {
	case w.text == "":
	case regionPattern.MatchString(w.text):
		return RegionOfCountry(w.text)
	default:
		d.errorf("value-unknown", w.span, didYouMean(w.text, regions, "write the two letters of the country, or one of "), "unknown region %q", w.text)
	}
	return ""
}

// zone checks the name of a time zone.
func (d *decoder) zone(w word) bool {
	if _, err := loadZone(w.text); err == nil && (w.text == "UTC" || strings.Contains(w.text, "/")) {
		return true
	}
	found := d.errorf("timezone", w.span, zoneHint(w.text), "unknown time zone %q", w.text)
	if zone, ok := typedZone(w.text); ok {
		found.mend(w.span, zone)
	}
	return false
}

// languageTag is a language as the package spells it ("fr", "pt-BR"), or "".
func languageTag(s string) string {
	tag, err := language.Parse(strings.ReplaceAll(s, "_", "-"))
	if err != nil || tag == language.Und {
		return ""
	}
	return tag.String()
}

// link checks an address.
func (d *decoder) link(w word) {
	if w.text != "" && !strings.HasPrefix(w.text, "https://") && !strings.HasPrefix(w.text, "http://") {
		d.errorf("link", w.span, "write the whole address, with https://", "%q is not an address", w.text)
	}
}

// sending reads quiet_hours, budget, rate, baseline and data_retention.
func (d *decoder) sending(f *fields, b *Bot) {
	d.baseline(f, b)
	if w := f.word("quiet_hours"); w.text != "" {
		if m := hoursPattern.FindStringSubmatch(w.text); m != nil && !(m[3] == "24" && m[4] != "00") {
			b.QuietHours = &Hours{From: minutes(m[1], m[2]), To: minutes(m[3], m[4]) % (24 * 60)}
			if b.QuietHours.From == b.QuietHours.To {
				d.errorf("quiet-hours", w.span, "delete the line if there are none", "the quiet hours begin when they end")
			}
		} else {
			d.errorf("quiet-hours", w.span, "write a time to a time: 21:00-08:00", "%q are no quiet hours", w.text)
		}
	}
	if n := f.node("budget"); n != nil {
		one := d.fields(n, "budget")
		budget := Budget{Max: one.integer("max", 0), Per: one.duration("per", 0)}
		if !one.n.broken && (!one.has("max") || !one.has("per")) {
			d.errorf("key-missing", f.key("budget"), "write budget: {max: 1, per: 24h}", "a budget has a max and a per")
		} else if budget.Max < 1 && one.has("max") && !one.n.broken {
			d.errorf("number", one.at("max"), "write 1 or more", "with a budget of %d nothing is ever sent", budget.Max)
		} else if n := one.node("per"); n != nil && budget.Per <= 0 {
			if _, read := parseDuration(n.text); read {
				d.errorf("duration", n.span, "write the time that the budget is for: 24h", "a budget for no time holds nothing back")
			}
		}
		one.finish()
		b.Budget = &budget
	}
	b.Rate = d.rate(f)
	if w := f.word("data_retention"); w.text != "" {
		if retentionPattern.MatchString(w.text) {
			b.Retention = w.text
		} else {
			hint := "write a number and d, w, mo or y: 13mo"
			if m := writtenRetention.FindStringSubmatch(w.text); m != nil {
				hint = "write data_retention: " + m[1] + map[string]string{"d": "d", "w": "w", "m": "mo", "y": "y"}[strings.ToLower(m[2])]
			}
			d.errorf("duration", w.span, hint, "%q is not a span of time", w.text)
		}
	}
}

func minutes(hours, minutes string) int {
	h, _ := strconv.Atoi(hours)
	m, _ := strconv.Atoi(minutes)
	return h*60 + m
}

// rate reads rate: in messages a second, 0 if it is not there.
func (d *decoder) rate(f *fields) float64 {
	w := f.word("rate")
	if w.text == "" {
		return 0
	}
	v, ok := ParseRate(w.text)
	switch {
	case !ok:
		d.errorf("rate", w.span, "write messages a second: 40/s", "%q is not a rate", w.text)
	case v == 0:
		d.errorf("rate", w.span, "write 1/s or more", "at this rate nothing is ever sent")
	}
	return v
}

// ParseRate reads a rate, "40/s", "30/m" or "100/h", as messages a second.
func ParseRate(text string) (rate float64, ok bool) {
	m := ratePattern.FindStringSubmatch(text)
	if m == nil {
		return 0, false
	}
	v, err := strconv.ParseFloat(m[1], 64)
	return v / map[string]float64{"s": 1, "m": 60, "h": 3600}[m[2]], err == nil
}
