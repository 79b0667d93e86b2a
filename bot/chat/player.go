package chat

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// player plays one script on one stage.
type player struct {
	script *Script
	stage  Stage
	update bool // repair expectations instead of reporting them

	zone    *time.Location // of dates
	people  map[string]*actor
	cast    []*actor // in order of appearance
	current *actor   // nil before the first person

	since    time.Time       // when the last thing happened
	reasons  map[string]bool // answers of why
	passive  bool            // it was nothing that the current person did
	block    block
	prepared []preparation
	edits    edits // of the whole script, when updating
	failures []Failure
}

// actor is one person of the transcript.
type actor struct {
	name, id string
	read     int // how many lines of what they were shown are accounted for
}

// play goes through the script. Failures are sorted by line afterwards.
func (p *player) play(ctx context.Context) error {
	var err error
	if p.zone = p.script.setup().zone; p.zone == nil {
		if p.zone, err = p.stage.Zone(ctx, ""); err != nil {
			return fmt.Errorf("asking for the bot's time zone: %w", err)
		}
	}
	last := 0
	for i, l := range p.script.lines {
		if l.do == nil {
			continue
		}
		last = i
		if err = ctx.Err(); err == nil {
			err = l.do.play(ctx, p, i)
		}
		if err != nil {
			p.stop(ctx, i, err)
			break
		}
	}
	if err == nil {
		if err = errors.Join(p.finish(ctx), p.uncalled(ctx)); err != nil {
			p.stop(ctx, last, err)
		}
	}
	slices.SortStableFunc(p.failures, func(a, b Failure) int { return cmp.Compare(a.Line, b.Line) })
	for i := range p.failures {
		p.failures[i].move(p.edits)
	}
	p.sayOnce()
	return nil
}

// sayOnce takes the reason of the failure before off one that has the same.
func (p *player) sayOnce() {
	said := ""
	for i := range p.failures {
		switch hint := &p.failures[i].Hint; {
		case *hint == "":
		case *hint == said && p.reasons[said]:
			*hint = ""
		default:
			said = *hint
		}
	}
}

// stop records why the transcript cannot go on.
func (p *player) stop(ctx context.Context, at int, err error) {
	if ctx.Err() == nil {
		// What stands before the broken line is compared all the same. If that
		// fails too, the first reason is the one to tell.
		_ = p.close(ctx, true)
	}
	f := p.trouble(at, err)
	if cause := context.Cause(ctx); cause != nil {
		f.Message = "the transcript was stopped here: " + cause.Error()
	}
	f.Diff = p.excerpt(at)
	f.Broken = true
	p.failures = append(p.failures, f)
}

// enter makes a person the current one. What the one before was shown and no line
// lists yet waits for their next line.
func (p *player) enter(ctx context.Context, at int, name string, attrs map[string]string) error {
	to, known := p.people[name]
	if p.current != nil && p.current != to {
		if err := p.close(ctx, p.comesBack(p.current, at)); err != nil {
			return err
		}
	}
	id, err := p.stage.Person(ctx, name, attrs)
	if err != nil {
		return err
	}
	if !known {
		to = &actor{name: name}
		p.people[name] = to
		p.cast = append(p.cast, to)
	}
	to.id = id
	if p.current != to {
		p.current = to
		p.block = block{anchor: at}
	}
	return nil
}

// someone lets a transcript do without person lines: it is about someone whose
// name nobody knows.
func (p *player) someone(ctx context.Context) error {
	if p.current != nil {
		return nil
	}
	return p.enter(ctx, -1, "", nil)
}

// comesBack reports whether what a person was shown may wait when they are left at
// a line. An update lists at once what would otherwise only be found at the end.
func (p *player) comesBack(a *actor, at int) bool {
	if !p.update {
		return true
	}
	for _, l := range p.script.lines[at+1:] {
		if e, ok := l.do.(entrance); ok && e.name == a.name {
			return true
		}
	}
	return false
}

// happen does something that may let the bot speak. All it said so far must be
// listed before.
func (p *player) happen(ctx context.Context, at int, do func() error) error {
	if err := p.close(ctx, false); err != nil {
		return err
	}
	p.block = block{anchor: at}
	_, acted := p.script.lines[at].do.(doing)
	p.since, p.passive = p.stage.Now(), !acted
	p.failedCalls() // of before
	return do()
}

// zoneOfPerson is where days are counted.
func (p *player) zoneOfPerson(ctx context.Context) (*time.Location, error) {
	if p.current == nil {
		return p.zone, nil
	}
	return p.stage.Zone(ctx, p.current.id)
}

// check compares what is stored with a line.
func (p *player) check(ctx context.Context, at int, c check) error {
	if err := p.someone(ctx); err != nil {
		return err
	}
	holds, drop, err := c.look(ctx, p)
	if err != nil {
		// Nothing happened by looking: the rest can be played.
		f := p.trouble(at, err)
		f.Diff = p.excerpt(at)
		p.failures = append(p.failures, f)
		return nil
	}
	if !drop && holds == c.String() {
		return nil
	}
	e := edits{}
	e.drop(at)
	message, hint := "this is not reached", ""
	if !drop {
		e.after(at, p.script.lines[at].indent()+holds)
		message = "something else is stored"
	}
	if _, decided := c.(decisionIs); decided {
		hint = p.why(ctx)
	}
	p.settle(e, message, hint)
	return nil
}

// settle takes edits over when updating, and reports them as a failure otherwise.
func (p *player) settle(e edits, message, hint string) {
	if p.update {
		p.edits.join(e)
		return
	}
	f := p.failure(e.first(), message)
	f.Diff = p.diff(e)
	f.Hint = hint
	p.failures = append(p.failures, f)
}

func (p *player) failure(at int, message string) Failure {
	return Failure{File: p.script.File, Line: at + 1, Message: message}
}

// finish looks for what nobody listed.
func (p *player) finish(ctx context.Context) error {
	if p.current == nil {
		return nil
	}
	if err := p.close(ctx, false); err != nil {
		return err
	}
	end := len(p.script.lines) - 1
	for _, a := range p.cast {
		unread, err := p.unread(ctx, a)
		if err != nil {
			return err
		}
		if len(unread) == 0 {
			continue
		}
		e := edits{}
		if a != p.current {
			e.after(end, entrance{name: a.name}.String())
		}
		for _, s := range unread {
			e.after(end, "< "+s.String())
		}
		p.current = a
		p.settle(e, fmt.Sprintf("%s was shown what no line lists", a.name), "what others were shown stands behind their person line")
	}
	return nil
}

// unread is what a person was shown and no line listed yet.
func (p *player) unread(ctx context.Context, a *actor) ([]shown, error) {
	said, err := p.stage.Said(ctx, a.id)
	if err != nil {
		return nil, err
	}
	lines := show(said)
	if len(lines) < a.read {
		return nil, fmt.Errorf("%d lines were shown, now there are %d", a.read, len(lines))
	}
	return lines[a.read:], nil
}
