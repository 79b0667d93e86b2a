package flows

// asked reports questions whose answers are lost. One with a single choice is a pause:
// there is nothing to know about the answer.
func (c *checker) asked(d *draft) {
	walk(d.steps, func(st *step) {
		a, ok := st.do.(*askStep)
		if !ok || a.save.text != "" || len(a.choices.fixed) == 1 || d.shaky {
			return
		}
		hint := "add save: contact.FIELD to keep it with the person, or save: NAME for this flow"
		if len(a.choices.fixed) > 1 {
			hint += "; choose: is a menu whose options do something each"
		}
		c.warnf("ask-unsaved", st.span, hint, "the answer to this question is saved nowhere")
	})
}
