package lives

import "strings"

// numbers are the events that a message tells of.
func numbers(text string) []string {
	list, _, _ := strings.Cut(strings.TrimPrefix(text, "Restock "), ":")
	return strings.Fields(list)
}

func (c *checker) once(h *history, promise string) {
	told := map[string]string{}
	c.notices(h, false, func(w word, n notice) {
		if !n.event {
			return
		}
		for _, event := range numbers(w.text) {
			if before, again := told[event]; again {
				c.says(promise, h, w.line, "event %s is told by %s and by %s", event, before, w.metadata)
			}
			told[event] = w.metadata
		}
	})
	shown := map[string]int{}
	for _, m := range c.records.chats[h.who] {
		if m.Metadata == "" {
			continue
		}
		if _, ok := c.tells(&message{text: m.Text}); ok {
			if shown[m.Metadata]++; shown[m.Metadata] == 2 {
				c.says(promise, h, -1, "%q is shown twice", m.Text)
			}
		}
	}
	decided := map[string]bool{}
	for _, d := range c.records.decisions[h.who] {
		name := d.Occurrence
		if n, ok := c.noticeOf(d.Flow); ok && !n.event {
			name, _, _ = strings.Cut(d.Occurrence, " ") // whatever else it may be called
		}
		if key := d.Flow + " " + name; decided[key] && d.Flow != "" {
			c.says(promise, h, c.lineAt(d.At), "%s is decided twice", key)
		} else {
			decided[key] = true
		}
	}
}
