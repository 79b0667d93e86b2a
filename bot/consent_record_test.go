package bot

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/relance-bot/relance/storage"
)

func TestConsentRecords(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		story []Change
	}{
		{"nothing yet", nil},
		{"asked", []Change{ask(0, "r1", 42, Weekly), {Action: Declined, At: at(1), Request: "r1"}}},
		{"active", []Change{ask(0, "r1", 42, Weekly), accept(1, "r1"), watch(2, 42.5)}},
		{"snoozed", []Change{sayYes(0, 42, Weekly), snooze(1, 60), rhythm(2, Daily)}},
		{"stopped by the platform", []Change{sayYes(0, 42, Weekly), watch(1, 43), platformStop(2)}},
		{"overtaken", []Change{sayYes(3, 43, Daily), stop(2), sayYes(1, 42, Weekly)}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c, _, _ := play(test.story...)
			c.Contact, c.Topic, c.LastSent = "messenger:1:2", "restock", at(9)
			record, err := c.Record()
			if err != nil {
				t.Fatal(err)
			}
			if len(record.Terms) != len(c.Interests) {
				t.Errorf("%d lists of terms for %d interests", len(record.Terms), len(c.Interests))
			}
			record.Terms = nil // storage keeps them to itself
			back, err := FromRecord(record)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c, back); diff != "" {
				t.Errorf("read back (-want +got):\n%s", diff)
			}
		})
	}
}

func TestConsentRecordsThatCannotBeRead(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		record storage.Consent
		want   string
	}{
		{storage.Consent{Topic: "restock", Interests: []byte(`{"size":42}`)}, `interests of consent "restock"`},
		{storage.Consent{Topic: "restock", Body: []byte(`[`)}, `body of consent "restock"`},
	} {
		if _, err := FromRecord(test.record); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("error is %v, want one about the %s", err, test.want)
		}
	}
	odd := Consent{Topic: "restock", Interests: []map[string]any{{"size": func() {}}}}
	if _, err := odd.Record(); err == nil {
		t.Error("an interest that is no JSON was stored")
	}
}
