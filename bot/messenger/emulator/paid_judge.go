package emulator

import (
	"encoding/json"
	"slices"
	"time"
)

// judgePaid applies the rules for paid messages.
func (p *Platform) judgePaid(c *campaign, q *person, t *token) *Refusal {
	now := p.cfg.Now()
	switch {
	case c == nil:
		return refuse(14, codePaidUnknown, 0, "", "There is no such campaign in this ad account.")
	case c.Stopped:
		return refuse(14, codePaidInactive, 0, "", "The campaign %q was ended.", c.Name)
	case !slices.Contains(paidRegions, p.cfg.Region):
		return refuse(14, codePaidRegion, 0, "Messages cannot be sent in this region", "Pages in %s cannot send paid messages.", p.cfg.Region)
	case t == nil || t.Stopped || t.Kind == tokenOnce || expired(t.Expires, now):
		return refuse(14, codePaidToken, 0, "", "The subscription token does not exist, or the person opted out.")
	case slices.Contains(openRegions, p.regionOf(q)):
		return refuse(14, codePaidPerson, 0, "", "%s lives in %s, where paid messages reach nobody.", q.name(), p.regionOf(q))
	case q.Blocked:
		return refuse(14, codePaidPerson, 0, "", "%s blocked the Page.", q.name())
	case now.Before(c.Created.Add(warmUp)):
		return refuse(14, codePaidWarming, 0, "", "The campaign was created on %s, and sends from an hour later on.", clock(c.Created, q))
	case !t.LastSent.IsZero() && now.Before(t.LastSent.Add(coolDown)):
		return refuse(14, p.cfg.CoolCode, p.cfg.CoolSubcode, "",
			"The last message to this subscription went out on %s. The next may go on %s.", clock(t.LastSent, q), clock(t.LastSent.Add(coolDown), q))
	}
	return p.judgeBudget(c, now)
}

// judgeBudget refuses what would cost more than is left.
func (p *Platform) judgeBudget(c *campaign, now time.Time) *Refusal {
	today := 0.0
	if c.Day == now.UTC().Format(time.DateOnly) {
		today = c.Today
	}
	price := p.cfg.MessagePrice * 100
	switch {
	case c.Lifetime > 0 && c.Spent+price > c.Lifetime:
		return refuse(14, codePaidLifetime, 0, "", "The campaign's budget of %v is used up.", c.Lifetime)
	case c.Daily > 0 && today+price > c.Daily:
		refusal := refuse(14, codePaidDaily, 0, "", "The campaign's budget of %v for today is used up.", c.Daily)
		midnight := now.UTC().Truncate(24 * time.Hour).Add(24 * time.Hour)
		refusal.data = map[string]any{"remaining_seconds": int(midnight.Sub(now).Seconds())}
		return refusal
	}
	return nil
}

// takePaid accepts a paid message and lets it arrive, unless this person's load of such
// messages is too high: that only shows when it is delivered.
func (p *Platform) takePaid(c *campaign, q *person, t *token, s Shown) answer {
	now := p.cfg.Now()
	tracking := p.digits("tracking")
	a := answer{mid: tracking, value: map[string]any{"success": true, "marketing_message_tracking_id": tracking}}
	e := paidEvent{Page: p.cfg.PageID, Timestamp: now.UnixMilli(), Token: t.Token, Message: c.ID}
	if word := p.overload(t, now); word != "" {
		e.Error, e.App, e.Business = word, json.Number(p.cfg.AppID), "1"
		a.after = []*hook{p.tellPaid(q, "marketing_message_delivery_failed", e)}
	} else {
		s.MID, s.Recipient, s.Paid = p.id("m"), t.Token, &ShownPaid{tracking, c.ID, t.Token}
		if day := now.UTC().Format(time.DateOnly); c.Day != day {
			c.Day, c.Today = day, 0
		}
		price := p.cfg.MessagePrice * 100
		c.Spent, c.Today, c.Delivered = c.Spent+price, c.Today+price, c.Delivered+1
		p.keepCampaign(c)
		t.LastSent, t.Paid = now, append(slices.DeleteFunc(t.Paid, func(at time.Time) bool { return now.Sub(at) >= 7*24*time.Hour }), now)
		p.keepToken(t)
		p.show(q, s)
		e.MID, e.Tracking, e.Recipient, e.App = s.MID, tracking, q.PSID, json.Number(p.cfg.AppID)
		a.after = []*hook{p.tellPaid(q, "marketing_message_echoes", e), p.tellPaid(q, "marketing_message_deliveries", e)}
	}
	for _, h := range a.after {
		h.held = true
	}
	if p.faults.timeouts > 0 {
		p.faults.timeouts--
		a.cut, a.after = true, nil
	}
	return a
}

// overload is the platform's word for somebody who has had too many paid messages beside
// the conversations they began, or "". The first of a day and of a week passes.
func (p *Platform) overload(t *token, now time.Time) string {
	if p.faults.undelivered != "" {
		word := p.faults.undelivered
		p.faults.undelivered = ""
		return word
	}
	week, day := 0, 0
	for _, at := range t.Paid {
		if now.Sub(at) < 7*24*time.Hour {
			week++
		}
		if now.Sub(at) < 24*time.Hour {
			day++
		}
	}
	organic := float64(p.cfg.Conversations)
	switch {
	case week > 0 && float64(week+1) > weeklyLoad*7*organic:
		return "WEEKLY_MM_LOAD_CAP_REACHED"
	case day > 0 && float64(day+1) > dailyLoad*organic:
		return "DAILY_MM_LOAD_CAP_REACHED"
	}
	return ""
}
