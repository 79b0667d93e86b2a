package flows

import (
	"regexp"
	"sync"
	"time"
)

// Program is a bot folder compiled and checked. It never changes, and is safe for
// use by many goroutines.
type Program struct {
	Hash     string            // names the sources: bot.yaml, flows and locales; hex
	Sources  map[string][]byte // those sources by path, to compile the program again
	Bot      Bot
	Triggers []Trigger // of all flows, in order of flow and place

	flows     map[string]*flow
	ways      map[string]*way      // by topic: how people agree to one that is about something
	moved     map[string]*step     // today's step by what it was called before: "flow#id", or "flow#" for all of a flow
	endpoints map[string]*endpoint // handlers of bot.yaml

	goals     []string                        // that steps track
	languages []string                        // the bot's own first, then those of locales/
	locales   map[string]map[string]*template // translations by language and source text
	texts     map[string]map[string]*template // framework texts by language and key
	stop      map[string]bool                 // stop words of every language, folded
	endings   map[string]string               // the payload that ends a topic, or "all", by its name

	machines sync.Pool // of *machine, empty: each turn needs one, for as long as it runs

	spoken       []Untranslated
	translations []Translation
}

// Bot is bot.yaml.
type Bot struct {
	Name       string
	Locale     string // of the flows' texts: "fr"
	Timezone   string // IANA
	Region     string // EU, UK, JP, KR, AU, US …
	Fields     []Field
	Topics     []Topic
	Events     []EventType
	QuietHours *Hours    // nil: none
	Budget     *Budget   // nil: none
	Baseline   *Baseline // what figures are compared with; nil: nothing
	Rate       float64   // messages a second for each Page; 0: the channel's own
	StopWords  []string
	Personas   map[string]Persona
	Channels   []Channel
	Templates  []Approved
	Handlers   []Handler
	Webhooks   []Webhook
	Retention  string // data_retention as written: "13mo"; empty: for ever
}

// Field is a declared field of contacts.
type Field struct {
	Name     string
	Type     string // text, number, boolean, date, time, choice, email, phone, list
	Min, Max *float64
	Options  []string
	Unique   bool
	Of       []Field // of a list that a handler answers: it holds records with these
}

// Topic is a subject people can agree to hear about.
type Topic struct {
	Name     string
	Title    string // in the bot's own language; see Program.Title
	Image    string
	Cadence  []string // what a person may choose: daily, weekly, monthly; the first is the default
	Interest []Field  // what a consent is about; empty: the topic as a whole
	Once     bool     // an interest ends with its first notification
	Priority int
	PauseIf  PauseIf
}

// PauseIf is when a campaign of a topic pauses itself. What is not set has a default.
type PauseIf struct {
	OptOuts *float64 // share of messages after which people stopped, or whom it cannot reach, 0 to 1
	Errors  *float64 // share of messages that went wrong otherwise
	After   int      // messages that are settled before it is judged; 0: not set
}

// EventType is an event the shop may send.
type EventType struct {
	Name string
	Data []Field
}

// Hours is a time of day to another, each in minutes after midnight; To may be
// before From, and then lies in the next day.
type Hours struct{ From, To int }

// Budget is how many notifications a person may get over all topics.
type Budget struct {
	Max int
	Per time.Duration
}

// Persona is a name and face a message may be sent with.
type Persona struct{ Name, Picture string }

// Channel is one entry of channels: in bot.yaml.
type Channel struct {
	Name          string   // "messenger", or any
	Type          string   // "messenger" or "instagram"
	Region        string   // of its Page; empty: the bot's
	Rate          float64  // messages a second; 0: the bot's
	Notifications []string // lanes this Page has, in order of preference, after window
	Greeting      string
	IceBreakers   []Button
	Menu          []Button
}

// TriggerKind is the key of a trigger in a flow.
type TriggerKind string

const (
	OnStart    TriggerKind = "start"
	OnKeywords TriggerKind = "keywords"
	OnPattern  TriggerKind = "pattern"
	OnPostback TriggerKind = "postback"
	OnReferral TriggerKind = "referral"
	OnComment  TriggerKind = "comment"
	OnOptedIn  TriggerKind = "opted_in"
	OnOptedOut TriggerKind = "opted_out"
	OnEvent    TriggerKind = "event"
	OnCron     TriggerKind = "cron"
	OnDate     TriggerKind = "date"
	OnIdle     TriggerKind = "idle"
	OnFallback TriggerKind = "fallback"
)

// Trigger is what starts a flow.
type Trigger struct {
	ID      string // stable while flow, kind and value are: "monday/cron:0 9 * * MON"
	Flow    string
	Kind    TriggerKind
	Value   string // the event, the postback, the ref, the cron spec, the topic of opted_in …
	Topic   string // its flow's first message is a notification of this topic; empty: it is not
	Zone    string // timezone: of a cron; empty: each person's own
	Expires time.Duration
	Field   string        // of a date: the contact's field, without contact.
	Yearly  bool          // of a date: on every anniversary as well
	Offset  int           // of a date: days after it, negative before
	At      int           // of a date: minutes after midnight by the person's clock
	Idle    time.Duration // of an idle: how long they are silent
	Holdout float64       // share of people kept out, 0 to 1
	Opens   Opens         // with Topic: what its notifications are

	// Terms are the conditions of where: that must hold between event and
	// interest by equality of one field each: event.Event == interest.Interest.
	// Storage looks people up by them; Match decides.
	Terms []Term

	where   *expression
	words   []string       // of keywords, in every language, folded
	match   string         // of keywords: whole, start or word
	pattern *regexp.Regexp // of pattern; its named groups become names
	names   []string       // of pattern: the names

	source   *node  // as written, if the decoder keeps it
	keywords []word // as written
	yearless bool   // a date without yearly:
	several  bool   // its item names several things, which was said

	value, topic word // where Value and Topic are written
}

// Term is one equality between a field of the event and one of the interest.
type Term struct{ Event, Interest string }

// Goals are the names of the goals that the bot's steps track, in the order they are
// written.
func (p *Program) Goals() []string { return p.goals }
