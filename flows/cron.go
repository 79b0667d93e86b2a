package flows

import (
	"fmt"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
)

// cronFields are the five fields of a cron expression.
var cronFields = []string{"minute", "hour", "day of month", "month", "day of week"}

// cron checks a cron expression. robfig/cron reads it; it panics on some texts and
// knows zones of its own, which ours are not.
func (d *decoder) cron(w word) {
	spec := w.text
	fields := strings.Fields(spec)
	switch {
	case spec == "":
		return
	case strings.Contains(spec, "TZ="):
		d.errorf("cron", w.span, "write timezone: Europe/Paris as a key of its own", "a zone does not belong in the cron expression")
		return
	case strings.HasPrefix(spec, "@every"):
		d.errorf("cron", w.span, `write five fields, or "@daily", "@weekly", "@monthly"`, "@every has no hour of the day")
		return
	case strings.HasPrefix(spec, "@"):
		known := []string{"@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"}
		if !contains(known, spec) {
			d.errorf("cron", w.span, didYouMean(spec, known, "it can be "), "unknown cron word %q", spec)
		}
		return
	case len(fields) == 6:
		d.errorf("cron", w.span, "leave out the seconds: "+strings.Join(fields[1:], " "), "a cron expression has five fields, this has six").mend(w.span, `"`+strings.Join(fields[1:], " ")+`"`)
		return
	case len(fields) != 5:
		d.errorf("cron", w.span, "write minute, hour, day of month, month, day of week: 0 9 * * MON is each Monday at 9:00, 30 18 * * * each day at 18:30", "a cron expression has five fields, this has %d", len(fields))
		return
	}
	schedule, err := parseCron(spec)
	if err != nil {
		d.cronField(w, fields)
		return
	}
	from := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	if next := schedule.Next(from); next.IsZero() || next.Sub(from) > farFuture {
		d.errorf("cron", w.span, "look at the day and the month: there is no 30 February", "this cron expression never fires")
	}
}

// cronField finds the field of a cron expression that is wrong.
func (d *decoder) cronField(w word, fields []string) {
	at := 0
	for i, text := range fields {
		all := []string{"*", "*", "*", "*", "*"}
		all[i] = text
		if _, err := parseCron(strings.Join(all, " ")); err != nil {
			span := w.span
			if start := strings.Index(w.text[at:], text); start >= 0 && span.Start.Line == span.End.Line {
				offset := runes(w.text[:at+start]) + (span.End.Column-span.Start.Column-runes(w.text))/2
				span = d.src.span(span.Start.Line, span.Start.Column+offset, span.Start.Column+offset+runes(text))
			}
			hint := []string{"minutes go from 0 to 59", "hours go from 0 to 23", "days go from 1 to 31", "months go from 1 to 12, or JAN to DEC", "days go from 0 (Sunday) to 6, or SUN to SAT"}[i]
			d.errorf("cron", span, hint, "%q is no %s", text, cronFields[i])
			return
		}
		at += len(text)
	}
	d.errorf("cron", w.span, "write minute, hour, day of month, month, day of week: 0 9 * * MON", "this is not a cron expression")
}

// parseCron reads five fields. Some texts make the library panic.
func parseCron(spec string) (s cron.Schedule, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("not a cron expression")
		}
	}()
	return cron.ParseStandard(spec)
}
