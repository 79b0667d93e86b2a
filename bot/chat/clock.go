package chat

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// wall is a date and time as a clock on a wall shows it, in no zone yet.
type wall struct {
	year      int
	month     time.Month
	day       int
	hour, min int
	sec       int
}

// monday is when a transcript begins that does not say so.
var monday = wall{year: 2026, month: time.January, day: 5, hour: 10}

func wallOf(t time.Time) wall {
	y, m, d := t.Date()
	return wall{y, m, d, t.Hour(), t.Minute(), t.Second()}
}

// utc is the wall time as if it were one of UTC; it also brings 32 January to
// 1 February.
func (w wall) utc() time.Time {
	return time.Date(w.year, w.month, w.day, w.hour, w.min, w.sec, 0, time.UTC)
}

// plus moves it by days of the calendar.
func (w wall) plus(days int) wall {
	w.day += days
	return wallOf(w.utc())
}

// in is the instant of the wall time in a zone, by the rule of the whole of
// Relance: a time inside a daylight-saving gap is the first instant after the gap,
// a doubled one its first.
func (w wall) in(zone *time.Location) time.Time {
	naive := w.utc()
	offset := func(at time.Time) time.Duration {
		_, s := at.In(zone).Zone()
		return time.Duration(s) * time.Second
	}
	// Offsets lie within a day of UTC, so these stand on either side of any
	// change that touches the wall time.
	before, after := offset(naive.Add(-24*time.Hour)), offset(naive.Add(24*time.Hour))
	early, late := naive.Add(-max(before, after)), naive.Add(-min(before, after))
	for _, t := range []time.Time{early, late} {
		if wallOf(t.In(zone)) == wallOf(naive) {
			return t.In(zone)
		}
	}
	start, _ := naive.Add(-before).In(zone).ZoneBounds()
	return start.In(zone)
}

func (w wall) String() string {
	if w.sec != 0 {
		return w.utc().Format("2006-01-02 15:04:05")
	}
	return w.utc().Format("2006-01-02 15:04")
}

// span is a length of time that people speak of: days of the calendar, and hours,
// minutes and seconds as a stopwatch counts them.
type span struct {
	days  int
	exact time.Duration
}

// from is the instant a span after t, for someone who lives in zone.
func (s span) from(t time.Time, zone *time.Location) time.Time {
	if s.days != 0 {
		t = wallOf(t.In(zone)).plus(s.days).in(zone)
	}
	return t.Add(s.exact)
}

func (s span) String() string {
	var b strings.Builder
	part := func(n int, unit string) {
		if n != 0 {
			b.WriteString(strconv.Itoa(n) + unit)
		}
	}
	part(s.days, "d")
	part(int(s.exact/time.Hour), "h")
	part(int(s.exact%time.Hour/time.Minute), "m")
	part(int(s.exact%time.Minute/time.Second), "s")
	if b.Len() == 0 {
		return "0m"
	}
	return b.String()
}

// parseSpan reads 3d, 59h59m, 1w2d12h. Each unit stands once.
func parseSpan(text string) (s span, ok bool) {
	seen := ""
	for text != "" {
		digits := len(text) - len(strings.TrimLeft(text, "0123456789"))
		if digits == 0 || digits > 6 || digits == len(text) || strings.IndexByte(seen, text[digits]) >= 0 {
			return span{}, false
		}
		n, _ := strconv.Atoi(text[:digits]) // six digits at most
		switch text[digits] {
		case 'w':
			s.days += 7 * n
		case 'd':
			s.days += n
		case 'h':
			s.exact += time.Duration(n) * time.Hour
		case 'm':
			s.exact += time.Duration(n) * time.Minute
		case 's':
			s.exact += time.Duration(n) * time.Second
		default:
			return span{}, false
		}
		seen += text[digits : digits+1]
		text = text[digits+1:]
	}
	return s, seen != "" && s.exact <= maxLeap && time.Duration(s.days) <= maxLeap/(24*time.Hour)
}

func parseDate(text string) (wall, bool) {
	t, err := time.Parse("2006-01-02", text)
	return wallOf(t), err == nil && t.Year() > 1970
}

