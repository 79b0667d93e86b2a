package simulate

import (
	"bufio"
	"encoding/json"
	"io"
	"time"

	"github.com/relance-bot/relance/bot/messenger/emulator"
)

// JournalFile is what the journal is called in the folder that a run leaves.
const JournalFile = "journal.jsonl"

// Entry is one line of the journal: what the platform and the shop saw, and nothing that
// the bot says of itself. What says which fields there are:
//
//	begins     Start, End, Topics (by title, in every language), Questions (topics by the
//	           question for consent in the bot's own words), Yes (how people say it)
//	joined     Person, Zone, Locale
//	page       a message of the Page came to stand in a chat: MID, To, Send, Text, Request,
//	           Buttons
//	person     what the person wrote or tapped: Text, and MID of the message tapped on; Note
//	           is comment of what stands under a post
//	accept     the person accepted the request in the message MID
//	moved      the person lives in another Zone by now
//	note       a line of the platform's: Note (accepted, stopped, resumed, blocked, opened
//	           …), Text
//	read       the person opened the chat
//	click      the person followed a tracked link in the message MID
//	forgotten  everything about the person was deleted
//	event      the shop's: ID, Event, Data, and Person if it is about one
type Entry struct {
	At      time.Time         `json:"at"`
	What    string            `json:"what"`
	Person  string            `json:"person,omitempty"`
	Zone    string            `json:"zone,omitempty"`
	Locale  string            `json:"locale,omitempty"`
	MID     string            `json:"mid,omitempty"`
	To      string            `json:"to,omitempty"`   // the recipient that the bot named
	Send    string            `json:"send,omitempty"` // the message's metadata
	Note    string            `json:"note,omitempty"`
	Text    string            `json:"text,omitempty"`
	Request string            `json:"request,omitempty"` // of an opt-in request: its title
	Buttons []Button          `json:"buttons,omitempty"`
	ID      string            `json:"id,omitempty"`
	Event   string            `json:"event,omitempty"`
	Data    map[string]any    `json:"data,omitempty"`
	Start   time.Time         `json:"start,omitzero"`
	End     time.Time         `json:"end,omitzero"`
	Topics  map[string]string `json:"topics,omitempty"`

	Questions map[string]string `json:"questions,omitempty"`
	Yes       []string          `json:"yes,omitempty"`
}

// Button is a button or quick reply of a message.
type Button struct {
	Label   string `json:"label"`
	Payload string `json:"payload,omitempty"`
	URL     string `json:"url,omitempty"`
}

// journal writes entries. Without a file it does nothing.
type journal struct {
	out *bufio.Writer
	enc *json.Encoder
	err error
}

func newJournal(w io.Writer) *journal {
	if w == nil {
		return &journal{}
	}
	j := &journal{out: bufio.NewWriterSize(w, 1<<20)}
	j.enc = json.NewEncoder(j.out)
	j.enc.SetEscapeHTML(false)
	return j
}

func (j *journal) write(e Entry) {
	if j.enc != nil && j.err == nil {
		j.err = j.enc.Encode(e)
	}
}

func (j *journal) close() error {
	if j.out == nil || j.err != nil {
		return j.err
	}
	return j.out.Flush()
}

func (j *journal) joined(at time.Time, p *person) {
	j.write(Entry{At: at, What: "joined", Person: p.psid, Zone: p.zoneName, Locale: p.locale})
}

func (j *journal) shown(psid string, s emulator.Shown) {
	if j.enc == nil {
		return
	}
	e := Entry{At: s.At, Person: psid, Text: s.Text, MID: s.MID}
	switch s.From {
	case emulator.FromPage:
		e.What, e.To, e.Send = "page", s.Recipient, s.Metadata
		if s.OptIn != nil {
			e.Request = s.OptIn.Title
		}
		for _, b := range buttons(s) {
			e.Buttons = append(e.Buttons, Button{b.Label, b.Payload, b.URL})
		}
	case emulator.FromPerson:
		e.What, e.MID = "person", s.Tapped
		if s.Kind == emulator.KindComment {
			e.Note = s.Kind
		}
	default:
		e.What, e.Note = "note", s.Kind
	}
	j.write(e)
}

func (j *journal) read(at time.Time, p *person) {
	j.write(Entry{At: at, What: "read", Person: p.psid})
}

func (j *journal) click(at time.Time, p *person, mid string) {
	j.write(Entry{At: at, What: "click", Person: p.psid, MID: mid})
}

func (j *journal) accept(at time.Time, p *person, mid string) {
	j.write(Entry{At: at, What: "accept", Person: p.psid, MID: mid})
}

func (j *journal) moved(at time.Time, p *person, zone string) {
	j.write(Entry{At: at, What: "moved", Person: p.psid, Zone: zone})
}

func (j *journal) forgotten(at time.Time, p *person) {
	j.write(Entry{At: at, What: "forgotten", Person: p.psid})
}

func (j *journal) event(at time.Time, id, name string, p *person, data map[string]any) {
	e := Entry{At: at, What: "event", ID: id, Event: name, Data: data}
	if p != nil {
		e.Person = p.psid
	}
	j.write(e)
}
