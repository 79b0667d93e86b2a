package flows

import (
	"slices"
	"strings"
)

// lanes reports channels that cannot carry what the flows send by themselves: without a
// lane a notification goes only to people who wrote within 24 hours, and is held for all
// others until they write.
func (c *checker) lanes(b *botFile) {
	if c.unsure || c.out.failed("bot.yaml") {
		return
	}
	notifier, topic := "", ""
	for _, id := range c.order {
		for _, t := range c.flows[id].triggers {
			if notifier == "" && t.Topic != "" && c.bot.topic(t.Topic) != nil {
				notifier, topic = c.flows[id].file, t.Topic
			}
		}
	}
	if notifier == "" {
		return
	}
	for _, channel := range b.laneless {
		c.warnf("lane-missing", channel.span, "add the ways this Page has to it, the preferred one first, as in notifications: [recurring]",
			"%s notifies people of %q, and this channel reaches only those who wrote within 24 hours", notifier, topic)
	}
	c.barred(b, notifier, topic)
	if len(c.bot.Channels) == 0 && !c.out.list.HasErrors() {
		c.report(Info, "lane-missing", Span{File: "bot.yaml"}, "before it meets people, add the ways the Page has: channels: {messenger: {notifications: [recurring]}}",
			"%s notifies people of %q; without channels: it reaches only those who wrote within 24 hours", notifier, topic)
	}
}

// barred warns of a Page that has none of its lanes any more, where it is.
func (c *checker) barred(b *botFile, notifier, topic string) {
	for i := range c.bot.Channels {
		ch := &c.bot.Channels[i]
		region := ch.Region
		if region == "" {
			region = c.bot.Region
		}
		none := len(ch.Notifications) > 0
		for _, lane := range ch.Notifications {
			where := LaneRegions(lane)
			none = none && where != nil && !contains(where, region)
		}
		if !none || region == "" {
			continue
		}
		hint := "add another way, as one_time"
		for _, lane := range lanes {
			if where := LaneRegions(lane); where != nil && contains(where, region) {
				hint = "write notifications: [" + lane + "], the way that Pages there have"
			}
		}
		c.warnf("lane-missing", b.channels[ch.Name], hint+"; if the Page is elsewhere, say so by region:; relance check --lanes says more",
			"Pages in %s have no %s today: %s notifies people of %q, and reaches only those who wrote within 24 hours", region, strings.Join(ch.Notifications, " or "), notifier, topic)
	}
}

// carried reports a notification that none of the bot's lanes takes. An approved template
// goes as a utility message and in no other way, and nothing else does.
func (c *checker) carried(st *step) {
	var lanes []string
	for _, ch := range c.bot.Channels {
		lanes = append(lanes, ch.Notifications...)
	}
	if len(lanes) == 0 || c.out.failed("bot.yaml") {
		return
	}
	show, _ := st.do.(*showStep)
	approved := false
	if show != nil {
		_, approved = show.what.(*model)
	}
	others := slices.ContainsFunc(lanes, func(lane string) bool { return lane != "utility" })
	switch {
	case approved && !contains(lanes, "utility"):
		c.warnf("lane-kind", st.span, "add utility to the notifications: of the channel, or write it as a say: step",
			"an approved template goes by the lane utility alone, which no channel has: only those who wrote within 24 hours get it")
	case !approved && !others:
		before := len(c.out.list)
		if say, ok := st.do.(*sayStep); ok {
			for _, t := range say.texts {
				c.unpromoted(t)
			}
		}
		if len(c.out.list) == before {
			c.warnf("lane-kind", st.span, "show: template and the name of one that the platform approved, or add another lane to the notifications: of the channel",
				"the lane utility carries approved templates alone: only those who wrote within 24 hours get this")
		}
	}
}
