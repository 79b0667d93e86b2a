package emulator

import (
	"fmt"
	"slices"
	"strconv"
	"time"
)

// Limits of how often a Page may call, after the platform's page on rate limiting.
const (
	soundsPerSecond   = 10  // messages with audio or video
	repliesPerHour    = 750 // private replies to comments
	busyCode          = 80006
	hoursCounted      = 24
	maxUsagePercent   = 100
	defaultAskedAgain = 1 // minutes until a Page that sent too fast may call again
)

// hourly counts calls of the last day by the hour.
type hourly [hoursCounted]struct {
	hour int64
	n    int
}

func hourOf(t time.Time) int64 { return t.Unix() / 3600 }

// add counts one call.
func (h *hourly) add(now time.Time) {
	at := &h[((hourOf(now)%hoursCounted)+hoursCounted)%hoursCounted]
	if at.hour != hourOf(now) {
		at.hour, at.n = hourOf(now), 0
	}
	at.n++
}

// sum is how many calls the last day had, and when the oldest of them no longer count.
func (h *hourly) sum(now time.Time) (n int, ends time.Time) {
	oldest := hourOf(now)
	for _, at := range h {
		if at.n > 0 && at.hour > hourOf(now)-hoursCounted && at.hour <= hourOf(now) {
			n, oldest = n+at.n, min(oldest, at.hour)
		}
	}
	return n, time.Unix((oldest+hoursCounted)*3600, 0).UTC()
}

// allowed is how many calls a day the Page may make, 0 if nobody counts.
func (p *Platform) allowed() int { return p.cfg.CallsPerPerson * len(p.people) }

// callRate counts a call of the Page, and refuses it beyond the limit of a day. Refused
// calls count too: whoever goes on calling waits longer.
func (p *Platform) callRate() *Refusal {
	allowed, now := p.allowed(), p.cfg.Now()
	if allowed == 0 {
		return nil
	}
	p.day.add(now)
	if n, _ := p.day.sum(now); n > allowed {
		return refuse(17, busyCode, 0, "", "The Page made %d calls within 24 hours; with %d people it may make %d.", n, len(p.people), allowed)
	}
	return nil
}

// rate refuses a send beyond the Page's limit and counts it.
func (p *Platform) rate() *Refusal {
	if p.cfg.SendsPerSecond < 0 {
		return nil
	}
	now := p.cfg.Now()
	p.sends = lately(p.sends, now, time.Second)
	if len(p.sends) >= p.cfg.SendsPerSecond {
		return refuse(17, codeCustomLimit, 0, "", "More than %d messages within a second.", p.cfg.SendsPerSecond)
	}
	p.sends = append(p.sends, now)
	return nil
}

// rateOf refuses what has a limit of its own: audio and video, and private replies.
func (p *Platform) rateOf(s *send) *Refusal {
	now := p.cfg.Now()
	switch {
	case p.cfg.SendsPerSecond < 0:
		return nil
	case s.shown.Kind == KindAudio, s.shown.Kind == KindVideo:
		p.sounds = lately(p.sounds, now, time.Second)
		if len(p.sounds) >= soundsPerSecond {
			return refuse(17, codeCustomLimit, 0, "", "More than %d messages with audio or video within a second.", soundsPerSecond)
		}
		p.sounds = append(p.sounds, now)
	case s.recipient.comment != "":
		p.replies = lately(p.replies, now, time.Hour)
		if len(p.replies) >= repliesPerHour {
			return refuse(17, codeCustomLimit, 0, "", "More than %d private replies within an hour.", repliesPerHour)
		}
		p.replies = append(p.replies, now)
	}
	return nil
}

// lately drops the times that are longer ago than that, or not yet.
func lately(list []time.Time, now time.Time, ago time.Duration) []time.Time {
	return slices.DeleteFunc(list, func(t time.Time) bool { return now.Sub(t) >= ago || t.After(now) })
}

// usage is the header that tells a Page how much of its limit it has used, in percent.
func (p *Platform) usage() string {
	percent := 0
	if p.cfg.SendsPerSecond > 0 {
		percent = len(p.sends) * 100 / p.cfg.SendsPerSecond
	}
	if allowed := p.allowed(); allowed > 0 {
		n, _ := p.day.sum(p.cfg.Now())
		percent = max(percent, n*100/allowed)
	}
	return fmt.Sprintf(`{"call_count":%d,"total_time":0,"total_cputime":0}`, percent)
}

// businessUsage is the header that tells a Page that called too often when it may again.
func (p *Platform) businessUsage() string {
	percent, minutes := maxUsagePercent, defaultAskedAgain
	if allowed := p.allowed(); allowed > 0 {
		if n, ends := p.day.sum(p.cfg.Now()); n > allowed {
			percent = n * 100 / allowed
			minutes = max(minutes, int((ends.Sub(p.cfg.Now())+time.Minute-1)/time.Minute))
		}
	}
	kind := "messenger"
	if p.cfg.Instagram {
		kind = "instagram"
	}
	return fmt.Sprintf(`{%s:[{"type":%q,"call_count":%d,"total_cputime":0,"total_time":0,"estimated_time_to_regain_access":%d}]}`,
		strconv.Quote(p.cfg.PageID), kind, percent, minutes)
}
