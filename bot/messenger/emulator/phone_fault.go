package emulator

import (
	"cmp"
	"errors"
	"fmt"
	"time"
)

// maxDelay is how long POST /phone/fault may keep something waiting, and maxTimes how
// often it may ask for the same thing.
const (
	maxDelay = 10 * time.Minute
	maxTimes = 10_000
)

// phoneFault is the body of POST /phone/fault: what goes wrong from now on.
type phoneFault struct {
	Fault     string `json:"fault"`
	Times     int    `json:"times"` // how often; 0 is once
	Code      int    `json:"code"`  // of refuse
	Subcode   int    `json:"subcode"`
	By        string `json:"by"` // of slow and late: "3s"
	PerSecond int    `json:"per_second"`
	Reversed  bool   `json:"reversed"` // of release
	Token     string `json:"token"`    // of give_token; "" is the first one
	Text      string `json:"text"`     // of undelivered: why
}

// phoneFault makes the platform misbehave as asked, each time in the way of the method
// of that name.
func (p *Platform) phoneFault(in phoneFault) error {
	times := cmp.Or(in.Times, 1)
	if times < 0 || times > maxTimes {
		return fmt.Errorf("times is a number up to %d", maxTimes)
	}
	switch in.Fault {
	case "refuse":
		if in.Code <= 0 {
			return errors.New("refuse needs the code of an error")
		}
		p.FailNext(times, in.Code, in.Subcode)
	case "timeout":
		for range times {
			p.TimeoutNext()
		}
	case "lose":
		for range times {
			p.LoseNext()
		}
	case "echo":
		return p.Echo()
	case "slow", "late":
		by, err := time.ParseDuration(in.By)
		if err != nil || by <= 0 || by > maxDelay {
			return fmt.Errorf("by is a duration like 3s, up to %s, not %q", maxDelay, begin(in.By))
		}
		if in.Fault == "slow" {
			p.SlowNext(times, by)
		} else {
			p.LateNext(times, by)
		}
	case "repeat":
		p.RepeatNext(times)
	case "hold":
		p.Hold()
	case "release":
		p.Release(in.Reversed)
	case "limit":
		p.Limit(in.PerSecond)
	case "undelivered":
		p.FailDelivery(in.Text)
	case "dead_token":
		p.RevokeToken(in.Subcode)
	case "give_token":
		p.GiveToken(cmp.Or(in.Token, p.cfg.AccessToken))
	case "lose_files":
		p.LoseFiles()
	case "unsubscribe":
		p.Unsubscribe()
	case "subscribe":
		p.mu.Lock()
		defer p.mu.Unlock()
		p.subscribe()
		p.changed()
	case "none":
		p.Behave()
	default:
		return fmt.Errorf("there is no fault %q: it is one of %s", begin(in.Fault),
			"refuse, timeout, lose, echo, slow, late, repeat, hold, release, limit, undelivered, dead_token, give_token, lose_files, unsubscribe, subscribe, none")
	}
	return nil
}
