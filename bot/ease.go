package bot

import "time"

// A platform says with its answers how near a page is to what it may do. Before that is
// reached notifications wait, as long as the channel takes from the answer; replies, which
// somebody waits for, go on. It is kept in memory alone: the next answer says it again.

// easeBy follows what the answers to messages say beside their outcome. That of a refusal is
// followed by its class.
func (b *Bot) easeBy(bundle []*letter, outs []Outcome) {
	for i, o := range outs {
		if o.Status != Accepted || o.RetryAfter <= 0 {
			continue
		}
		now := b.clock.Now()
		if b.pages.ease(bundle[i].Page, now, now.Add(o.RetryAfter)) {
			b.log.Warn("a page is near a limit of the platform: its notifications wait", "page", bundle[i].Page, "wait", o.RetryAfter)
		}
	}
}

// ease lets the notifications of a page wait until a time. It reports whether they did not
// wait already.
func (p *pages) ease(page string, now, until time.Time) (began bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.eased == nil {
		p.eased = map[string]time.Time{}
	}
	began = !p.eased[page].After(now)
	p.eased[page] = latest(p.eased[page], until)
	return began
}

// opens is when notifications of a page may go again: now, unless it rests or is near a
// limit.
func (p *pages) opens(page string, now time.Time) time.Time {
	at := p.ends(page, now)
	p.mu.Lock()
	defer p.mu.Unlock()
	return latest(at, p.eased[page])
}
