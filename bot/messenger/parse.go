package messenger

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/relance-bot/relance/bot"
)

// envelope is a webhook body: entries of Pages, each with a list of items.
type envelope struct {
	Object string            `json:"object"`
	Entry  []json.RawMessage `json:"entry"`
}

type entry struct {
	ID        ident             `json:"id"`
	Time      stamp             `json:"time"`
	Messaging []json.RawMessage `json:"messaging"`
	Standby   []json.RawMessage `json:"standby"`
	Changes   []json.RawMessage `json:"changes"`
	// Reported by operators for notification opt-ins; the documented place is
	// messaging.
	Optin  []json.RawMessage `json:"messaging_optin"`
	Optins []json.RawMessage `json:"messaging_optins"`
}

// item is one thing that happened. Which of its parts is there says what; parts
// that we do not act on are looked at in event_unknown.go.
type item struct {
	Sender    party         `json:"sender"`
	Recipient party         `json:"recipient"`
	Timestamp stamp         `json:"timestamp"`
	Message   *messageItem  `json:"message"`
	Postback  *postbackItem `json:"postback"`
	Optin     *optinItem    `json:"optin"`
	Referral  *referralItem `json:"referral"`
	Reaction  *reactionItem `json:"reaction"`
	Delivery  *deliveryItem `json:"delivery"`
	Read      *readItem     `json:"read"`
}

type party struct {
	ID      ident `json:"id"`
	UserRef ident `json:"user_ref"`
}

// Parse reads a webhook body. Everything in it becomes an event: what is not
// understood comes as bot.EventUnknown with a Reason and the item as it came. The
// error is bot.ErrBody if the body is no JSON object with a list of entries.
func (c *Channel) Parse(body []byte, now time.Time) ([]bot.Event, error) {
	var e envelope
	if err := json.Unmarshal(body, &e); err != nil && !isTypeError(err) || e.Entry == nil {
		return nil, bot.ErrBody
	}
	p := parser{now: now.UTC(), foreign: e.Object != "" && e.Object != "page"}
	for _, raw := range e.Entry {
		p.entry(raw)
	}
	if p.full {
		last := bot.Event{Kind: bot.EventUnknown, At: p.now, Reason: "too_many", Body: body}
		if len(p.events) > 0 {
			last.Page = p.events[0].Page
		}
		last.Key = hashKey(last.Kind, body)
		p.events = append(p.events, last)
	}
	return p.events, nil
}

// parser collects the events of one body.
type parser struct {
	now     time.Time
	foreign bool // the body is about another object than Pages
	full    bool
	events  []bot.Event
}

// place is where an item stands.
type place struct {
	page    string
	at      stamp // of the entry
	standby bool  // another app has the thread
	raw     []byte
}

func (p *parser) add(e bot.Event) {
	if len(p.events) >= maxEvents {
		p.full = true
		return
	}
	p.events = append(p.events, e)
}

func (p *parser) entry(raw []byte) {
	var e entry
	err := json.Unmarshal(raw, &e) // what it could read counts, and the rest is kept
	at := place{page: string(e.ID), at: e.Time}
	if p.foreign {
		at.raw = raw
		p.stray(at, "foreign_object")
		return
	}
	lists := [][]json.RawMessage{e.Messaging, e.Optin, e.Optins, e.Standby}
	some := len(e.Changes) > 0
	for i, list := range lists {
		some = some || len(list) > 0
		for _, raw := range list {
			at.raw, at.standby = raw, i == len(lists)-1
			p.item(at)
		}
	}
	at.standby = false
	for _, raw := range e.Changes {
		at.raw = raw
		p.change(at)
	}
	at.raw = raw
	switch {
	case err != nil:
		p.stray(at, "malformed")
	case !some:
		p.stray(at, "empty_entry")
	}
}

// item turns one item into one event.
func (p *parser) item(at place) {
	if p.full {
		return
	}
	var it item
	if err := json.Unmarshal(at.raw, &it); err != nil {
		p.stray(at, "malformed")
		return
	}
	if at.page == "" {
		at.page = string(it.Recipient.ID)
		if m := it.Message; m != nil && m.IsEcho {
			at.page = string(it.Sender.ID)
		}
	}
	e := bot.Event{Page: at.page, Person: string(it.Sender.ID), At: it.Timestamp.or(p.now, at.at)}
	if e.Person == "" || e.Person == e.Page {
		e.Person = string(it.Recipient.ID)
	}
	if e.Person == e.Page {
		e.Person = ""
	}
	id := "" // of the message, for the key
	switch {
	case it.Message != nil:
		id = it.Message.fill(&e)
	case it.Postback != nil:
		id = it.Postback.fill(&e)
	case it.Optin != nil:
		it.Optin.fill(&e)
	case it.Referral != nil:
		it.Referral.fill(&e)
	case it.Reaction != nil:
		it.Reaction.fill(&e)
	case it.Delivery != nil:
		it.Delivery.fill(&e)
	case it.Read != nil:
		it.Read.fill(&e)
	default:
		fillUnknown(&e, at.raw)
	}
	if reason := refuse(&e, &it, at); reason != "" {
		e = bot.Event{Kind: bot.EventUnknown, Page: e.Page, Person: e.Person, At: e.At, App: e.App, Reason: reason}
	}
	if e.Kind == bot.EventUnknown {
		e.Body, id = at.raw, ""
	}
	e.Key = key(&e, &it, at, id)
	p.add(e)
}

// refuse says why an item that was understood must not be acted on.
func refuse(e *bot.Event, it *item, at place) (reason string) {
	switch {
	case e.Kind == bot.EventUnknown:
		return ""
	case e.Person == "" && it.Sender.UserRef != "":
		return "user_ref"
	case e.Person == "":
		return "no_person"
	case e.Kind.OpensWindow() && string(it.Sender.ID) == e.Page:
		return "from_page"
	case e.Kind.OpensWindow() && at.standby:
		return "standby" // another app answers; consent changes and receipts count all the same
	}
	return ""
}

// key tells duplicates. A message, its echo and its edits share a mid, so the
// kind stands before it.
func key(e *bot.Event, it *item, at place, id string) string {
	if id != "" {
		return string(e.Kind) + ":" + id
	}
	stamp := it.Timestamp
	if stamp == 0 {
		stamp = at.at
	}
	return hashKey(e.Kind, []byte(e.Person), stamp.bytes(), at.raw)
}

// hashKey is a key from the content; the last part is JSON and hashed without its
// blanks.
func hashKey(kind bot.EventKind, parts ...[]byte) string {
	var compact bytes.Buffer
	last := len(parts) - 1
	if json.Compact(&compact, parts[last]) == nil {
		parts[last] = compact.Bytes()
	}
	h := sha256.New()
	for _, part := range parts {
		h.Write(strconv.AppendInt(nil, int64(len(part)), 10))
		h.Write([]byte{':'})
		h.Write(part)
	}
	return string(kind) + ":" + hex.EncodeToString(h.Sum(nil))
}

func isTypeError(err error) bool {
	_, ok := err.(*json.UnmarshalTypeError)
	return ok
}

// clean bounds a text from outside, without cutting a character in two, and takes
// out the NULs that databases refuse.
func clean(s string, max int) string {
	if len(s) > max {
		for max > 0 && !utf8.RuneStart(s[max]) {
			max--
		}
		s = s[:max]
	}
	if strings.IndexByte(s, 0) >= 0 {
		s = strings.ReplaceAll(s, "\x00", "")
	}
	return s
}
