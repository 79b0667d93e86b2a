package bot

import (
	"maps"
	"slices"
	"time"
)

// Why a change was recorded and left a consent as it was.
const (
	noneLate     = "late"          // something newer had been decided already
	noneBarred   = "platform stop" // after the platform's stop only the platform's own yes or resume counts
	noneConsent  = "no consent"    // there is none that it could change
	noneRequest  = "no request"    // of no request that is remembered
	noneInterest = "no interest"   // the interest is not among the consent's
)

// Apply is what becomes of a consent when ch happens to it.
//
// Changes may come in another order than they happened in: a platform repeats a
// webhook that failed, minutes later. What counts is when the person acted. A
// change that something newer has overtaken is late: it is recorded, and takes no
// status or cadence back. Two things are put in their place all the same, so that
// the order of arrival makes no difference: a late yes adds its interest to a
// consent that no stop has ended since (or to what that stop cleared), and a late
// stop takes the interests that were older than it.
//
// next is to be stored in any case; changed says that the change counted, and is
// false if it was late or had nothing to change. Whether consent began or ended
// shows in Status before and after. entry is for the ledger, always.
func (c Consent) Apply(ch Change) (next Consent, entry LedgerBody, changed bool) {
	c = c.clone().awake(ch.At)
	ch = c.complete(ch)
	var none string
	switch ch.Action {
	case Asked:
		next, none = c.asked(ch)
	case Declined:
		next, none = c.declined(ch)
	case Granted:
		next, none = c.granted(ch)
	case Watched:
		next, none = c.watched(ch)
	case Unwatched:
		next, none = c.unwatched(ch)
	case CadenceSet:
		next, none = c.cadenceSet(ch)
	case Snoozed:
		next, none = c.snoozed(ch)
	case Stopped:
		next, none = c.stopped(ch)
	case Resumed:
		next, none = c.resumed(ch)
	default:
		next, none = c, noneConsent
	}
	return next, ledgerBody(ch, none), none == ""
}

// complete fills in what a change leaves to the request it names: what the person
// agreed to, and what they were shown, is what that request said.
func (c Consent) complete(ch Change) Change {
	r, ok := c.Request(ch.Request)
	if !ok || ch.Action != Granted && ch.Action != Declined {
		return ch
	}
	if ch.Action == Granted {
		ch.About = r.About
		if r.Cadence != "" {
			ch.Cadence = r.Cadence
		}
	}
	ch.Wording, ch.Image, ch.Locale, ch.Flow, ch.Step, ch.Program = r.Title, r.Image, r.Locale, r.Flow, r.Step, r.Program
	return ch
}

// asked remembers a request. It never takes consent away, and never ends the
// platform's stop. Our clock, which it has, decides nothing about later acts.
func (c Consent) asked(ch Change) (Consent, string) {
	c.Requests = slices.DeleteFunc(c.Requests, func(r Request) bool { return r.ID == ch.Request })
	c.Requests = append(c.Requests, Request{
		ID: ch.Request, Title: ch.Wording, Cadence: ch.Cadence, About: maps.Clone(ch.About),
		Flow: ch.Flow, Step: ch.Step, Image: ch.Image, Locale: ch.Locale, Program: ch.Program, At: ch.At,
	})
	c.Requests = c.Requests[max(0, len(c.Requests)-maxRequests):]
	if c.Status == StatusNone || c.Status == StatusStopped && c.StoppedBy != ByPlatform {
		c.Status = StatusAsked
		c.StoppedBy = ""
	}
	return c, ""
}

// declined notes a no. The person is still one who was asked, and may accept the
// same request later.
func (c Consent) declined(ch Change) (Consent, string) {
	for i := range c.Requests {
		if c.Requests[i].ID == ch.Request {
			c.Requests[i].Declined = true
			return c, ""
		}
	}
	return c, noneRequest
}

