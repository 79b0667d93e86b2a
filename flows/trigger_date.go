package flows

import (
	"regexp"
	"strings"
	"time"

	"github.com/expr-lang/expr/ast"
)

// A date trigger comes round on a day of each person's own calendar:
//
//	date: contact.birthday
//	yearly: true        # every year; else on the date itself
//	offset: -3d         # three days before
//	at: "10:00"
//	topic: news
//
// It fires every day at that time, in every zone that somebody lives in, and is for
// those whose date it is.

const (
	// defaultAt is the time of day of a date that names none, in minutes.
	defaultAt = 10 * 60
	// maxOffset is how many days a date may be written to before or after.
	maxOffset = 366
	// maxIdle is as long as a Page may write freely: behind it an idle flow could
	// say nothing.
	maxIdle = window
)

var timeOfDay = regexp.MustCompile(`^([01]?\d|2[0-3]):([0-5]\d)$`)

// dateField decodes what stands behind date:.
func (d *decoder) dateField(f *fields, t *Trigger) {
	t.value = f.word("date")
	t.Value = t.value.text
	if t.Value == "" {
		return
	}
	field, ok := strings.CutPrefix(t.Value, "contact.")
	if !ok || !namePattern.MatchString(field) {
		d.errorf("date", t.value.span, "write contact. and the name of a date field of bot.yaml: date: contact.birthday", "%q is no field of a contact", t.Value)
		t.Value = ""
		return
	}
	t.Field = field
	t.yearless = f.n.get("yearly") == nil
}

// birthday is a field's name that hardly means a day to come.
var birthday = lazily(`birth|bday|anniversaire|naissance|geburt|cumple|nacimiento|nascimento|aniversario|compleanno|nascita`)

// dateOffset decodes whole days before or after the date.
func (d *decoder) dateOffset(f *fields, t *Trigger) {
	offset := f.duration("offset", 0)
	days := int(offset / (24 * time.Hour))
	switch {
	case time.Duration(days)*24*time.Hour != offset:
		d.errorf("date", f.at("offset"), "write days: -3d is three days before, 1d the day after; at: says the time of day", "an offset is a number of days")
	case days > maxOffset || days < -maxOffset:
		d.errorf("date", f.at("offset"), "write at most "+itoa(maxOffset)+"d", "that is more than a year from the date")
	default:
		t.Offset = days
	}
}

// dateTime decodes the time of day.
func (d *decoder) dateTime(f *fields, t *Trigger) {
	t.At = defaultAt
	n := f.scalar("at", "a time of day")
	if n == nil {
		return
	}
	m := timeOfDay.FindStringSubmatch(n.text)
	if m == nil {
		d.errorf("time", n.span, `write hours and minutes in quotes: at: "09:30"`, "%q is not a time of day", n.text)
		return
	}
	hour, _ := time.Parse("15:4", m[1]+":0")
	minute, _ := time.Parse("4", strings.TrimPrefix(m[2], "0"))
	t.At = hour.Hour()*60 + minute.Minute()
}

// idleTime decodes how long a person is silent.
func (d *decoder) idleTime(f *fields, t *Trigger) {
	t.value = word{span: f.at("idle")}
	if n := f.node("idle"); n != nil && n.kind == scalarNode {
		t.value.text = strings.TrimSpace(n.text)
	}
	t.Value = t.value.text
	before := len(d.out.list)
	switch t.Idle = f.duration("idle", 0); {
	case len(d.out.list) > before:
	case t.Idle < time.Minute && t.value.text != "":
		d.errorf("idle", t.value.span, "write 30m or 20h", "nobody is idle that soon")
	case t.Idle >= maxIdle:
		d.errorf("idle", t.value.span, "write 23h at most; for later, ask for consent with opt_in: and write to them by an event, cron or date",
			"24 hours after their last message the Page may not write: this never starts")
	}
}