// parseTime sets the time of day.
func (w wall) parseTime(text string) (wall, bool) {
	layout := "15:04"
	if strings.Count(text, ":") == 2 {
		layout = "15:04:05"
	}
	t, err := time.Parse(layout, text)
	w.hour, w.min, w.sec = t.Hour(), t.Minute(), t.Second()
	return w, err == nil && len(text) == len(layout)
}

func weekdays() []string { return []string{"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"} }

// leap is "@ +3d": a length of time.
type leap struct{ by span }

// until is "@ 2026-03-30 09:00".
type until struct{ at wall }

// next is "@ MON 09:01": the first such moment that is still to come.
type next struct {
	day  time.Weekday
	time wall // the date is empty
}

func parseClock(s *scanner) statement {
	const forms = "@ +3d, @ +59h59m, @ 2026-03-30 09:00 or @ MON 09:01"
	s.p.happens()
	first, ok := s.word()
	if !ok {
		s.errorf("chat-clock", 0, s.pos, forms, "the clock is moved to nowhere")
		return nil
	}
	if strings.HasPrefix(first.text, "+") {
		by, ok := parseSpan(first.text[1:])
		if !ok {
			s.errorf("chat-clock", first.from, first.to, spanHint, "%q is no length of time", clip(first.text))
			return nil
		}
		s.end()
		return leap{by}
	}
	day := weekday(first.text)
	date, isDate := parseDate(first.text)
	if day < 0 && !isDate {
		s.errorf("chat-clock", first.from, first.to, forms, "%q is no date, no day of the week and no length of time", clip(first.text))
		return nil
	}
	if date, ok = s.timeOfDay(date); !ok {
		return nil
	}
	s.end()
	if day >= 0 {
		return next{time.Weekday(day), wall{hour: date.hour, min: date.min, sec: date.sec}}
	}
	return until{date}
}

const spanHint = "weeks, days, hours, minutes and seconds: 1w, 3d, 59h59m, 30s; ten years at most"

// timeOfDay takes the next word as one.
func (s *scanner) timeOfDay(date wall) (wall, bool) {
	w, ok := s.word()
	if !ok {
		s.errorf("chat-clock", s.pos, s.pos, "the time stands behind the date: 2026-03-30 09:00", "the time is missing")
		return date, false
	}
	if date, ok = date.parseTime(w.text); !ok {
		s.errorf("chat-clock", w.from, w.to, "a time is written 09:00, with 24 hours to the day", "%q is no time of day", clip(w.text))
	}
	return date, ok
}

func weekday(text string) int {
	for i, d := range weekdays() {
		if strings.EqualFold(d, text) {
			return i
		}
	}
	return -1
}

func (l leap) String() string  { return "@ +" + l.by.String() }
func (u until) String() string { return "@ " + u.at.String() }
func (n next) String() string {
	_, clock, _ := strings.Cut(n.time.String(), " ")
	return "@ " + weekdays()[n.day] + " " + clock
}

func (l leap) play(ctx context.Context, p *player, at int) error {
	zone, err := p.zoneOfPerson(ctx)
	if err != nil {
		return err
	}
	return p.advance(ctx, at, l.by.from(p.stage.Now(), zone))
}

func (u until) play(ctx context.Context, p *player, at int) error {
	return p.advance(ctx, at, u.at.in(p.zone))
}

func (n next) play(ctx context.Context, p *player, at int) error {
	now := p.stage.Now()
	w := wallOf(now.In(p.zone))
	w.hour, w.min, w.sec = n.time.hour, n.time.min, n.time.sec
	w = w.plus(int(n.day-w.utc().Weekday()+7) % 7)
	t := w.in(p.zone)
	if !t.After(now) {
		t = w.plus(7).in(p.zone)
	}
	return p.advance(ctx, at, t)
}

// advance moves the clock forward, which lets everything due on the way happen.
func (p *player) advance(ctx context.Context, at int, to time.Time) error {
	now := p.stage.Now()
	if to.Before(now) {
		return Trouble{
			Message: fmt.Sprintf("the clock only goes forward, and it is %s already", wallOf(now.In(p.zone))),
			Hint:    "times are those of " + p.zone.String(),
		}
	}
	if to.Sub(now) > maxLeap {
		return Trouble{Message: "the clock moves by ten years at most"}
	}
	return p.happen(ctx, at, func() error { return p.stage.AdvanceTo(ctx, to) })
}
