package chat

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// Trouble is what keeps a line from being played, in words for its author. A Stage
// may return one for any other error.
type Trouble struct {
	Message string // what is wrong
	Hint    string // what to write instead; empty: nobody knows
}

func (t Trouble) Error() string { return t.Message }

// Unknown is the trouble with a name that means nothing, what says what it was taken
// for ("field of bot.yaml"). known are the names that do mean something; one that is
// near is the hint.
func Unknown(what, name string, known []string) Trouble {
	t := Trouble{Message: fmt.Sprintf("there is no %s %q", what, clip(name))}
	if len(known) > 0 {
		t.Hint = suggest(name, known)
	} else {
		t.Hint = "there is none at all"
	}
	return t
}

// why says what became of a notification that the current person might have been
// shown since the last thing happened. It is a hint: without an answer it is empty.
func (p *player) why(ctx context.Context) string {
	stage, able := p.stage.(Explainer)
	if !able || !p.passive || p.update {
		return ""
	}
	text, err := stage.Why(ctx, p.current.id, p.since)
	if err != nil {
		return ""
	}
	if text == "" {
		text = "no notification was due for them"
	}
	text = visible(text)
	if p.reasons == nil {
		p.reasons = map[string]bool{}
	}
	p.reasons[text] = true
	return text
}

// failedCalls says which calls went wrong since the last thing happened, of which the
// person may have been told.
func (p *player) failedCalls() string {
	stage, able := p.stage.(Caller)
	if !able {
		return ""
	}
	return visible(strings.Join(stage.FailedCalls(), "; "))
}

// trouble is the failure that an error makes of a line.
func (p *player) trouble(at int, err error) Failure {
	f := p.failure(at, visible(err.Error()))
	var t Trouble
	if errors.As(err, &t) {
		f.Hint = t.Hint
	}
	return f
}
