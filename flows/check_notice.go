package flows

import "slices"

// notices looks at the messages that are notifications: the first ones of a flow that
// is started for a topic.
func (c *checker) notices(d *draft) {
	for _, t := range d.triggers {
		if t.Topic == "" || c.bot.topic(t.Topic) == nil {
			continue
		}
		n := notices{c: c, topic: t.Topic, through: map[*draft]bool{d: true}, left: maxOpening, alone: !slices.ContainsFunc(d.triggers, func(t *Trigger) bool { return t.Topic == "" })}
		n.follow(d.steps, nil)
		return // what is wrong for one topic is so for the next
	}
}

// notices follows the steps of a flow to each message that may be the notification.
type notices struct {
	c       *checker
	topic   string
	alone   bool // nothing but topics starts the flow
	through map[*draft]bool
	left    int
	reply   *Trigger // a comment's: the message is the private reply to it (check_comment.go)
	spoke   bool     // some message was come by
}

// follow says whether every way through the steps comes to a message, or ends. behind
// are the steps that follow them.
func (n *notices) follow(steps, behind []*step) bool {
	for i, st := range steps {
		if n.left--; n.left < 0 {
			return true
		}
		if n.reply != nil && n.unfit(st) {
			return true
		}
		rest := append(slices.Clone(steps[i+1:]), behind...)
		if sends(st) {
			n.message(st, rest)
			return true
		}
		switch a := st.do.(type) {
		case *ifStep:
			if yes, no := n.follow(a.yes.steps, rest), n.follow(a.other.steps, rest); yes && no {
				return true
			}
		case *goStep:
			n.into(a.to, nil)
			return true
		case *runStep:
			if n.into(a.to, rest) {
				return true
			}
		case *splitStep:
			every := len(a.variants) > 0
			for _, v := range a.variants {
				every = n.follow(v.steps.steps, rest) && every
			}
			if every {
				return true
			}
		case *waitStep, *handOverStep, endStep:
			return true
		}
	}
	return false
}

func (n *notices) into(to *target, behind []*step) bool {
	d := n.c.flows[to.flow]
	if d == nil || d.broken || to.step != "" || n.through[d] || len(d.triggers) > 0 {
		return true // nobody knows, or it is a conversation of its own
	}
	n.through[d] = true
	defer delete(n.through, d)
	return n.follow(d.steps, behind)
}

// message looks at one notification and at what stands right behind it.
func (n *notices) message(st *step, rest []*step) {
	if n.spoke = true; n.reply != nil {
		n.second(rest, st, "the private reply is one message: this one waits until they write or tap something")
		return
	}
	n.wayOut(st)
	n.c.carried(st)
	n.second(rest, st, "a notification is one message: this one waits until they write or tap something")
}

// second reports a message right behind the one that goes.
func (n *notices) second(rest []*step, st *step, what string) {
	if !n.alone || offers(st) {
		return // whoever started the flow hears it all at once, or is asked to act
	}
	for _, next := range rest {
		switch next.kind {
		case "set", "track":
			continue
		case "say", "show":
			n.c.warnf("second-message", next.span, "put it all into one message; what stands behind that waits until they act, or give the message quick_replies: to go on with", "%s", what)
		}
		return
	}
}

// offers says whether a message has something to tap that brings the flow further.
func offers(st *step) bool {
	if _, ok := st.do.(offering); !ok {
		return true // a question
	}
	return slices.ContainsFunc(st.tappable(), func(b button) bool { return b.to != nil })
}

// wayOut says what is added to a notification that cannot be stopped with one tap.
func (n *notices) wayOut(st *step) {
	a, ok := st.do.(offering)
	if !ok {
		return // a question's choices may be computed
	}
	replies, buttons := a.taps()
	if slices.ContainsFunc(st.tappable(), func(b button) bool { return b.optOut.text == n.topic || b.optOut.text == "all" }) {
		return
	}
	_, text := a.(*sayStep) // a button can be added to a text, and not to what is shown
	add := "{label: " + n.c.stopLabel + ", opt_out: " + n.topic + "}"
	switch {
	case len(replies) < maxQuickReplies:
		n.c.report(Info, "way-out", st.span, "to word it yourself, add it: quick_replies: ["+add+"]", "nothing here stops %q with one tap: a quick reply %q is added to it", n.topic, n.c.stopLabel)
	case text && len(buttons) < maxButtons:
		n.c.report(Info, "way-out", st.span, "to word it yourself, add it: buttons: ["+add+"]", "nothing here stops %q with one tap: a button %q is added to it", n.topic, n.c.stopLabel)
	default:
		n.c.warnf("way-out", st.span, "leave one quick reply out, or make "+add+" of it", "nothing here stops %q with one tap: %q takes the place of the last quick reply", n.topic, n.c.stopLabel)
	}
}
