package cmd

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/bot/chat"
)

// event lets something happen in the shop. contact=me makes it concern this person
// alone.
func (t *talk) event(ctx context.Context, rest string) error {
	words, err := split(rest)
	if err != nil || len(words) == 0 {
		return errors.New("write /event NAME k=v …, with values that hold blanks in double quotes")
	}
	data, values, id := map[string]string{}, map[string]any{}, ""
	for _, w := range words[1:] {
		key, value, ok := strings.Cut(w, "=")
		switch {
		case !ok || key == "":
			return fmt.Errorf("%q is not k=v", w)
		case key == "contact" && value == "me":
			id = t.person
		default:
			data[key], values[key] = value, value
		}
	}
	if err := t.stage.Event(ctx, words[0], data, id); err != nil {
		return rejected(bot.ShopEvent{Name: words[0]}, err)
	}
	to := ""
	if id != "" {
		to = t.name
	}
	if err := t.tape.happened(ctx, t.stage, t.person, func(r *chat.Recorder) { r.Event(words[0], data, to) }); err != nil {
		return err
	}
	doubt := reach(t.stage.folder.program, bot.ShopEvent{Name: words[0], Data: values, Contact: id})
	if doubt != "" {
		return errors.New(strings.Replace(doubt, "--contact names", "contact=me names", 1))
	}
	return nil
}

// split splits a line at its blanks, except at those in double quotes.
func split(line string) ([]string, error) {
	quoted := false
	words := strings.FieldsFunc(line, func(r rune) bool {
		if r == '"' {
			quoted = !quoted
		}
		return r == ' ' && !quoted
	})
	if quoted {
		return nil, errors.New("a quote is never closed")
	}
	for i, w := range words {
		words[i] = strings.ReplaceAll(w, `"`, "")
	}
	return words, nil
}

func (t *talk) now(ctx context.Context) error {
	zone, err := t.stage.Zone(ctx, t.person)
	if err != nil {
		return err
	}
	t.screen.note("It is %s in %s.", t.stage.Now().In(zone).Format("Monday 2 January 2006, 15:04"), zone)
	return nil
}

// move moves the clock to a time, which is so many days and so long from now.
func (t *talk) move(ctx context.Context, at time.Time, days int, exact time.Duration) error {
	if err := t.stage.AdvanceTo(ctx, at); err != nil {
		return err
	}
	if err := t.tape.happened(ctx, t.stage, t.person, func(r *chat.Recorder) { r.Pass(days, exact) }); err != nil {
		return err
	}
	t.show()
	return t.now(ctx)
}

// next moves the clock to what is due next.
func (t *talk) next(ctx context.Context) error {
	due, ok, err := t.stage.bot.NextDue(ctx)
	if err != nil {
		return err
	}
	if !ok {
		return errors.New("nothing is waiting for a time")
	}
	if t.tape == nil {
		return t.move(ctx, due, 0, 0)
	}
	by := wholeSeconds(due.Sub(t.stage.clock.Now()))
	return t.move(ctx, t.stage.Now().Add(by), 0, by)
}

// span reads "+3d", "+20h", "+2w", "+90m" as a move of the clock: days of the
// calendar, or a length of time.
func span(word string) (days int, exact time.Duration, err error) {
	number, ok := strings.CutPrefix(word, "+")
	if !ok || len(number) < 2 {
		return 0, 0, errors.New("no span of time")
	}
	n, err := strconv.Atoi(number[:len(number)-1])
	if err != nil || n < 0 || n > 10_000 {
		return 0, 0, errors.New("no span of time")
	}
	switch number[len(number)-1] {
	case 'm':
		return 0, time.Duration(n) * time.Minute, nil
	case 'h':
		return 0, time.Duration(n) * time.Hour, nil
	case 'd':
		return n, 0, nil
	case 'w':
		return 7 * n, 0, nil
	}
	return 0, 0, errors.New("no span of time")
}
