package flows

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	_ "time/tzdata" // zones must exist on every machine

	"golang.org/x/text/language"
)

// Limits of what stands in bot.yaml; those of the platform are its Profile API's.
const (
	maxTitle       = 65
	maxPersonaName = 50
	maxGreeting    = 160
	maxIceBreakers = 4
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
	// settableFields are those of them that a flow may set.
	settableFields = []string{"locale", "timezone", "first_name", "last_name"}

	namePattern      = regexp.MustCompile(`^[a-z][a-z0-9_]{0,39}$`)
	localPattern     = regexp.MustCompile(`^[\p{L}_][\p{L}\p{N}_]{0,39}$`)
	eventPattern     = regexp.MustCompile(`^[a-z][a-z0-9_.-]{0,63}$`)
	regionPattern    = regexp.MustCompile(`^[A-Z]{2}$`)
	hoursPattern     = regexp.MustCompile(`^([01]?\d|2[0-3]):([0-5]\d)\s*-\s*([01]?\d|2[0-4]):([0-5]\d)$`)
	ratePattern      = regexp.MustCompile(`^(\d{1,5}(?:\.\d{1,2})?)/(s|m|h)$`)
	retentionPattern = regexp.MustCompile(`^([1-9]\d{0,3})(d|w|mo|y)$`)
)

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

// event finds a declared event.
func (b *Bot) event(name string) *EventType {
	for i := range b.Events {
		if b.Events[i].Name == name {
			return &b.Events[i]
		}
	}
	return nil
}

// botFile is bot.yaml with the places that later checks speak of.
type botFile struct {
	bot    Bot
	titles map[string]Span // of topics
	topics map[string]Span
	links  []mention // flows that menus and ice breakers name
	broken bool
}

// mention is a name somewhere in bot.yaml that must exist.
type mention struct {
	kind string // flow, topic
	name word
}

// decodeBot reads bot.yaml.
func (d *decoder) decodeBot() *botFile {
	b := &botFile{titles: make(map[string]Span), topics: make(map[string]Span)}
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
	d.sending(f, &b.bot)
	for _, w := range f.words("stop_words") {
		b.bot.StopWords = append(b.bot.StopWords, w.text)
	}
	d.personaList(f, b)
	d.channelList(f, b)
	f.finish()
	// What had to be repaired to be read, or has the wrong shape, may have lost names.
	b.broken = d.src.repaired != nil
	for _, key := range []string{"fields", "topics", "events"} {
		if n := root.get(key); n != nil && (n.broken || n.kind != mapNode) {
			b.broken = true
		}
	}
	return b
}

