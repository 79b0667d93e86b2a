package bot

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/relance-bot/relance/storage"
)

// importBatch is how many rows share a transaction.
const importBatch = 200

// What became of a row.
const (
	ImportAdded     = "added"     // a consent began
	ImportChanged   = "changed"   // one there was got an interest, a cadence or a newer yes
	ImportUnchanged = "unchanged" // all of it was known already
	ImportStopped   = "stopped"   // the person has stopped since; that stands
	ImportRefused   = "refused"   // see Reason
)

// ImportResult is what became of one row.
type ImportResult struct {
	Result string `json:"result"`
	Reason string `json:"reason,omitempty"` // of a refused one; it says nothing of the person
}

// errDryRun undoes a transaction that was to show what would happen.
var errDryRun = errors.New("dry run")

// ImportRows takes over subscriptions, each for itself, and says of each what became of
// it. A row that comes again changes nothing, and neither does one that is older than
// what the person has decided since. With dry nothing is stored.
//
// The rows go in transactions of a few hundred. When it fails, results are those of the
// rows that are stored; they may be given again.
func (b *Bot) ImportRows(ctx context.Context, rows []ImportRow, dry bool) (results []ImportResult, err error) {
	for batch := range slices.Chunk(rows, importBatch) {
		got, err := b.importBatch(ctx, batch, dry)
		if err != nil {
			return results, fmt.Errorf("%w: %w", ErrUnavailable, err)
		}
		results = append(results, got...)
	}
	return results, nil
}

func (b *Bot) importBatch(ctx context.Context, rows []ImportRow, dry bool) (results []ImportResult, err error) {
	now := b.clock.Now()
	checked := make([]ImportRow, len(rows))
	wrong := make([]error, len(rows))
	need := storage.Need{}
	program := b.Program()
	for i, r := range rows {
		if checked[i], wrong[i] = b.checkImport(program, r, now); wrong[i] == nil && !slices.Contains(need.Contacts, checked[i].Contact) {
			need.Contacts = append(need.Contacts, checked[i].Contact)
		}
	}
	err = b.write(ctx, func(tx *txn) error {
		results = make([]ImportResult, len(rows))
		for i, r := range checked {
			result, reason := ImportRefused, wrong[i]
			if reason == nil {
				var err error
				result, err = b.importRow(tx, r, now)
				var no *importError
				switch {
				case errors.As(err, &no):
					result, reason = ImportRefused, no
				case errors.Is(err, errCorrupt):
					result, reason = ImportRefused, errors.New("what is stored of the contact cannot be read")
				case err != nil:
					return err
				}
			}
			results[i] = ImportResult{Result: result}
			if reason != nil {
				results[i].Reason = reason.Error()
			}
		}
		if dry {
			return errDryRun
		}
		return nil
	}, need)
	if errors.Is(err, errDryRun) {
		err = nil
	}
	return results, err
}

// importError is a row that what is stored speaks against.
type importError struct{ why string }

func (e *importError) Error() string { return e.why }

// importRow takes over one row. It writes nothing if there is nothing to change.
func (b *Bot) importRow(tx *txn, r ImportRow, now time.Time) (result string, err error) {
	t, err := b.begin(tx, r.Contact, now)
	if err != nil {
		return "", err
	}
	t.at, t.input = r.ConsentedAt, "import: "+r.Source
	c := t.untold(r.Topic)
	if have := t.topic(r.Topic); have != nil {
		c = have.Consent
	}
	switch {
	case c.Status == StatusStopped && c.StoppedBy == ByPlatform, !c.StoppedAt.IsZero() && !r.ConsentedAt.After(c.StoppedAt):
		return ImportStopped, nil
	case c.consents() && !r.ConsentedAt.After(latest(c.ChangedAt, c.SnoozedAt, c.CadenceAt)):
		result, err = t.importOlder(c, r)
	default:
		result, err = t.importYes(c, r)
	}
	if err != nil || result == ImportUnchanged {
		return result, err
	}
	if p := r.Permit; p != nil {
		err := t.given(Permit{
			Lane: permitLane(p), Token: p.Token, Title: p.Title, Frequency: p.Frequency, Zone: p.Timezone, ExpiresAt: p.ExpiresAt,
		}, r.Topic, r.ConsentedAt)
		if err != nil {
			return "", err
		}
	}
	return result, t.commit()
}

