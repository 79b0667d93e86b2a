package flows

import "slices"

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
	if len(c.bot.Channels) == 0 && !c.out.list.HasErrors() {
		c.report(Info, "lane-missing", Span{File: "bot.yaml"}, "before it meets people, add the ways the Page has: channels: {messenger: {notifications: [recurring]}}",
			"%s notifies people of %q; without channels: it reaches only those who wrote within 24 hours", notifier, topic)
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
