package bot

import (
	"encoding/json"
	"fmt"
	"strconv"
)

// Issued says by whom and when a receipt was made, and in which time it speaks.
func (r Receipt) Issued() string {
	at := r.IssuedAt.UTC().Format("2006-01-02 15:04 MST")
	return fmt.Sprintf("%s, Page %s. Issued %s. Times are those of %s.", r.Bot, r.Page, at, r.Timezone)
}

// Standing says how a topic stands.
func (t ReceiptTopic) Standing() string {
	status := t.Status
	if status == "" {
		status = "nothing agreed"
	}
	if t.Status == StatusActive && t.Cadence != "" {
		status += ", " + t.Cadence
	}
	if len(t.Interests) > 0 {
		if about, err := json.Marshal(t.Interests); err == nil {
			status += ", about " + string(about)
		}
	}
	return status
}

// Place is an entry's place in the chain.
func (e ReceiptEntry) Place() string {
	if e.Seq == 0 {
		return "new"
	}
	return strconv.FormatInt(e.Seq, 10)
}

// ReceiptFact is one thing that stands behind a ledger entry.
type ReceiptFact struct{ Name, Value string }

// Behind tells what stands behind a ledger entry.
func (e ReceiptEntry) Behind() []ReceiptFact {
	var out []ReceiptFact
	add := func(name, value string) {
		if value != "" {
			out = append(out, ReceiptFact{name, value})
		}
	}
	add("wording", e.Personal.Wording)
	add("image", e.Image)
	add("button", e.Personal.Button)
	if len(e.Personal.About) > 0 {
		if about, err := json.Marshal(e.Personal.About); err == nil {
			add("about", string(about))
		}
	}
	add("cadence", e.Cadence)
	switch {
	case e.Until.IsZero():
	case endOf(e.Until).IsZero():
		add("until", "they say so")
	default:
		add("until", e.Until.UTC().Format("2006-01-02 15:04 MST"))
	}
	add("language", e.Locale)
	add("source", e.Source)
	if e.Flow != "" {
		add("step", e.Flow+"#"+e.Step)
	}
	if e.Program != "" {
		add("program", fmt.Sprintf("%.12s", e.Program))
	}
	add("input", e.Personal.Input)
	add("request", e.Request)
	if e.Seq > 0 {
		add("proof", fmt.Sprintf("%s, entry %d of the chain, hash %.16x", e.Proof, e.Seq, e.Hash))
	} else {
		add("proof", e.Proof)
	}
	return out
}
