package lives

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// proven wants an entry for everything that people surely did about a consent, and
// something they did for every entry.
func (c *checker) proven(h *history, promise string) {
	for _, d := range h.acts {
		if d.settled == far {
			continue
		}
		for topic := range c.shop.topics {
			for _, want := range c.wants(h, d, topic) {
				if !slices.ContainsFunc(h.changes[topic], func(ch change) bool { return ch.action == want && ch.at.Equal(d.stamp) }) {
					c.says(promise, h, d.at, "the ledger has no %s of %s for %s", want, topic, d.words())
				}
			}
		}
	}
	for _, i := range h.givens {
		g := c.tape.lines[i].given
		if !slices.ContainsFunc(h.changes[g.topic], func(ch change) bool { return ch.action == "granted" && ch.at.Equal(c.tape.lines[i].at) }) {
			c.says(promise, h, i, "the ledger has no word of a consent that was taken over")
		}
	}
	for topic, changes := range h.changes {
		for _, ch := range changes {
			if why := c.unproven(h, topic, ch); why != "" {
				c.says(promise, h, min(ch.first, len(c.tape.lines)-1), "%s of %s at %s: %s", ch.action, topic, ch.at.Format(time.RFC3339Nano), why)
			}
		}
	}
}

// wants are the entries about a topic that an act surely has.
func (c *checker) wants(h *history, d deed, topic string) []string {
	switch {
	case d.kind == "optin" && c.shop.topicOf(d.title) != topic:
		return nil
	case d.kind == "optin" && d.status == "":
		return []string{"granted"}
	case d.kind == "optin" && strings.HasPrefix(d.status, "RESUME"):
		return []string{"resumed"}
	case d.kind != "optin" && !d.stopsAll() && d.standby:
		return nil // the platform tells the label alone
	case d.kind == "optin", c.stops(d) == topic:
		return []string{"stopped"}
	case d.stopsAll():
		// It ends what there is, when it comes and when it was said.
		var came, was standing
		changes := slices.Clone(h.changes[topic])
		for _, ch := range changes {
			if ch.at.Before(d.stamp) && ch.first < d.first {
				was = was.then(ch.entry)
			}
		}
		slices.SortStableFunc(changes, func(a, b change) int { return a.first - b.first })
		for _, ch := range changes {
			if ch.first < d.first {
				came = came.then(ch.entry)
			}
		}
		if was.active && came.active {
			return []string{"stopped"}
		}
	}
	return nil
}

// unproven says why nothing stands behind an entry; "" if something does.
func (c *checker) unproven(h *history, topic string, ch change) string {
	n, acted := h.since[ch.at.UnixMilli()]
	acted = acted && ch.source != "api" && h.acts[n].kind != "reaction" // which changes nothing
	switch {
	case ch.action == "asked":
		return ""
	case !acted && ch.first == far:
		return "nothing was taken over then"
	case !acted && ch.source == "api":
		return ""
	case !acted && ch.action == "unwatched" && c.shop.topics[topic].once:
		return ""
	case !acted && ch.action == "stopped" && c.barredAt(h, ch.at):
		return ""
	case !acted && ch.action == "watched" && slices.ContainsFunc(h.told, func(w word) bool { return w.ask != "" && w.code != 0 && w.at.Equal(ch.at) }):
		return "" // a request that the platform refused, to somebody who agrees already
	case !acted:
		return "nobody did anything then"
	}
	d := h.acts[n]
	ok := true
	switch ch.action {
	case "granted":
		ok = c.agrees(d, topic)
		if ok && d.kind == "optin" {
			return c.asAsked(h, d, topic, ch)
		}
	case "declined":
		ok = slices.Contains([]string{"no thanks", "no"}, folded(d.text))
	case "stopped":
		ok = d.stopsAll() || c.stops(d) == topic || strings.HasPrefix(d.status, "STOP") ||
			slices.Contains([]string{"stop", "turn off"}, folded(d.text)) || d.text == "no news" && topic == "news" || c.barredAt(h, ch.at)
	case "resumed":
		ok = strings.HasPrefix(d.status, "RESUME")
	case "cadence":
		ok = d.kind == "optin" || slices.Contains([]string{"every day", "every week", "every month"}, folded(d.text))
	case "snoozed":
		return snoozedRight(d, ch)
	}
	if !ok {
		return "what they did is " + d.words()
	}
	return ""
}

