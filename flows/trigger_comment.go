package flows

import (
	"slices"
	"strings"
)

// A comment trigger starts its flow when somebody has written a word under a post of
// the Page:
//
//	comment: size
//
// Who that is the platform says only once it has taken the flow's first message, the
// private reply. So that message is all there is of the flow until they answer: as
// behind a notification, what follows waits for what they do.

// commentName is what the comment is called in the flow that it starts.
const commentName = "comment"

// commentWord decodes the word that a comment must hold.
func (d *decoder) commentWord(f *fields, t *Trigger) {
	if n := f.node("comment"); n != nil && n.kind == listNode && len(n.items) > 1 {
		d.errorf("shape", n.span, "make a trigger of each: - comment: "+n.items[0].plainText()+", and below it - comment: "+n.items[1].plainText(), "comment takes one word, this is a list")
		t.value, t.names, t.words = word{span: n.span}, []string{commentName}, []string{""}
		return
	}
	t.value = f.word("comment")
	t.Value = t.value.text
	t.names = []string{commentName}
	folded := fold(t.Value)
	if folded == "" && t.Value != "" {
		d.errorf("trigger", t.value.span, "use a word", "%q has no letters or digits to compare", t.Value)
	}
	if n := f.node("comment"); n != nil && n.plain && (t.Value == "true" || t.Value == "false") {
		d.errorf("trigger", t.value.span, "write the word that the comment holds: comment: size", "comment takes a word, and no comment holds %q", t.Value)
	}
	d.joined(t.value, "comment")
	t.words = []string{folded}
}

// joined warns of several words in the place of one, which only a text that holds them
// all one behind the other would start.
func (d *decoder) joined(w word, key string) {
	parts := strings.FieldsFunc(w.text, func(r rune) bool { return r == ',' || r == ';' || r == '|' })
	for i, part := range parts {
		if parts[i] = strings.TrimSpace(part); fold(part) == "" || strings.ContainsAny(parts[i][:1], "0123456789") { // a number: 42,5
			return
		}
	}
	if len(parts) < 2 {
		return
	}
	hint := "for each of them alone make a trigger of each: - comment: " + parts[0] + ", and below it - comment: " + parts[1]
	if key == "keywords" {
		hint = "for each of them alone write keywords: [" + strings.Join(parts, ", ") + "]"
	}
	d.warnf("trigger", w.span, hint+"; for the whole phrase leave the sign out, it makes no difference", "%q is one phrase: only these words, one behind the other, start the flow", w.text)
}

// Comment is the trigger that a comment starts: the first whose word it holds. Case,
// accents, punctuation and emoji make no difference, as with keywords.
func (p *Program) Comment(text string) (t *Trigger, ok bool) {
	folded := " " + fold(clip(text, maxAnswer)) + " "
	for i := range p.Triggers {
		t := &p.Triggers[i]
		if t.Kind == OnComment && t.words[0] != "" && strings.Contains(folded, " "+t.words[0]+" ") {
			return t, true
		}
	}
	return nil, false
}

// commented starts the flow of a comment. Its first message is the private reply,
// without a window; after it the flow waits for the person's next act.
func (m *machine) commented() {
	t, ok := m.p.Trigger(m.in.Trigger)
	if !ok || m.p.flows[t.Flow] == nil {
		m.effects = append(m.effects, Fault{Message: "the trigger of the comment is gone"}, Silent{})
		return
	}
	m.notified = t.Flow
	names := m.p.flows[t.Flow].typed(map[string]any{commentName: clip(m.in.Text, maxAnswer)})
	m.start(start{flow: t.Flow, trigger: t.ID, names: names, cause: &cause{Trigger: t.ID}, aside: true})
	m.run()
}

// onlyComments says whether nothing but comments starts a flow.
func onlyComments(d *draft) bool {
	return len(d.triggers) > 0 && !slices.ContainsFunc(d.triggers, func(t *Trigger) bool { return t.Kind != OnComment })
}

// Join is a session in which what waits in another one waits beside its own: of
// somebody who was not known when that one began. Of one trigger only the newest
// goes on when the person is back, and what is too much gives way, the oldest first.
func (s Session) Join(newer Session) Session {
	if s.Empty() || newer.Empty() {
		if s.Empty() {
			return newer
		}
		return s
	}
	var room room
	out := Session{stack: room.copy(nil, s.stack), beside: room.copy(nil, s.beside), own: s.own}
	for _, th := range room.copy(nil, slices.Concat(newer.stack, newer.beside)) {
		if th.Program == "" {
			th.Program = newer.own
		}
		if th.Program == out.own {
			th.Program = ""
		}
		out.beside = slices.DeleteFunc(out.beside, func(old thread) bool {
			return th.Cause != nil && old.Cause != nil && old.Cause.Trigger == th.Cause.Trigger && (old.Wait.For == forAct || old.Wait.person())
		})
		out.beside = append(out.beside, th)
	}
	for len(out.beside) > 1 && (len(out.beside) > maxBeside || len(out.appendJSON(nil)) > maxSession) {
		out.beside = slices.Delete(out.beside, 0, 1)
	}
	if len(out.appendJSON(nil)) > maxSession { // theirs fill it already
		return s
	}
	return out
}