// granted is a yes: to a request of the platform, or in our own words. A yes to
// an old request after a newer stop is the newer act of the two, and counts.
func (c Consent) granted(ch Change) (Consent, string) {
	switch {
	case ch.At.Before(c.ChangedAt):
		return c.grantedLate(ch), noneLate
	case c.barred(ch):
		// The platform carries nothing until it is resumed there; then this counts.
		c.Cleared = addInterest(c.Cleared, ch.About)
		return c, noneBarred
	}
	if !c.consents() {
		c.ActiveSince = ch.At
		c.Interests, c.AgreedAt = nil, nil
		c.Cleared, c.StoppedBy, c.Ended = nil, "", false
	}
	if c.Status != StatusSnoozed || !ch.At.Before(c.SnoozedAt) { // else they wanted a pause since
		c.Status, c.SnoozedUntil = StatusActive, time.Time{}
	}
	c.ChangedAt = ch.At
	c.choose(ch)
	c.agree(ch.About, ch.At)
	return c, ""
}

// barred reports whether a yes does not count, because the platform's own stop
// holds and the yes was not given on the platform.
func (c Consent) barred(ch Change) bool {
	return c.Status == StatusStopped && c.StoppedBy == ByPlatform &&
		ch.Source != SourcePlatform && ch.Source != SourceLink
}

// grantedLate puts an older yes in its place behind what happened since.
func (c Consent) grantedLate(ch Change) Consent {
	switch {
	case c.consents() && !ch.At.Before(c.StoppedAt):
		if ch.At.Before(c.ActiveSince) {
			c.ActiveSince = ch.At
		}
		c.choose(ch)
		c.agree(ch.About, ch.At)
	case c.StoppedAt.Equal(c.ChangedAt) && ch.At.Before(c.StoppedAt):
		// The stop that came first ended this very consent.
		c.Ended = true
		c.choose(ch)
		if !c.dropped(ch.About, ch.At) {
			c.Cleared = addInterest(c.Cleared, ch.About)
		}
	}
	return c
}

// watched adds an interest to a consent there is; it never makes one.
func (c Consent) watched(ch Change) (Consent, string) {
	switch {
	case ch.At.Before(c.StoppedAt):
		return c, noneLate
	case !c.consents():
		return c, noneConsent
	}
	c.agree(ch.About, ch.At)
	return c, ""
}

// unwatched drops an interest, also from what a resume would bring back. The yes to it
// may still be on its way, and must find that it was dropped.
func (c Consent) unwatched(ch Change) (Consent, string) {
	if ch.At.Before(c.AgreedAt[interestKey(ch.About)]) {
		return c, noneLate
	}
	c.drop(ch.About, ch.At)
	known := hasInterest(c.Interests, ch.About) || hasInterest(c.Cleared, ch.About)
	if !known {
		return c, noneInterest
	}
	c.Interests = dropInterest(c.Interests, ch.About)
	c.Cleared = dropInterest(c.Cleared, ch.About)
	delete(c.AgreedAt, interestKey(ch.About))
	return c, ""
}

func (c Consent) cadenceSet(ch Change) (Consent, string) {
	switch {
	case ch.At.Before(c.CadenceAt) || ch.At.Before(c.StoppedAt):
		return c, noneLate
	case !c.consents() || ch.Cadence == "":
		return c, noneConsent
	}
	c.choose(ch)
	return c, ""
}

func (c Consent) snoozed(ch Change) (Consent, string) {
	switch {
	case ch.At.Before(c.SnoozedAt) || ch.At.Before(c.ChangedAt):
		return c, noneLate
	case !c.consents():
		return c, noneConsent
	}
	c.SnoozedAt = ch.At
	c.Status, c.SnoozedUntil = StatusSnoozed, ch.Until
	return c.awake(ch.At), ""
}

