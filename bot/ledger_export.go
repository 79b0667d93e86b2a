package bot

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/relance-bot/relance/storage"
)

// exportedEntry is one line of a ledger that is handed out: all that its hash covers,
// and the hash. Whom it is about is not in it, and what is personal in its body stays
// encrypted. Binary values are base64.
type exportedEntry struct {
	Page   string `json:"page"`
	Seq    int64  `json:"seq"`
	Topic  string `json:"topic"`
	Action string `json:"action"`
	At     string `json:"at"` // as it is hashed: UTC, to the millisecond
	Body   []byte `json:"body"`
	Commit []byte `json:"commit"`
	Prev   []byte `json:"prev"`
	Hash   []byte `json:"hash"`
}

const (
	hashedLayout  = "2006-01-02T15:04:05.000Z"
	maxExportLine = 1 << 20
)

// ExportLedger writes every sealed entry of every chain as JSON lines, one chain after
// the other, each in order. LEDGER.md says how somebody else can verify it.
func (b *Bot) ExportLedger(ctx context.Context, w io.Writer) error {
	var pages []string
	err := b.store.Read(ctx, func(r storage.Reader) (err error) {
		pages, err = r.Chains()
		return err
	})
	if err != nil {
		return fmt.Errorf("reading the ledger: %w", err)
	}
	out := bufio.NewWriter(w)
	lines := json.NewEncoder(out)
	for _, page := range pages {
		err := b.eachSealed(ctx, page, func(_ storage.Reader, e storage.Entry) error {
			return lines.Encode(exportedEntry{
				Page: e.Page, Seq: e.Seq, Topic: e.Topic, Action: e.Action, At: e.At.UTC().Format(hashedLayout),
				Body: e.Body, Commit: e.Commit, Prev: e.Prev, Hash: e.Hash,
			})
		})
		if err != nil {
			return fmt.Errorf("writing the ledger: %w", err)
		}
	}
	return out.Flush()
}

// VerifyExport verifies a ledger that ExportLedger wrote, without a database. noted are
// marks of its pages from elsewhere; may be nil.
func VerifyExport(r io.Reader, noted map[string][]Mark) ([]Chain, error) {
	var chains []Chain
	var v *verifier
	done := func() {
		if v != nil {
			chains[len(chains)-1].Findings = v.done()
		}
	}
	seen := map[string]bool{}
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxExportLine)
	for n := 1; lines.Scan(); n++ {
		var line exportedEntry
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			return nil, fmt.Errorf("line %d of the ledger: %w", n, err)
		}
		at, err := time.Parse(hashedLayout, line.At)
		if err != nil {
			return nil, fmt.Errorf("line %d of the ledger: %q is no time", n, line.At)
		}
		if v == nil || chains[len(chains)-1].Page != line.Page {
			if seen[line.Page] {
				return nil, fmt.Errorf("line %d of the ledger: the chain of %s was over", n, line.Page)
			}
			done()
			seen[line.Page] = true
			v = newVerifier(noted[line.Page])
			chains = append(chains, Chain{Page: line.Page})
		}
		c := &chains[len(chains)-1]
		c.Entries, c.Head = line.Seq, line.Hash
		v.entry(storage.Entry{
			Page: line.Page, Seq: line.Seq, Topic: line.Topic, Action: line.Action, At: at, Body: line.Body, Commit: line.Commit,
			Prev: line.Prev, Hash: line.Hash,
		})
	}
	if err := lines.Err(); err != nil {
		return nil, errors.Join(errors.New("reading a ledger"), err)
	}
	done()
	for page, marks := range noted {
		if !seen[page] {
			chains = append(chains, Chain{Page: page, Findings: newVerifier(marks).done()})
		}
	}
	return chains, nil
}
