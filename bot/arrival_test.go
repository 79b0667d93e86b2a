package bot

import (
	"slices"
	"testing"
	"time"
)

// A webhook that is stored in a second try needs nobody who has no name: of whom a report
// is was found in the first.
func TestAReportNeedsNobodyWithoutAName(t *testing.T) {
	t.Parallel()
	b := &Bot{}
	r := b.reception("messenger", []Event{{Kind: EventDelivery, Key: "k", Page: "1", Permit: &Permit{Token: "t"}}}, time.Time{})
	r.arrivals[0].Person = "zoe" // as accept has it, once it knows
	need := r.need(0)
	if slices.Contains(need.Contacts, "") {
		t.Errorf("%q are needed", need.Contacts)
	}
}