// barredAt says whether the platform told the bot at a time that the person had stopped.
func (c *checker) barredAt(h *history, t time.Time) bool {
	return slices.ContainsFunc(h.told, func(w word) bool { return w.subcode == stoppedThere && w.at.Sub(t).Abs() < outboxTime })
}

// asAsked compares a consent that the platform told with the request that was accepted.
func (c *checker) asAsked(h *history, d deed, topic string, ch change) string {
	for _, w := range h.told {
		if w.ask == "" || w.ask != d.ask {
			continue
		}
		switch {
		case w.title != c.shop.topics[topic].title:
			return "they accepted a request for " + w.title
		case w.often != "" && w.often != ch.often:
			return "they accepted " + w.often + ", and it says " + ch.often
		}
	}
	return ""
}

// snoozedRight compares a snooze with what was tapped.
func snoozedRight(d deed, ch change) string {
	length := ch.until.Sub(d.stamp)
	between := func(from, to time.Duration) string {
		if length < from || length > to {
			return "they tapped " + d.text + ", and it lasts until " + ch.until.String()
		}
		return ""
	}
	const slack = 26 * time.Hour // of a change of the clocks, and of a turn that came late
	switch d.text {
	case "1 day":
		return between(22*time.Hour, day+slack)
	case "1 week":
		return between(7*day-2*time.Hour, 7*day+slack)
	case "1 month":
		return between(27*day, 31*day+slack)
	case "Until I say so":
		return between(365*day, 1<<62)
	case "Resume":
		if !ch.until.IsZero() {
			return "they tapped Resume, and it lasts until " + ch.until.String()
		}
		return ""
	}
	return "what they did is " + d.words()
}

// follows compares the stored consents and zone with what the ledger leads to.
func (c *checker) follows(h *history, promise string) {
	end := min(h.to, len(c.tape.lines)) - 1
	now := c.tape.lines[end].at
	for topic := range c.shop.topics {
		all, ok := c.standings(h, topic, end)
		if !ok || len(all) != 1 {
			continue
		}
		stored, want := c.records.consents[h.who][topic], all[0]
		active := stored.Status == "active" || stored.Status == "snoozed"
		if active != want.active {
			c.says(promise, h, end, "%s is stored as %q, and it should be %+v", topic, stored.Status, want)
			continue
		}
		if !active {
			continue
		}
		if asleep := stored.Status == "snoozed" && stored.SnoozedUntil.After(now); asleep == want.reaches(now) {
			c.says(promise, h, end, "%s is stored as %q until %s, and it should be %+v", topic, stored.Status, stored.SnoozedUntil, want)
		}
		if want.often != "" && stored.Cadence != want.often {
			c.says(promise, h, end, "%s is stored as %q, and they chose %q", topic, stored.Cadence, want.often)
		}
		var sizes []int
		var interests []struct{ Size int }
		if err := json.Unmarshal(stored.Interests, &interests); len(stored.Interests) > 0 && err != nil {
			c.says(promise, h, end, "interests that nobody can read: %s", stored.Interests)
		}
		for _, one := range interests {
			sizes = append(sizes, one.Size)
		}
		slices.Sort(sizes)
		slices.Sort(want.sizes)
		if !slices.Equal(sizes, want.sizes) {
			c.says(promise, h, end, "of %s they watch %v, and %v is stored", topic, want.sizes, sizes)
		}
	}
	if zones := at(h.zones, end); len(zones) == 1 && zones[0] != "" && c.records.contacts[h.who].Timezone != zones[0] {
		c.says(promise, h, end, "they are in %s, and %q is stored", zones[0], c.records.contacts[h.who].Timezone)
	}
}
