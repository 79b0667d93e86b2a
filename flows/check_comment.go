package flows

// privateReplies looks at the messages that are private replies: the first ones of a
// flow that is started by a comment. Until such a message has arrived nobody is known
// whom the bot could ask for consent, hand over or wait for.
func (c *checker) privateReplies(d *draft) {
	for _, t := range d.triggers {
		if t.Kind != OnComment || len(d.steps) == 0 {
			continue
		}
		n := notices{c: c, reply: t, through: map[*draft]bool{d: true}, left: maxOpening, alone: onlyComments(d)}
		if !n.follow(d.steps, nil) && n.alone && !n.spoke {
			c.errorf("private-reply", t.value.span, "add a say: step", "the flow says nothing, so nobody who comments %q is ever answered", t.Value)
		}
		return // what is wrong for one word is so for the next
	}
}

// unfit reports a step that can neither be the private reply nor stand before it.
func (n *notices) unfit(st *step) bool {
	what, hint := "", "begin the flow with a say: step; what stands behind that goes on when they answer"
	switch st.kind {
	case "wait", "hand_over", "call", "opt_out":
		what = st.kind + ": stands before the private reply, and until that is there nobody knows who wrote the comment"
	case "opt_in":
		what, hint = "a private reply cannot ask for consent", "begin the flow with a say: step, and ask behind it, when they have answered"
	case "preferences":
		what = "a private reply cannot be the menu of somebody's settings: nobody knows yet who wrote the comment"
	case "show":
		a, ok := st.do.(*showStep)
		if !ok {
			return false
		}
		if _, approved := a.what.(*model); !approved {
			return false
		}
		what, hint = "an approved template goes to people the bot knows, and cannot be a private reply", "write it as a say: step"
	default:
		return false
	}
	n.spoke = true
	report := n.c.warnf
	if n.alone {
		report = n.c.errorf
	}
	report("private-reply", st.span, hint, "%s: a comment with %q stays without an answer", what, n.reply.Value)
	return true
}
