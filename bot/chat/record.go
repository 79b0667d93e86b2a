package chat

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Recorder writes a transcript while a chat goes on, line by line, so that what
// was tried once can be played again. Its first error stays, and ends the writing.
type Recorder struct {
	w    io.Writer
	zone *time.Location
	err  error
}

// NewRecorder begins a transcript at a moment. zone has an IANA name; the dates of
// the transcript are those of its calendar.
func NewRecorder(w io.Writer, began time.Time, zone *time.Location) *Recorder {
	r := &Recorder{w: w, zone: zone}
	r.line(start{at: wallOf(began.In(zone)), name: zone.String()}.String())
	return r
}

// Err is the first error of the writer.
func (r *Recorder) Err() error { return r.err }

// Person says whose chat follows. attrs may be nil.
func (r *Recorder) Person(name string, attrs map[string]string) {
	r.line(entrance{name, sorted(attrs)}.String())
}

// Act is what that person did.
func (r *Recorder) Act(a Act) { r.line(doing{a}.String()) }

// Said is what the bot showed them.
func (r *Recorder) Said(m Said) {
	for _, s := range show([]Said{m}) {
		r.line("< " + s.String())
	}
}

// Nothing says that the bot showed them nothing.
func (r *Recorder) Nothing() { r.line(silence{}.String()) }

// Clock is what the time was moved to.
func (r *Recorder) Clock(t time.Time) { r.line(until{wallOf(t.In(r.zone))}.String()) }

// Pass is by how much the time was moved: days of the person's calendar, and a length
// of time of whole seconds.
func (r *Recorder) Pass(days int, exact time.Duration) {
	r.line(leap{span{days, exact}}.String())
}

// Event is what the shop reported. contact is the person it named; empty: it named
// none.
func (r *Recorder) Event(name string, data map[string]string, contact string) {
	r.line(event{name: name, data: sorted(data), contact: contact}.String())
}

// Call is what the next call of a handler comes to: it stands in front of what causes
// that call. problem is what the flow was told, flows.CallTimeout …; empty: it returned
// result.
func (r *Recorder) Call(handler string, result any, problem string) {
	if problem != "" {
		r.line(answer{handler: handler, problem: problem}.String())
		return
	}
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false)
	err := e.Encode(result)
	if err == nil && utf8.RuneCount(text.Bytes()) > maxLine-len(handler)-len("! call  returns ") {
		err = fmt.Errorf("what %s returned is too long for a line of a transcript", handler)
	}
	if err != nil {
		r.err = cmp.Or(r.err, err)
		return
	}
	r.line(answer{handler: handler, result: strings.TrimSpace(text.String())}.String())
}

func (r *Recorder) line(text string) {
	if r.err == nil {
		_, r.err = io.WriteString(r.w, text+"\n")
	}
}

func sorted(values map[string]string) []pair {
	var out []pair
	for _, k := range slices.Sorted(maps.Keys(values)) {
		out = append(out, pair{k, values[k]})
	}
	return out
}