// importYes takes over a yes that is newer than whatever was decided.
func (t *turn) importYes(c Consent, r ImportRow) (string, error) {
	if err := roomFor(c, r.Interests); err != nil {
		return "", err
	}
	if err := t.importPerson(r); err != nil {
		return "", err
	}
	result := ImportAdded
	if c.consents() {
		result = ImportChanged
	}
	for _, about := range importAbout(r) {
		if err := t.change(r.Topic, importChange(Granted, r, about)); err != nil {
			return "", err
		}
	}
	return result, nil
}

// importOlder takes over, of a yes that is not newer than the consent there is, the
// interests that nobody has said anything about since.
func (t *turn) importOlder(c Consent, r ImportRow) (string, error) {
	result := ImportUnchanged
	if err := roomFor(c, r.Interests); err != nil {
		return "", err
	}
	var past []LedgerBody
	for _, about := range r.Interests {
		if hasInterest(c.Interests, about) {
			continue
		}
		if past == nil {
			var err error
			if past, err = t.past(r.Topic); err != nil {
				return "", err
			}
		}
		if spokenOf(past, about, r.ConsentedAt) {
			continue
		}
		if err := t.change(r.Topic, importChange(Watched, r, about)); err != nil {
			return "", err
		}
		result = ImportChanged
	}
	return result, nil
}

// roomFor refuses interests for which others would have to go.
func roomFor(c Consent, more []map[string]any) error {
	n := 0
	if c.consents() {
		n = len(c.Interests)
		for _, about := range more {
			if hasInterest(c.Interests, about) {
				n--
			}
		}
	}
	if n+len(more) > maxInterests {
		return &importError{fmt.Sprintf("interests would be more than %d", maxInterests)}
	}
	return nil
}

// past is what the ledger has of this person and a topic.
func (t *turn) past(topic string) ([]LedgerBody, error) {
	entries, err := t.tx.Entries(t.contact.ID)
	if err != nil {
		return nil, err
	}
	salt, err := t.tx.Salt(t.contact.ID)
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return nil, err
	}
	past := []LedgerBody{}
	for _, e := range entries {
		if e.Topic != topic {
			continue
		}
		body, err := OpenEntry(e, salt)
		if err != nil {
			return nil, errors.Join(errCorrupt, err)
		}
		past = append(past, body)
	}
	return past, nil
}

// spokenOf says whether an interest that is not there any more was imported with this
// very yes, or taken back since.
func spokenOf(past []LedgerBody, about map[string]any, at time.Time) bool {
	key := interestKey(about)
	return slices.ContainsFunc(past, func(b LedgerBody) bool {
		return interestKey(b.About) == key &&
			(b.Source == SourceImport && sameMilli(b.At, at) || b.Action == Unwatched && !b.At.Before(at))
	})
}

// importPerson keeps what a row says of a person where nothing is known.
func (t *turn) importPerson(r ImportRow) error {
	for _, f := range []struct {
		have  *string
		given string
	}{{&t.contact.FirstName, r.FirstName}, {&t.contact.LastName, r.LastName}, {&t.contact.Locale, r.Locale}} {
		if *f.have == "" {
			*f.have = f.given
		}
	}
	if t.contact.Timezone == "" && r.Timezone != "" {
		return t.setTimezone(r.Timezone)
	}
	return nil
}

// importAbout are the interests of a row, one that is none if it has none.
func importAbout(r ImportRow) []map[string]any {
	if len(r.Interests) == 0 {
		return []map[string]any{nil}
	}
	return r.Interests
}

func importChange(action Action, r ImportRow, about map[string]any) Change {
	return Change{
		Action: action, At: r.ConsentedAt, Cadence: r.Cadence, About: about, Source: SourceImport,
		Wording: r.Wording, Button: r.Button, Image: r.Image, Locale: r.Locale,
	}
}

// latest is the latest of some times.
func latest(times ...time.Time) (at time.Time) {
	for _, t := range times {
		if t.After(at) {
			at = t
		}
	}
	return at
}