// dateTrigger checks that the field is a date.
func (c *checker) dateTrigger(t *Trigger) {
	if t.Field == "" {
		return
	}
	if f := c.field(t.value.from(len("contact."))); f != nil && f.Type != "date" {
		c.errorf("date", t.value.span, "name a field of type date: fields: {birthday: date}", "contact.%s is a %s, not a date", f.Name, f.Type)
	}
	if t.yearless && birthday().MatchString(fold(t.Field)) && !c.out.failed(t.value.span.File) {
		c.warnf("date", t.value.span, "add yearly: true", "a day of birth comes once, and has been: without yearly: nobody is ever written to")
	}
}

// chain reports a flow that moves its own date by so few days that the cadence of some people
// keeps one of its messages back: what is not sent moves nothing, and nothing comes after it.
func (c *checker) chain(t *Trigger, steps []*step) {
	topic := c.bot.topic(t.Topic)
	if t.Kind != OnDate || t.Yearly || t.Field == "" || topic == nil {
		return
	}
	walk(steps, func(st *step) {
		set, ok := st.do.(*setStep)
		if !ok {
			return
		}
		for _, v := range set.values {
			days := addedDays(v.value.only())
			for _, of := range cadenceDays {
				if v.name.text == t.Value && days > 0 && days < of.days && contains(topic.Cadence, of.cadence) {
					c.warnf("date", v.value.span, "give "+topic.Name+" cadence: [daily]",
						"two days that are %d apart may lie in one %s: whoever chose %s does not get the second, and then none ever, since only a message that goes moves %s", days, of.period, of.cadence, t.Value)
					break
				}
			}
		}
	})
}

// cadenceDays are the days that the period of a cadence has at most.
var cadenceDays = [...]struct {
	cadence, period string
	days            int
}{{"weekly", "week", 7}, {"monthly", "month", 31}}

// addedDays is how many days an expression adds to a date, if it does just that; else 0.
func addedDays(x *expression) int {
	if x == nil || x.code == nil {
		return 0
	}
	call, ok := x.code.tree.(*ast.CallNode)
	if !ok || len(call.Arguments) != 2 {
		return 0
	}
	name, _ := call.Callee.(*ast.IdentifierNode)
	days, _ := call.Arguments[1].(*ast.IntegerNode)
	if name == nil || days == nil || name.Value != "add_days" {
		return 0
	}
	return days.Value
}

// ComesRound says whether a date trigger is for somebody on a day of their calendar,
// both as 2026-03-27. What is no date never comes round.
//
// Yearly is on the date and on every anniversary of it, never before it; of
// 29 February it is 28 February in the years that have no 29th. An offset counts
// from that day.
func (t *Trigger) ComesRound(date, day string) bool {
	on, err1 := time.Parse(time.DateOnly, date)
	today, err2 := time.Parse(time.DateOnly, day)
	if err1 != nil || err2 != nil {
		return false
	}
	about := today.AddDate(0, 0, -t.Offset)
	if !t.Yearly || about.Before(on) {
		return about.Equal(on)
	}
	return about.Equal(anniversary(on, about.Year()))
}

// anniversary is the day of a year that a date comes round on.
func anniversary(date time.Time, year int) time.Time {
	day := time.Date(year, date.Month(), date.Day(), 0, 0, 0, 0, time.UTC)
	if day.Month() != date.Month() {
		day = day.AddDate(0, 0, -1) // 29 February
	}
	return day
}

// About is the date that a date trigger is about on a day, as it is written: the day
// less the offset. Empty if the day is no date.
func (t *Trigger) About(day string) string {
	today, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return ""
	}
	return today.AddDate(0, 0, -t.Offset).Format(time.DateOnly)
}

// fills are the contact fields that are not empty when a trigger has started a flow.
func (t *Trigger) fills() map[string]bool {
	out := filledBy(t.where)
	if t.Field != "" {
		out[t.Field] = true
	}
	return out
}
