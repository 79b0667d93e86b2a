package bot

import (
	"bytes"
	"context"
	"errors"
	"time"

	"github.com/relance-bot/relance/storage"
)

// Receipt is what a person agreed to, when and how, as they or an authority may read it.
type Receipt struct {
	Contact  string    `json:"contact"`
	Name     string    `json:"name,omitempty"`
	Page     string    `json:"page"` // CHANNEL:PAGE
	Bot      string    `json:"bot"`
	Timezone string    `json:"timezone"` // the person's, else the bot's; local times are in it
	IssuedAt time.Time `json:"issued_at"`

	Topics []ReceiptTopic `json:"topics"`
}

// ReceiptTopic is one topic of a Receipt: how it stands, and everything that led there.
type ReceiptTopic struct {
	ConsentView
	Title   string         `json:"title"` // as they would see it today
	Entries []ReceiptEntry `json:"entries"`
}

// ReceiptEntry is one entry of the consent ledger about a person.
type ReceiptEntry struct {
	LedgerLine
	Local string `json:"local"` // wall time of the person, with its zone: "Fri 2026-03-27 18:00:05 CET"
	Says  string `json:"says"`  // in plain words
	// Proof says whether the entry is sealed, says what was sealed, and is about this
	// person: "sealed", "not sealed yet", "altered".
	Proof string `json:"proof"`
}

// Proofs of an entry.
const (
	ProofSealed  = "sealed"
	ProofPending = "not sealed yet"
	ProofAltered = "altered"
)

// Receipt gathers the consent ledger's entries about a person, by topic and in order of
// their place. id may be field=value of a unique field. ErrUnknownContact if there is
// nobody.
func (b *Bot) Receipt(ctx context.Context, id string) (Receipt, error) {
	var out Receipt
	err := b.store.Read(ctx, func(r storage.Reader) error {
		t, err := b.known(r, id)
		if err != nil {
			return err
		}
		page, _, _ := splitID(t.contact.ID)
		zone := t.location()
		out = Receipt{
			Contact: t.contact.ID, Name: joinName(t.contact.FirstName, t.contact.LastName), Page: page, Bot: t.program.Bot.Name,
			Timezone: zone.String(), IssuedAt: t.now, Topics: []ReceiptTopic{},
		}
		entries, err := r.Entries(t.contact.ID)
		if err != nil {
			return err
		}
		salt, err := r.Salt(t.contact.ID)
		if err != nil && !errors.Is(err, storage.ErrNotFound) {
			return err
		}
		place := map[string]int{}
		for _, e := range entries {
			at, ok := place[e.Topic]
			if !ok {
				at = len(out.Topics)
				place[e.Topic] = at
				out.Topics = append(out.Topics, t.receiptTopic(e.Topic))
			}
			out.Topics[at].Entries = append(out.Topics[at].Entries, receiptEntry(e, salt, zone))
		}
		return nil
	})
	return out, err
}

// receiptTopic is how a topic stands; of one that is no longer part of the bot, its name.
func (t *turn) receiptTopic(name string) ReceiptTopic {
	out := ReceiptTopic{ConsentView: ConsentView{Topic: name}, Title: name}
	if _, ok := t.program.Topic(name); ok {
		out.Title = t.program.Title(name, t.language())
	}
	if stored := t.topic(name); stored != nil {
		out.ConsentView = stored.awake(t.now).view()
	}
	return out
}

func receiptEntry(e storage.Entry, salt []byte, zone *time.Location) ReceiptEntry {
	body, err := OpenEntry(e, salt)
	if err != nil {
		body, _ = OpenEntry(e, nil) // what is not encrypted may still be read
	}
	out := ReceiptEntry{
		LedgerLine: LedgerLine{
			Seq: e.Seq, At: e.At, Topic: e.Topic, Action: Action(e.Action), LedgerBody: body, Personal: body.Personal, Hash: e.Hash,
		},
		Local: e.At.In(zone).Format("Mon 2006-01-02 15:04:05 MST"),
		Proof: ProofSealed,
	}
	switch {
	case err != nil || !CommitHolds(e, salt) || e.Seq > 0 && !bytes.Equal(e.Hash, entryHash(e)):
		out.Proof = ProofAltered // it says so, and shows what can still be read
	case e.Seq == 0:
		out.Proof = ProofPending
	}
	out.Says = out.sentence()
	return out
}

// sentence says what happened, in plain words.
func (e ReceiptEntry) sentence() string {
	what := map[Action]string{
		Asked: "They were shown a request to agree", Declined: "They said no", Granted: "They said yes",
		Watched: "They asked to hear about one thing more", Unwatched: "They no longer want to hear about one thing",
		CadenceSet: "They chose how often", Snoozed: "They asked for a rest", Stopped: "They stopped it",
		Resumed: "They switched it on again", Erased: "They were forgotten",
	}[e.Action]
	if what == "" {
		what = "“" + string(e.Action) + "”"
	}
	if e.Action == Snoozed && !e.Until.After(e.At) {
		what = "They ended their rest"
	}
	how := map[string]string{
		SourceButton: "by tapping a button", SourceKeyword: "by writing it", SourcePlatform: "with the platform's own button",
		SourceAPI: "through the shop's own system", SourceConsole: "through the shop's staff", SourceLink: "by following a link",
		SourceStep: "in the conversation",
	}[e.Source]
	if how != "" {
		what += ", " + how
	}
	if e.None != "" {
		what += "; it was recorded, and changed nothing (" + e.None + ")"
	}
	return what + "."
}

// joinName is a person's whole name, as far as it is known.
func joinName(first, last string) string {
	if first == "" || last == "" {
		return first + last
	}
	return first + " " + last
}
