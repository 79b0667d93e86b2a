package flows

import (
	"slices"
	"time"
)

// thread is a chain of flows that run each other: the last frame runs, and those
// below wait for it to come back. Its JSON keys are short because a session is
// read and written in every turn.
type thread struct {
	Frames []frame `json:"f"`
	Wait   wait    `json:"w,omitzero"`
	Cause  *cause  `json:"c,omitempty"` // never changed, only replaced
	// Program is the hash of the program it began with; empty if that is the
	// session's own.
	Program string `json:"p,omitempty"`

	program *Program // the one it began with; nil is today's
	Calls   int      `json:"h,omitempty"` // handlers called without the person or a pause between

	// Within the turn that starts a notification.
	notification bool // it does not repeat the question below it
	pending      bool // its one message has not been sent yet
	told         bool // its one message was sent by the step that runs now
}

// room is memory for the threads and frames of a turn, as much as most turns need.
type room struct {
	threads [2]thread
	frames  [4]frame
	used    int // of frames
}

// chain is memory for some frames and one above them.
func (r *room) chain(n int) []frame {
	end := r.used + n + 1
	if end > len(r.frames) {
		return make([]frame, n, n+1)
	}
	out := r.frames[r.used : r.used+n : end]
	r.used = end
	return out
}

// copy appends to out what is stored of threads. Names and causes are shared: they are
// copied before they are changed.
func (r *room) copy(out, threads []thread) []thread {
	if n := len(threads); n > 0 && n >= cap(out) {
		out = make([]thread, 0, n+1)
	}
	for i := range threads {
		t := &threads[i]
		frames := r.chain(len(t.Frames))
		for j := range t.Frames {
			f := &t.Frames[j]
			frames[j] = frame{Flow: f.Flow, Step: f.Step, Names: f.Names}
		}
		out = append(out, thread{Frames: frames, Wait: t.Wait, Cause: t.Cause, Program: t.Program, Calls: t.Calls})
	}
	return out
}

// keep is a copy of threads that lies in no room.
func keep(threads []thread) []thread {
	if len(threads) == 0 {
		return nil
	}
	n := 0
	for i := range threads {
		n += len(threads[i].Frames)
	}
	out, frames := slices.Clone(threads), make([]frame, 0, n)
	for i := range out {
		from := len(frames)
		frames = append(frames, out[i].Frames...)
		out[i].Frames = frames[from:len(frames):len(frames)]
	}
	return out
}

// frame is one flow in a thread.
type frame struct {
	Flow  string         `json:"f"`
	Step  string         `json:"s,omitempty"` // address of the step it stands at; empty: behind the last
	Names map[string]any `json:"n,omitempty"` // inputs, and what steps saved; copied before it is changed

	at  *step // the step named by Step, once looked up
	own bool  // Names was made in this turn, and may be changed
}

// goTo lets the frame stand at a step; nil is behind the last.
func (f *frame) goTo(st *step) {
	f.at, f.Step = st, ""
	if st != nil {
		f.Step = st.address
	}
}

// save gives a name a value; nil takes it away.
func (f *frame) save(name string, v any) {
	if !f.own || f.Names == nil {
		f.Names, f.own = cloneMap(f.Names), true
	}
	if v == nil {
		delete(f.Names, name)
		return
	}
	f.Names[name] = v
}

// cause is the occurrence that started a thread, or that it waited for: what
// event, events, interest and topic mean in its flows.
type cause struct {
	Trigger  string           `json:"g,omitempty"`
	Topic    string           `json:"t,omitempty"`
	Event    map[string]any   `json:"e,omitempty"`
	Events   []map[string]any `json:"es,omitempty"` // only if there are several
	Interest map[string]any   `json:"i,omitempty"`
}

// all is what events means: every event of a merged notification, oldest first.
func (c *cause) all() []any {
	if len(c.Events) == 0 && c.Event != nil {
		return []any{c.Event}
	}
	out := make([]any, len(c.Events))
	for i, e := range c.Events {
		out[i] = e
	}
	return out
}

// wait is why a thread stands still. The zero value means that it runs.
type wait struct {
	For   waitKind `json:"k"`
	Until int64    `json:"u,omitempty"` // Unix milliseconds; zero: without end
	Tries int      `json:"t,omitempty"` // wrong answers so far

	// Of an opt_in; of a call, its id.
	Request string         `json:"r,omitempty"` // the platform's request it asked with
	Cadence string         `json:"d,omitempty"` // what the person picked
	About   map[string]any `json:"a,omitempty"` // the interest they were asked about
	Wording string         `json:"q,omitempty"` // our own question, as they saw it

	Place string `json:"p,omitempty"` // of the preference centre: the menu that is open
}

// waitKind says what ends a wait.
type waitKind string

const (
	forAnswer  waitKind = "answer"  // to a question of ask or choose
	forCadence waitKind = "cadence" // to how often
	forYes     waitKind = "yes"     // to our own request for consent
	forConsent waitKind = "consent" // the platform's request is accepted, or refused by its quick reply
	forPointer waitKind = "pointer" // an earlier request of the platform is accepted
	forMenu    waitKind = "menu"    // in a menu of the preference centre
	forTime    waitKind = "time"
	forEvent   waitKind = "event"
	forPeople  waitKind = "people" // who have the conversation give it back
	forCall    waitKind = "call"   // a handler's result
	forAct     waitKind = "act"    // the person does anything; then the step it stands at runs
)

// person says whether it is the person's answer that ends the wait.
func (w wait) person() bool {
	switch w.For {
	case forAnswer, forCadence, forYes, forConsent, forPointer, forMenu:
		return true
	}
	return false
}

// due says whether the wait's time has come.
func (w wait) due(now time.Time) bool { return w.Until != 0 && w.Until <= now.UnixMilli() }

// top is the frame that runs.
func (t *thread) top() *frame { return &t.Frames[len(t.Frames)-1] }

// waits says whether the thread stands still.
func (t *thread) waits() bool { return t.Wait.For != "" }
