package chat

import (
	"errors"
	"fmt"
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

// trouble is the failure that an error makes of a line.
func (p *player) trouble(at int, err error) Failure {
	f := p.failure(at, visible(err.Error()))
	var t Trouble
	if errors.As(err, &t) {
		f.Hint = t.Hint
	}
	return f
}