// required is a text that must be there.
func (d *decoder) required(f *fields, key, what string) string {
	if !f.has(key) {
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
	if n.comment != "" && contains(readable, key) {
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
	if w := f.word("region"); w.text != "" {
		if regionPattern.MatchString(w.text) {
			b.Region = w.text
		} else {
			d.errorf("value-unknown", w.span, didYouMean(w.text, regions, "it can be "), "unknown region %q", w.text)
		}
	}
}

// zone checks the name of a time zone.
func (d *decoder) zone(w word) bool {
	if _, err := loadZone(w.text); err == nil && (w.text == "UTC" || strings.Contains(w.text, "/")) {
		return true
	}
	d.errorf("timezone", w.span, "write the name of a zone, as in Europe/Paris or America/New_York", "unknown time zone %q", w.text)
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

// contactFields reads fields:.
func (d *decoder) contactFields(f *fields) []Field {
	var out []Field
	for _, p := range f.entries("fields", "field") {
		if contains(builtinFields, p.key.text) {
			d.errorf("field", p.key.span, "delete it: it may be used without being declared", "every contact has %q already", p.key.text)
			continue
		}
		if field, ok := d.field(p, fieldTypes); ok {
			out = append(out, field)
		}
	}
	if len(out) > maxFields {
		d.errorf("field", f.at("fields"), "", "there are more than %d fields", maxFields)
	}
	return out
}

// entries are the pairs of a map of names, each name checked.
func (f *fields) entries(key, what string) []pair {
	n := f.find(key)
	if n == nil {
		return nil
	}
	if n.kind != mapNode {
		f.d.errorf("shape", n.span, "write each "+what+" as name: value, one to a line", "%q takes names with values, this is %s", key, n.describe())
		return nil
	}
	var out []pair
	for _, p := range n.pairs {
		pattern := namePattern
		if key == "events" || key == "handlers" {
			pattern = eventPattern
		}
		if !pattern.MatchString(p.key.text) {
			f.d.errorf("name", p.key.span, "use small letters a to z, digits and _", "%q cannot be the name of a %s", p.key.text, what)
		}
		out = append(out, p)
	}
	return out
}

// field reads one declared field: {type: number, min: 35}, or its type alone.
func (d *decoder) field(p pair, types []string) (Field, bool) {
	field := Field{Name: p.key.text, Type: "text"}
	if p.value.broken {
		return field, true
	}
	if p.value.kind == scalarNode {
		w := d.word(p.value, p.key.text)
		if !slices.Contains(types, w.text) {
			d.errorf("value-unknown", w.span, didYouMean(w.text, types, "it can be "), "unknown type %q", w.text)
			return field, true
		}
		field.Type = w.text
		if field.Type == "choice" {
			d.errorf("key-missing", w.span, "write {type: choice, options: [a, b]}", "a choice needs options")
		}
		return field, true
	}
	f := d.fields(p.value, "field")
	if f.n.broken {
		return field, false
	}
	if !f.has("type") {
		d.errorf("key-missing", p.key.span, "add type: and one of "+strings.Join(types, ", "), "the field %q has no type", p.key.text)
	}
	field.Type = f.oneOf("type", "text", types...)
	d.bounds(f, &field)
	field.Unique = f.boolean("unique", false)
	for _, w := range f.words("options") {
		if slices.Contains(field.Options, w.text) {
			d.errorf("value-twice", w.span, "delete one of the two", "the option %q stands here twice", w.text)
			continue
		}
		field.Options = append(field.Options, w.text)
	}
	switch {
	case f.has("options") && field.Type != "choice":
		d.errorf("key-unknown", f.key("options"), "write type: choice, or delete it", "only a choice has options")
	case !f.has("options") && field.Type == "choice":
		d.errorf("key-missing", f.at("type"), "add options: [a, b]", "a choice needs options")
	}
	f.finish()
	return field, true
}

// bounds reads min and max.
func (d *decoder) bounds(f *fields, field *Field) {
	for _, key := range []string{"min", "max"} {
		if !f.has(key) {
			continue
		}
		v, ok := f.number(key)
		switch {
		case !ok:
			continue
		case field.Type != "number" && field.Type != "text":
			d.errorf("key-unknown", f.key(key), "delete it", "a %s has no %s", field.Type, key)
			continue
		case key == "min":
			field.Min = &v
		default:
			field.Max = &v
		}
	}
	if field.Min != nil && field.Max != nil && *field.Min > *field.Max {
		d.errorf("number", f.at("min"), "swap the two", "min is larger than max")
	}
}

// typeMap reads name: type maps: interest:, an event, a handler's in: and out:.
func (d *decoder) typeMap(n *node, what string) []Field {
	if n == nil || n.broken {
		return nil
	}
	if n.kind != mapNode {
		d.errorf("shape", n.span, "write {model: text, size: number}", "%s takes names with their types, this is %s", what, n.describe())
		return nil
	}
	var out []Field
	for _, p := range n.pairs {
		if !namePattern.MatchString(p.key.text) {
			d.errorf("name", p.key.span, "use small letters a to z, digits and _", "%q cannot be a name", p.key.text)
		}
		if field, ok := d.field(p, dataTypes); ok {
			out = append(out, field)
		}
	}
	return out
}

// topicList reads topics:.
func (d *decoder) topicList(f *fields, b *botFile) {
	for _, p := range f.entries("topics", "topic") {
		b.topics[p.key.text] = p.key.span
		t := Topic{Name: p.key.text}
		if p.key.text == "all" {
			d.errorf("name", p.key.span, "call it something else", `a topic cannot be called "all": opt_out: all means every topic`)
		}
		if p.value.broken {
			b.bot.Topics = append(b.bot.Topics, t)
			continue
		}
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
		t.Priority = one.integer("priority", 0)
		one.finish()
		b.bot.Topics = append(b.bot.Topics, t)
	}
}

// title reads the words people agree to.
func (d *decoder) title(f *fields, t *Topic, b *botFile) {
	if f.n.broken {
		return
	}
	if !f.has("title") {
		d.errorf("key-missing", f.n.span, "add title: and the words people see when they are asked", "the topic %q has no title", t.Name)
		return
	}
	w := f.plainText("title")
	if w == nil {
		return
	}
	t.Title = w.text
	b.titles[w.text] = w.span
	if n := runes(w.text); n > maxTitle {
		d.errorf("too-long", w.span, "shorten it by "+strconv.Itoa(n-maxTitle), "the title has %d characters; the platform shows %d", n, maxTitle)
	}
}

// link checks an address.
func (d *decoder) link(w word) {
	if w.text != "" && !strings.HasPrefix(w.text, "https://") && !strings.HasPrefix(w.text, "http://") {
		d.errorf("link", w.span, "write the whole address, with https://", "%q is not an address", w.text)
	}
}

// eventList reads events:.
func (d *decoder) eventList(f *fields, b *botFile) {
	for _, p := range f.entries("events", "event") {
		b.bot.Events = append(b.bot.Events, EventType{Name: p.key.text, Data: d.typeMap(p.value, "the event "+p.key.text)})
	}
}

// handlerList reads handlers:.
func (d *decoder) handlerList(f *fields, b *botFile) {
	for _, p := range f.entries("handlers", "handler") {
		h := Handler{Name: p.key.text}
		one := d.fields(p.value, "handler")
		if w := one.plainText("post"); w != nil {
			h.Post = w.text
			d.link(*w)
		} else if !one.n.broken && !one.has("post") {
			d.errorf("key-missing", p.key.span, `add post: "https://…"`, "the handler %q has no address", p.key.text)
		}
		h.In = d.typeMap(one.node("in"), "in")
		h.Out = d.typeMap(one.node("out"), "out")
		h.Timeout = one.duration("timeout", 0)
		one.finish()
		b.bot.Handlers = append(b.bot.Handlers, h)
	}
}

// sending reads quiet_hours, budget, rate and data_retention.
func (d *decoder) sending(f *fields, b *Bot) {
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
		}
		one.finish()
		b.Budget = &budget
	}
	if w := f.word("rate"); w.text != "" {
		m := ratePattern.FindStringSubmatch(w.text)
		if m == nil {
			d.errorf("rate", w.span, "write messages a second: 40/s", "%q is not a rate", w.text)
		} else if v, _ := strconv.ParseFloat(m[1], 64); v <= 0 {
			d.errorf("rate", w.span, "write 1/s or more", "at this rate nothing is ever sent")
		} else {
			b.Rate = v / map[string]float64{"s": 1, "m": 60, "h": 3600}[m[2]]
		}
	}
	if w := f.word("data_retention"); w.text != "" {
		if retentionPattern.MatchString(w.text) {
			b.Retention = w.text
		} else {
			d.errorf("duration", w.span, "write a number and d, w, mo or y: 13mo", "%q is not a span of time", w.text)
		}
	}
}

func minutes(hours, minutes string) int {
	h, _ := strconv.Atoi(hours)
	m, _ := strconv.Atoi(minutes)
	return h*60 + m
}

// personaList reads personas:.
func (d *decoder) personaList(f *fields, b *botFile) {
	for _, p := range f.entries("personas", "persona") {
		one := d.fields(p.value, "persona")
		var persona Persona
		if !one.n.broken {
			persona.Name = d.required(one, "name", "the name people see, as in name: Zoé")
		}
		if n := runes(persona.Name); n > maxPersonaName {
			d.errorf("too-long", one.at("name"), "", "the name has %d characters; the platform takes %d", n, maxPersonaName)
		}
		if w := one.plainText("picture"); w != nil {
			persona.Picture = w.text
			d.link(*w)
		}
		one.finish()
		if b.bot.Personas == nil {
			b.bot.Personas = make(map[string]Persona)
		}
		b.bot.Personas[p.key.text] = persona
	}
}

// channelList reads channels:.
func (d *decoder) channelList(f *fields, b *botFile) {
	for _, p := range f.entries("channels", "channel") {
		if p.value.broken {
			continue
		}
		one := d.fields(p.value, "channel")
		c := Channel{Name: p.key.text, Type: p.key.text}
		switch {
		case one.has("type"):
			c.Type = one.oneOf("type", "messenger", "messenger", "instagram")
		case !one.n.broken && p.key.text != "messenger" && p.key.text != "instagram":
			d.errorf("key-missing", p.key.span, "add type: messenger", "the channel %q has no type", p.key.text)
		}
		if c.Type == "instagram" {
			d.errorf("not-available", p.key.span, "use a channel of type messenger", "Instagram is not available in this version")
		}
		for _, w := range one.words("notifications") {
			switch {
			case !contains(lanes, w.text):
				d.errorf("value-unknown", w.span, didYouMean(w.text, lanes, "it can be "), "unknown lane %q", w.text)
			case contains(c.Notifications, w.text):
				d.errorf("value-twice", w.span, "delete one of the two", "%q stands here twice", w.text)
			default:
				c.Notifications = append(c.Notifications, w.text)
			}
		}
		if n := one.scalar("greeting", "a text"); n != nil {
			c.Greeting = n.text
			if n.comment != "" {
				d.commentBehind(n, "a text")
			}
			if count := runes(n.text); count > maxGreeting {
				d.errorf("too-long", n.span, "", "the greeting has %d characters; the platform shows %d", count, maxGreeting)
			}
		}
		c.IceBreakers = d.profileButtons(one, "ice_breakers", maxIceBreakers, 80, b)
		c.Menu = d.profileButtons(one, "menu", maxMenu, maxMenuLabel, b)
		one.finish()
		b.bot.Channels = append(b.bot.Channels, c)
	}
}

// profileButtons reads the buttons of a menu or the ice breakers. They belong to no
// conversation, so nothing in them is a template.
func (d *decoder) profileButtons(f *fields, key string, most, width int, b *botFile) []Button {
	items := f.list(key)
	if len(items) > most {
		d.errorf("too-many", items[most].span, "", "%q has %d entries; the platform takes %d", key, len(items), most)
	}
	var out []Button
	for _, n := range items {
		if n.broken {
			continue
		}
		one := d.fields(n, "button")
		if one.n.broken {
			continue
		}
		button := Button{Label: d.required(one, "label", "label: and the words on it")}
		if count := runes(button.Label); count > width {
			d.errorf("too-long", one.at("label"), "", "the label has %d characters; the platform shows %d", count, width)
		}
		d.target(one, &button, key, b)
		one.finish()
		out = append(out, button)
	}
	return out
}

// target reads what a profile button does.
func (d *decoder) target(f *fields, button *Button, key string, b *botFile) {
	var found []string
	for _, does := range []string{"go", "open", "phone", "opt_out"} {
		if !f.has(does) {
			continue
		}
		found = append(found, does)
		w := f.plainText(does)
		if w == nil || w.text == "" {
			continue
		}
		switch does {
		case "go":
			button.Payload = Payload{Go: w.text, With: d.literals(f)}.Encode()
			b.links = append(b.links, mention{"flow", *w})
		case "opt_out":
			button.Payload = Payload{OptOut: w.text}.Encode()
			if w.text != "all" {
				b.links = append(b.links, mention{"topic", *w})
			}
		case "open":
			button.Open = w.text
			d.link(*w)
		case "phone":
			button.Phone = w.text
		}
		if key == "ice_breakers" && does != "go" {
			d.errorf("key-unknown", f.key(does), "write go: and a flow", "an ice breaker starts a flow and does nothing else")
		}
	}
	switch len(found) {
	case 0:
		d.errorf("key-missing", f.n.span, "add go:, open:, phone: or opt_out:", "the button does nothing")
	case 1:
	default:
		d.errorf("button", f.key(found[1]), "make two buttons of it", "a button does one thing: %s or %s", found[0], found[1])
	}
	if f.has("with") && !f.has("go") {
		d.errorf("key-unknown", f.key("with"), "delete it", "with belongs to go")
	}
}

// literals are the values of with: where nothing can be computed.
func (d *decoder) literals(f *fields) map[string]any {
	var out map[string]any
	for _, s := range f.settings("with") {
		if _, ok := s.value.literal(); !ok {
			d.errorf("not-literal", s.value.span, "write the value itself", "%q takes a fixed value here", s.name.text)
			continue
		}
		if out == nil {
			out = make(map[string]any)
		}
		out[s.name.text] = s.value.fixed
	}
	return out
}
