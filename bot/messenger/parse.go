package messenger

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/relance-bot/relance/bot"
)

// Parse reads a webhook body. Everything in it becomes an event: what is not
// understood comes as bot.EventUnknown with a Reason and the item as it came. The
// error is bot.ErrBody if the body is no JSON object with a list of entries.
//
// Names are taken as they are written; of a name that stands twice the last counts.
// Events of kind Unknown keep a part of the body, which must not change any more.
func (c *Channel) Parse(body []byte, now time.Time) ([]bot.Event, error) {
	if !valid(body) {
		return nil, bot.ErrBody
	}
	var object, entries value
	for name, field := range whole(body).fields {
		switch string(name) {
		case "object":
			object = field
		case "entry":
			entries = field
		}
	}
	if !entries.isList() {
		return nil, bot.ErrBody
	}
	p := parser{now: now.UTC(), page: c.page, foreign: c.foreign(object), comments: c.dialect.Comments}
	for raw := range entries.items {
		p.entry(raw)
	}
	if p.full {
		last := bot.Event{Kind: bot.EventUnknown, At: p.now, Reason: "too_many", Body: body}
		if len(p.events) > 0 {
			last.Page = p.events[0].Page
		}
		last.Key = hashKey(last.Kind, "", 0, body)
		p.events = append(p.events, last)
	}
	return p.events, nil
}

// foreign says whether a body is about another object than the channel's.
func (c *Channel) foreign(object value) bool {
	if object.says(c.dialect.Object) {
		return false
	}
	word, _ := object.text()
	return word != "" && word != c.dialect.Object
}

// parser collects the events of one body.
type parser struct {
	now      time.Time
	page     string   // the channel's
	foreign  bool     // the body is about another object than the channel's
	comments []string // Dialect.Comments
	full     bool
	events   []bot.Event
}

// place is where an item stands.
type place struct {
	page    string
	at      stamp // of the entry
	standby bool  // another app has the thread
	raw     value
}

func (p *parser) add(e bot.Event) {
	if room := p.next(); room != nil {
		*room = e
	}
}

// next makes room for one event more; nil if there are too many.
func (p *parser) next() *bot.Event {
	if len(p.events) >= maxEvents {
		p.full = true
		return nil
	}
	p.events = append(p.events, bot.Event{})
	return &p.events[len(p.events)-1]
}

// entry reads the events of one Page. What of it can be read counts, and the rest
// is kept.
func (p *parser) entry(raw value) {
	at := place{raw: raw}
	bad := !raw.isObject() && !raw.absent()
	// In the order in which they count. Operators report notification opt-ins under
	// two names of their own; the documented place is messaging.
	var messaging, optin, optins, standby, changes value
	for name, field := range raw.fields {
		var err error
		switch string(name) {
		case "id":
			at.page, err = field.identOf(p.page)
		case "time":
			at.at = field.stamp()
		case "messaging":
			messaging, err = field.list()
		case "messaging_optin":
			optin, err = field.list()
		case "messaging_optins":
			optins, err = field.list()
		case "standby":
			standby, err = field.list()
		case "changes":
			changes, err = field.list()
		}
		bad = bad || err != nil
	}
	if p.foreign {
		p.stray(at, "foreign_object")
		return
	}
	some := false
	for _, list := range [...]value{messaging, optin, optins} {
		for it := range list.items {
			some = true
			p.item(place{page: at.page, at: at.at, raw: it})
		}
	}
	for it := range standby.items {
		some = true
		p.item(place{page: at.page, at: at.at, raw: it, standby: true})
	}
	for it := range changes.items {
		some = true
		p.change(place{page: at.page, at: at.at, raw: it})
	}
	switch {
	case bad:
		p.stray(at, "malformed")
	case !some:
		p.stray(at, "empty_entry")
	}
}

// item is one thing that happened. Which of its parts is there says what; the rare ones
// are looked for in event_rare.go.
type item struct {
	page              string // of the entry
	sender, recipient party
	timestamp         stamp

	message, postback, optin, referral, reaction, delivery, read, pass, taken value
}

type party struct{ id, userRef string }

