package bot

// callLine is what one handler has to do: a slow one holds up nobody else's.
type callLine struct {
	busy    int
	stuck   int  // of those: places of calls that are over, and whose handler has not returned
	told    bool // that all are stuck
	waiting []call
}

// callPlace is the place of a call in its line. It is given back once nobody uses it: the
// call, and each try whose handler has not returned.
type callPlace struct {
	line  *callLine
	uses  int
	stuck bool // the call is over
}

// take puts calls into their lines. Those that are in hand already are left out, and
// those there is no room for: their timers bring them again.
func (c *calls) take(b *Bot, list []call) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, one := range list {
		if _, twice := c.inHand[one.ID]; twice {
			continue
		}
		if c.inHand == nil {
			c.inHand, c.lines = map[string]call{}, map[string]*callLine{}
		}
		if c.ctx == nil {
			c.handed = append(c.handed, one)
			c.inHand[one.ID] = one
			continue
		}
		line := c.lines[one.Handler]
		if line == nil {
			line = &callLine{}
			c.lines[one.Handler] = line
		}
		switch {
		case line.busy < callsAtOnce:
			line.busy++
			c.inHand[one.ID] = one
			c.start(b, line, one)
		case len(line.waiting) < callsWaiting:
			c.inHand[one.ID] = one
			line.waiting = append(line.waiting, one)
			line.tell(b, one.Handler)
		}
	}
}

// start makes a call that has a place. The caller holds mu.
func (c *calls) start(b *Bot, line *callLine, one call) {
	one.place = &callPlace{line: line, uses: 1}
	ctx := c.ctx
	c.tasks.Go(func() {
		defer c.over(b, &one)
		defer c.drop(one.ID)
		if err := b.call(ctx, &one); err != nil && ctx.Err() == nil {
			b.log.Error("a call could not be made or its result not stored, it is made again", "handler", one.Handler, "error", err)
		}
	})
}

// use keeps the place of a call for one try more.
func (c *calls) use(one *call) {
	if one.place == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	one.place.uses++
}

// over is leave for the call itself.
func (c *calls) over(b *Bot, one *call) {
	c.leave(b, one)
	c.mu.Lock()
	defer c.mu.Unlock()
	if p := one.place; p.uses > 0 {
		p.stuck = true
		p.line.stuck++
		p.line.tell(b, one.Handler)
	}
}

// leave gives a place back once nobody uses it, to the next of its line.
func (c *calls) leave(b *Bot, one *call) {
	p := one.place
	if p == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if p.uses--; p.uses > 0 {
		return
	}
	line := p.line
	if p.stuck {
		line.stuck--
		line.told = false
	}
	if c.ctx == nil || len(line.waiting) == 0 {
		line.busy--
		return
	}
	next := line.waiting[0]
	line.waiting = line.waiting[1:]
	c.start(b, line, next)
}

// tell says, once, that calls wait for a handler which returns from none. The caller holds
// the mutex of the calls.
func (l *callLine) tell(b *Bot, handler string) {
	if l.told || l.stuck < callsAtOnce || len(l.waiting) == 0 {
		return
	}
	l.told = true
	b.log.Error("a handler does not return, though the time of its calls is up: no more of them are made until it does; it is to end with its context", "handler", handler, "calls", l.stuck)
}
