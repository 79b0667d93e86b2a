package lives

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/bot/messenger/emulator"
	"github.com/relance-bot/relance/storage"
)

// records are what a life leaves behind: the chats on the phones, and what the bot has
// stored.
type records struct {
	chats       map[string][]emulator.Shown // by PSID
	contacts    map[string]storage.Contact
	consents    map[string]map[string]storage.Consent // by PSID and topic
	ledger      map[string][]entry
	decisions   map[string][]storage.Decision
	waits       map[string]map[string]bool // what waits for the Page's pace, by PSID: flow and occurrence
	occurrences []storage.Occurrence
	chain       []storage.Entry
	unsealed    int
	sealed      map[string][]storage.Entry // as stored, by PSID
	lifetimes   map[string]lifetime        // of those who were forgotten
	cut         []storage.Send             // unsettled when that happened
	unsettled   []storage.Send
}

// entry is one line of the consent ledger about somebody.
type entry struct {
	topic, action, source, often, ask string
	at, until                         time.Time
	size                              int // of the interest; 0: none
}

func newRecords() *records {
	return &records{
		chats: map[string][]emulator.Shown{}, contacts: map[string]storage.Contact{}, consents: map[string]map[string]storage.Consent{},
		ledger: map[string][]entry{}, sealed: map[string][]storage.Entry{}, decisions: map[string][]storage.Decision{},
		waits: map[string]map[string]bool{},
	}
}

// gather reads what is left of a life.
func (l *life) gather() (*records, error) {
	r := newRecords()
	for _, p := range l.people {
		r.chats[p.psid] = l.platform.Chat(p.psid)
	}
	err := l.raw.Read(context.Background(), func(from storage.Reader) error {
		for _, p := range l.people {
			if err := r.person(from, p.psid); err != nil {
				return err
			}
		}
		var err, err1, err2 error
		r.occurrences, err = from.RecentOccurrences(0)
		r.chain, err1 = from.Sealed("messenger:"+pageID, 0, 0)
		unsealed, err2 := from.Unsealed(0)
		r.unsealed = len(unsealed)
		err = errors.Join(err, err1, err2)
		for _, state := range []string{storage.SendPending, storage.SendClaimed, storage.SendWaiting} {
			sends, err3 := from.SendsIn(state, 0)
			r.unsettled, err = append(r.unsettled, sends...), errors.Join(err, err3)
		}
		return err
	})
	return r, err
}

func (r *records) person(from storage.Reader, psid string) error {
	id := contact(psid)
	c, err := from.Contact(id)
	if errors.Is(err, storage.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	r.contacts[psid] = c
	consents, err := from.Consents(id)
	if err != nil {
		return err
	}
	r.consents[psid] = map[string]storage.Consent{}
	for _, c := range consents {
		r.consents[psid][c.Topic] = c
	}
	if r.decisions[psid], err = from.Decisions(storage.DecisionQuery{Contact: id, Limit: 100_000}); err != nil {
		return err
	}
	timers, err := from.Timers(id)
	if err != nil {
		return err
	}
	r.waits[psid] = map[string]bool{}
	for _, t := range timers {
		if trigger, occurrence, ok := cutLast(t.Key); ok && t.Kind == "slot" {
			flow, _, _ := strings.Cut(trigger, "/")
			r.waits[psid][flow+" "+occurrence] = true
		}
	}
	entries, err := from.Entries(id)
	if err != nil || len(entries) == 0 {
		return err
	}
	r.sealed[psid] = entries
	salt, err := from.Salt(id)
	if err != nil {
		return err
	}
	for _, e := range entries {
		body, err := bot.OpenEntry(e, salt)
		if err != nil {
			return err
		}
		size, _ := body.About["size"].(float64)
		r.ledger[psid] = append(r.ledger[psid], entry{
			topic: e.Topic, action: e.Action, source: body.Source, often: body.Cadence, ask: body.Request, at: e.At.UTC(), until: body.Until, size: int(size),
		})
	}
	return nil
}

func cutLast(s string) (before, after string, ok bool) {
	i := strings.LastIndexByte(s, ' ')
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+1:], true
}

// broken says where the chain of the ledger is not what LEDGER.md says it is.
func broken(chain []storage.Entry) error {
	var prev []byte
	for i, e := range chain {
		sum := sha256.New()
		for _, part := range [][]byte{
			[]byte("relance entry 1"), prev, []byte(e.Page), []byte(e.Topic), []byte(e.Action),
			[]byte(e.At.UTC().Format("2006-01-02T15:04:05.000Z")), e.Body, e.Commit,
		} {
			var length [8]byte
			binary.BigEndian.PutUint64(length[:], uint64(len(part)))
			sum.Write(length[:])
			sum.Write(part)
		}
		if e.Seq != int64(i+1) || !bytes.Equal(e.Prev, prev) || !bytes.Equal(e.Hash, sum.Sum(nil)) {
			return fmt.Errorf("entry %d (%s of %s) is not what follows entry %d", e.Seq, e.Action, e.Topic, i)
		}
		prev = e.Hash
	}
	return nil
}