func (it *item) take(v value) (err error) {
	if !v.isObject() && !v.absent() {
		return errShape
	}
	for name, field := range v.fields {
		switch string(name) {
		case "sender":
			err = it.sender.take(field, it.page)
		case "recipient":
			err = it.recipient.take(field, it.page)
		case "timestamp":
			it.timestamp = field.stamp()
		case "message":
			it.message = field
		case "postback":
			it.postback = field
		case "optin":
			it.optin = field
		case "referral":
			it.referral = field
		case "reaction":
			it.reaction = field
		case "delivery":
			it.delivery = field
		case "read":
			it.read = field
		case "pass_thread_control":
			it.pass = field
		case "take_thread_control":
			it.taken = field
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (p *party) take(v value, page string) (err error) {
	if !v.isObject() && !v.absent() {
		return errShape
	}
	for name, field := range v.fields {
		switch string(name) {
		case "id":
			p.id, err = field.identOf(page)
		case "user_ref":
			p.userRef, err = field.ident()
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// item turns one item into one event.
func (p *parser) item(at place) {
	if p.full {
		return
	}
	it := item{page: at.page}
	var m messageItem
	err := it.take(at.raw)
	if err == nil && !it.message.absent() {
		err = m.take(it.message)
	}
	if err != nil {
		p.stray(at, "malformed")
		return
	}
	if at.page == "" {
		at.page = it.recipient.id
		if m.isEcho {
			at.page = it.sender.id
		}
	}
	e := p.next()
	if e == nil {
		return
	}
	*e = bot.Event{Page: at.page, Person: it.sender.id, At: it.timestamp.or(p.now, at.at)}
	if e.Person == "" || e.Person == e.Page {
		e.Person = it.recipient.id
	}
	if e.Person == e.Page {
		e.Person = ""
	}
	id := "" // of the message, for the key
	switch {
	case !it.message.absent():
		id, err = m.fill(e)
	case !it.postback.absent():
		id, err = fillPostback(e, it.postback)
	case !it.optin.absent():
		err = fillOptin(e, it.optin)
	case !it.referral.absent():
		err = fillReferral(e, it.referral)
	case !it.reaction.absent():
		err = fillReaction(e, it.reaction)
	case !it.delivery.absent():
		err = fillDelivery(e, it.delivery)
	case !it.read.absent():
		err = fillRead(e, it.read)
	case !it.pass.absent():
		err = fillPass(e, it.pass, at.standby)
	case !it.taken.absent():
		err = fillTake(e, it.taken)
	default:
		err = fillRare(e, at.raw)
	}
	if err != nil {
		p.events = p.events[:len(p.events)-1]
		p.stray(at, "malformed")
		return
	}
	e.Standby = at.standby && e.Kind.OpensWindow()
	if reason := refuse(e, &it); reason != "" {
		*e = bot.Event{Kind: bot.EventUnknown, Page: e.Page, Person: e.Person, At: e.At, App: e.App, Reason: reason}
	}
	if e.Kind == bot.EventUnknown {
		id = ""
	}
	if e.Kind == bot.EventUnknown || e.Kind.Kept() {
		e.Body = []byte(at.raw)
	}
	e.Key = key(e, &it, &at, id)
}

// refuse says why an item that was understood must not be acted on.
func refuse(e *bot.Event, it *item) (reason string) {
	switch {
	case e.Kind == bot.EventUnknown:
		return ""
	case e.Person == "" && it.sender.userRef != "":
		return "user_ref"
	case e.Person == "" && !e.Kind.AboutPage():
		return "no_person"
	case e.Kind.OpensWindow() && it.sender.id == e.Page:
		return "from_page"
	}
	return ""
}

// key tells duplicates. A message, its echo and its edits share a mid, so the
// kind stands before it.
func key(e *bot.Event, it *item, at *place, id string) string {
	if id != "" {
		return string(e.Kind) + ":" + id
	}
	stamp := it.timestamp
	if stamp == 0 {
		stamp = at.at
	}
	return hashKey(e.Kind, e.Person, stamp, at.raw)
}

// hashKey is a key from whom it is about, when, and the content without its blanks.
// The length of each stands before it, so that no two are the same bytes.
func hashKey(kind bot.EventKind, who string, at stamp, content value) string {
	compact := content.compact(make([]byte, 0, len(content)))
	var number [20]byte
	when := strconv.AppendInt(number[:0], int64(at), 10)
	b := make([]byte, 0, len(who)+len(compact)+64)
	for _, part := range [...][]byte{[]byte(who), when, compact} {
		b = append(strconv.AppendInt(b, int64(len(part)), 10), ':')
		b = append(b, part...)
	}
	sum := sha256.Sum256(b)
	b = append(append(b[:0], kind...), ':')
	return string(hex.AppendEncode(b, sum[:]))
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
