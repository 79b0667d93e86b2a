package flows

import "time"

// Effect is something Advance wants done. The caller does all effects of a turn
// in order, in the transaction that stores the session.
type Effect interface{ effect() }

// Say sends a message. Notification marks the one message of a notification, or the
// private reply to a comment; every other one needs an open window.
type Say struct {
	Message      Message
	Notification bool
	Flow, Step   string // where it stands, for decisions and the ledger
}

// SetField saves a value to the contact: a declared field, or locale, timezone,
// first_name, last_name. nil unsets it.
type SetField struct {
	Name  string
	Value any
}

// Ask sends the platform's opt-in request (Message.Kind is OptInRequest) and
// remembers it: a later acceptance grants its interest and cadence.
type Ask struct {
	Topic      string
	Request    string
	Cadence    string
	About      map[string]any // the interest; nil if the topic has none
	Message    Message
	Flow, Step string
	Program    string // hash of the program the step belongs to
	Locale     string // the language the person saw it in
}

// Offered says that the person was asked for consent in our own words, for the figures.
type Offered struct {
	Topic      string
	Flow, Step string
}

// Declined notes that the person said no to the platform's request.
type Declined struct {
	Topic, Request string
	Button         string // the label they answered with
}

// Grant gives consent now: the person said yes in our own words and the platform
// allows it.
type Grant struct {
	Topic      string
	Cadence    string
	About      map[string]any
	Wording    string // the question they answered
	Button     string // the answer's label
	Flow, Step string
	Program    string // hash of the program the step belongs to
	Locale     string
}

// Watch adds an interest to a consent that is active.
type Watch struct {
	Topic string
	About map[string]any
}

// Unwatch drops one interest; the consent stays.
type Unwatch struct {
	Topic string
	About map[string]any
}

// SetCadence changes how often the person may be written to about a topic.
type SetCadence struct {
	Topic, Cadence string
}

// Snooze silences a topic until a time; a zero Until ends that. The consent stays, and
// what comes due meanwhile is held.
type Snooze struct {
	Topic      string
	Until      time.Time
	Button     string // the label they answered with
	Flow, Step string
	Program    string
}

// QuietHours sets the hours in which the person wants no notifications: nil are the
// bot's own, from a time to the same are none.
type QuietHours struct {
	Hours *Hours
}

// Forget erases all that is kept about the person. What the turn said before it still
// goes out. It is the last effect of its turn, and the session is empty.
type Forget struct{}

// Withdraw ends a consent; Topic "" ends all. It takes effect before any message
// that follows it in the turn goes out.
type Withdraw struct {
	Topic      string
	Source     string // button, keyword, step; api and console of an InWithdraw
	Wording    string // the label or word that did it
	Flow, Step string
	Program    string // hash of the program the step belongs to; empty if no step did it
}

// Call runs a handler outside the transaction; its result comes back as an
// InResult with the same ID.
type Call struct {
	ID         string
	Handler    string
	With       map[string]any
	Deadline   time.Time // of all tries together
	Retries    int       // how often it may be tried again
	Flow, Step string
}

// Called says what became of a call, for the figures and the operator. It carries no
// personal text.
type Called struct {
	Handler    string
	Flow, Step string
	Error      string // what the flow is told: timeout, unreachable …; empty: it went well
	Detail     string // what is wrong with its answer
	Took       time.Duration
}

// Chose notes the variant of a split that a person was given, for as long as they are
// known.
type Chose struct {
	Split, Variant string
	Flow, Step     string
}

// Track records that the person reached a goal.
type Track struct {
	Goal       string
	Value      float64
	Flow, Step string
}

// HandOver gives the conversation to the people in the Page inbox, behind the messages
// before it.
type HandOver struct {
	Note        string        // for them
	ResumeAfter time.Duration // when it is taken back; 0: when they give it back
	Flow, Step  string
}

// Started says that a flow began, for the figures.
type Started struct {
	Flow, Trigger string
}

// Silent says that the flow of a notification or of a comment ended, or came to wait,
// without sending anything.
type Silent struct {
	Flow string
}

// Fault is something that went wrong while a flow ran: the flow it names was
// ended. It is for the operator and carries no personal text.
type Fault struct {
	Flow, Step string
	Message    string
}

func (Say) effect()        {}
func (SetField) effect()   {}
func (Ask) effect()        {}
func (Declined) effect()   {}
func (Offered) effect()    {}
func (Grant) effect()      {}
func (Watch) effect()      {}
func (Unwatch) effect()    {}
func (SetCadence) effect() {}
func (Snooze) effect()     {}
func (QuietHours) effect() {}
func (Forget) effect()     {}
func (Withdraw) effect()   {}
func (Call) effect()       {}
func (Chose) effect()      {}
func (Track) effect()      {}
func (HandOver) effect()   {}
func (Called) effect()     {}
func (Started) effect()    {}
func (Silent) effect()     {}
func (Fault) effect()      {}
