package flows

import "strings"

// trigger is the first trigger of a kind with a value; nil if there is none.
func (p *Program) trigger(kind TriggerKind, value string) *Trigger {
	for i := range p.Triggers {
		if t := &p.Triggers[i]; t.Kind == kind && t.Value == value {
			return t
		}
	}
	return nil
}

// referral is the trigger for a link's ref: the one that names it, else the longest
// beginning that does. nil if there is none.
func (p *Program) referral(ref string) *Trigger {
	var best *Trigger
	length := -1
	for i := range p.Triggers {
		t := &p.Triggers[i]
		if t.Kind != OnReferral {
			continue
		}
		start, open := strings.CutSuffix(t.Value, "*")
		switch {
		case !open && t.Value == ref:
			return t
		case open && len(start) > length && strings.HasPrefix(ref, start):
			best, length = t, len(start)
		}
	}
	return best
}

// Referred is the trigger that a link's ref starts; ok is false if no flow knows it.
func (p *Program) Referred(ref string) (t Trigger, ok bool) {
	if found := p.referral(ref); found != nil {
		return *found, true
	}
	return Trigger{}, false
}

// heard is the trigger a message starts, with the names a pattern gives: a keyword
// that is the whole message, else one that it begins with or holds, else a
// pattern; among equals the first. nil if there is none.
func (p *Program) heard(text, folded string) (*Trigger, map[string]any) {
	if folded == "" && text == "" {
		return nil, nil
	}
	var loose *Trigger
	for i := range p.Triggers {
		t := &p.Triggers[i]
		if t.Kind != OnKeywords || folded == "" {
			continue
		}
		for _, w := range t.words {
			switch {
			case w == folded:
				return t, nil
			case loose == nil && t.catches(w, folded):
				loose = t
			}
		}
	}
	if loose != nil {
		return loose, nil
	}
	for i := range p.Triggers {
		t := &p.Triggers[i]
		if t.Kind != OnPattern {
			continue
		}
		if m := t.pattern.FindStringSubmatch(clip(text, maxAnswer)); m != nil {
			return t, named(t.pattern.SubexpNames(), m)
		}
	}
	return nil, nil
}

// catches says whether a keyword is less than the whole message, where match:
// allows that.
func (t *Trigger) catches(word, folded string) bool {
	switch t.match {
	case "start":
		return strings.HasPrefix(folded, word) && folded[len(word)] == ' '
	case "word":
		return strings.Contains(" "+folded+" ", " "+word+" ")
	}
	return false
}

// named are the groups of a pattern that have a name and matched something.
func named(names, groups []string) map[string]any {
	out := make(map[string]any, len(names))
	for i, name := range names {
		if name != "" && groups[i] != "" {
			out[name] = groups[i]
		}
	}
	return out
}

// isStopWord says whether a whole message, folded, means stop. So do several such words:
// who is angry writes "STOP STOP STOP".
func (p *Program) isStopWord(folded string) bool {
	if folded == "" || p.stop[folded] {
		return p.stop[folded]
	}
	for word := range strings.SplitSeq(folded, " ") {
		if !p.stop[word] {
			return false
		}
	}
	return true
}

// IsStop says whether a message or tap withdraws consent at once, whatever goes on: the button
// of a topic, or a stop word, which the label of a button that is not ours may be as well.
func (p *Program) IsStop(in Input) bool {
	said := in.Text
	if in.Kind == InPostback {
		said = in.Label
	}
	payload, ours := DecodePayload(in.Payload)
	switch {
	case in.Kind != InMessage && in.Kind != InPostback:
		return false
	case ours:
		return payload.OptOut != ""
	case in.Payload != "" && p.trigger(OnPostback, in.Payload) != nil:
		return false
	}
	return p.isStopWord(fold(said))
}
