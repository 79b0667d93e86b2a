package cmd

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/relance-bot/relance/bot"
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

func (t *talk) moveTo(ctx context.Context, at time.Time) error {
	if err := t.stage.AdvanceTo(ctx, at); err != nil {
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
	return t.moveTo(ctx, due)
}

// span reads "+3d", "+20h", "+2w", "+90m" as a move of the clock. Days and weeks
// are those of the time's zone.
func span(word string) (func(time.Time) time.Time, error) {
	number, ok := strings.CutPrefix(word, "+")
	if !ok || len(number) < 2 {
		return nil, errors.New("no span of time")
	}
	n, err := strconv.Atoi(number[:len(number)-1])
	if err != nil || n < 0 || n > 10_000 {
		return nil, errors.New("no span of time")
	}
	switch number[len(number)-1] {
	case 'm':
		return func(t time.Time) time.Time { return t.Add(time.Duration(n) * time.Minute) }, nil
	case 'h':
		return func(t time.Time) time.Time { return t.Add(time.Duration(n) * time.Hour) }, nil
	case 'd':
		return func(t time.Time) time.Time { return t.AddDate(0, 0, n) }, nil
	case 'w':
		return func(t time.Time) time.Time { return t.AddDate(0, 0, 7*n) }, nil
	}
	return nil, errors.New("no span of time")
}