// stopped ends a consent. One that there never was is stopped as well: the yes it
// follows may still be on its way. The platform's stop is the stronger, whichever
// of the two came first.
func (c Consent) stopped(ch Change) (Consent, string) {
	if ch.At.Before(c.ChangedAt) {
		if ch.At.After(c.StoppedAt) {
			c.StoppedAt = ch.At
		}
		c.forgetBefore(ch.At)
		if c.consents() && c.ActiveSince.Before(ch.At) {
			c.ActiveSince = c.ChangedAt // the yes that is surely newer
		}
		return c, noneLate
	}
	by := ByPerson
	if ch.Source == SourcePlatform || c.Status == StatusStopped && c.StoppedBy == ByPlatform {
		by = ByPlatform
	}
	if c.consents() {
		c.Cleared, c.Ended = c.Interests, true
	}
	c.Interests, c.AgreedAt = nil, nil
	c.Status, c.StoppedBy = StatusStopped, by
	c.ActiveSince, c.SnoozedUntil = time.Time{}, time.Time{}
	c.StoppedAt, c.ChangedAt = ch.At, ch.At
	return c, ""
}

// resumed is the platform's own switch, on again: it brings back what a stop
// ended, and makes no consent where there was none.
func (c Consent) resumed(ch Change) (Consent, string) {
	switch {
	case ch.At.Before(c.ChangedAt):
		return c, noneLate
	case c.consents():
		// Its stop may still be on its way, and must find nothing older than this.
		for _, about := range c.Interests {
			c.agree(about, ch.At)
		}
		c.ChangedAt = ch.At
		return c, ""
	case !c.Ended:
		if c.Status == StatusStopped {
			c.StoppedBy = ByPerson // it may be asked for again
		}
		return c, noneConsent
	}
	for _, about := range c.Cleared {
		c.agree(about, ch.At)
	}
	c.Status, c.StoppedBy = StatusActive, ""
	c.Cleared, c.Ended = nil, false
	c.ActiveSince, c.ChangedAt = ch.At, ch.At
	return c, ""
}

// consents reports whether there is a consent, asleep or not.
func (c Consent) consents() bool {
	return c.Status == StatusActive || c.Status == StatusSnoozed
}

// choose takes the cadence of a change, unless a newer one was chosen.
func (c *Consent) choose(ch Change) {
	if ch.Cadence == "" || ch.At.Before(c.CadenceAt) {
		return
	}
	c.Cadence, c.CadenceAt = ch.Cadence, ch.At
}

// drop remembers that the person wanted to hear no more of an interest.
func (c *Consent) drop(about map[string]any, at time.Time) {
	if len(about) == 0 || c.dropped(about, at) {
		return
	}
	dropped := maps.Clone(c.DroppedAt)
	if dropped == nil {
		dropped = map[string]time.Time{}
	}
	dropped[interestKey(about)] = at
	for len(dropped) > maxInterests {
		oldest := interestKey(about)
		for key, when := range dropped {
			if when.Before(dropped[oldest]) {
				oldest = key
			}
		}
		delete(dropped, oldest)
	}
	c.DroppedAt = dropped
}

// dropped says whether an interest was dropped after a time.
func (c *Consent) dropped(about map[string]any, at time.Time) bool {
	return at.Before(c.DroppedAt[interestKey(about)])
}

// agree adds an interest that the person said yes to at that time, unless they dropped it
// later.
func (c *Consent) agree(about map[string]any, at time.Time) {
	if c.dropped(about, at) {
		about = nil
	} else if _, was := c.DroppedAt[interestKey(about)]; was {
		c.DroppedAt = maps.Clone(c.DroppedAt)
		delete(c.DroppedAt, interestKey(about))
	}
	c.Interests = addInterest(c.Interests, about)
	agreed := make(map[string]time.Time, len(c.Interests))
	for _, have := range c.Interests {
		key := interestKey(have)
		agreed[key] = c.AgreedAt[key]
	}
	if key := interestKey(about); len(about) > 0 && agreed[key].Before(at) {
		agreed[key] = at
	}
	c.AgreedAt = agreed
}

// forgetBefore drops the interests that were last agreed to before a time.
func (c *Consent) forgetBefore(at time.Time) {
	c.Interests = slices.DeleteFunc(c.Interests, func(about map[string]any) bool {
		key := interestKey(about)
		old := c.AgreedAt[key].Before(at)
		if old {
			delete(c.AgreedAt, key)
		}
		return old
	})
}
