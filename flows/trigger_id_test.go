package flows

import (
	"os"
	"testing"
)

func TestATriggersIDNamesItsFlow(t *testing.T) {
	t.Parallel()
	for _, bot := range []string{"restock", "fashion", "tickets", "wholefoods"} {
		program, _, _ := Load(os.DirFS("../examples/" + bot))
		for _, trigger := range program.Triggers {
			if got := FlowOf(trigger.ID); got != trigger.Flow {
				t.Errorf("%s is of the flow %q, want %q", trigger.ID, got, trigger.Flow)
			}
		}
	}
	for id, want := range map[string]string{"news/cron:*/5 9 * * *": "news", "a/b/event:x": "a/b", "odd": "", "": ""} {
		if got := FlowOf(id); got != want {
			t.Errorf("%q is of the flow %q, want %q", id, got, want)
		}
	}
}
