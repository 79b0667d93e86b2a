package cmd

import (
	"strings"
	"testing"
)

// TestCheckSaysWhichLanesEachMessageHas asks on several days, for several regions.
func TestCheckSaysWhichLanesEachMessageHas(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ args, want string }{
		{"lanes --at 2022-06-01", `
arrivals, of “What is new at Foulée”
  window       within 24 hours after they wrote
  recurring    yes, to whoever accepted the request
  marketing    no: the platform did not have it yet
  human_agent  no: only what a person writes by hand in the inbox may go by it, for seven days after their last act`},
		{"lanes --at 2026-03-02 --region US", `
  recurring    no: not offered to Pages in US
  marketing    yes, to whoever accepted the request, for about 0.014 USD a message`},
		{"lanes --at 2026-03-02 --region US --people EU", `
  recurring    no: not offered to Pages in US
  marketing    no: not offered to people in EU`},
		{"lanes --at 2026-03-02", `
  recurring    yes, to whoever accepted the request
  marketing    no: not offered to Pages in EU`},
		{"utility --at 2026-03-02", `
shipped, of “News of your orders”
  window       within 24 hours after they wrote
  utility      no: it carries messages of another kind
  human_agent  no: only what a person writes by hand in the inbox may go by it, for seven days after their last act

shipped, of “News of your orders”, an approved template
  window       within 24 hours after they wrote
  utility      yes, at any time`},
		{"one_time --at 2026-03-02", `
  one_time     yes, one message for each time they allow it`},
	} {
		args := strings.Fields("check testdata/language/" + tt.args + " --lanes")
		code, out := cli(t, nil, args...)
		if code != 0 || !strings.Contains(out, tt.want) {
			t.Errorf("%s: exit %d\n%s\nwant in it%s", tt.args, code, out, tt.want)
		}
	}
	if code, out := cli(t, nil, "check", "testdata/language/lanes", "--region", "US"); code != exitUsage || !strings.Contains(out, "--lanes") {
		t.Errorf("exit %d: %s", code, out)
	}
}
