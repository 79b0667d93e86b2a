package cmd

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/relance-bot/relance/bot/chat"
	"github.com/relance-bot/relance/bot/messenger/emulator"
)

// do does what a line says.
func (t *talk) do(ctx context.Context, line string) error {
	if n, err := strconv.Atoi(line); err == nil {
		if tap := t.screen.tap(n); tap != nil {
			return t.tap(ctx, tap)
		}
	}
	if !strings.HasPrefix(line, "/") {
		return t.act(ctx, chat.Act{Kind: chat.Write, Text: line})
	}
	word, rest, _ := strings.Cut(line[1:], " ")
	rest = strings.TrimSpace(rest)
	switch word {
	case "help":
		t.screen.note("%s", chatHelp)
		return nil
	case "say":
		return t.act(ctx, chat.Act{Kind: chat.Write, Text: rest})
	case "tap":
		return t.act(ctx, chat.Act{Kind: chat.Tap, Text: rest})
	case "accept", "start", "block":
		return t.act(ctx, chat.Act{Kind: chat.ActKind(word)})
	case "stop", "resume":
		return t.toggle(ctx, chat.ActKind(word), rest)
	case "ref":
		return t.act(ctx, chat.Act{Kind: chat.Referral, Text: rest})
	case "image", "comment", "react":
		return t.act(ctx, chat.Act{Kind: chat.ActKind(word), Text: rest})
	case "location":
		return t.location(ctx, rest)
	case "event":
		return t.event(ctx, rest)
	case "now":
		return t.now(ctx)
	case "next":
		return t.next(ctx)
	case "why":
		return t.app.why(ctx, t.stage.bot, t.stage.contact(t.person), "", false)
	}
	if days, exact, err := span(word); err == nil {
		zone, err := t.stage.Zone(ctx, t.person)
		if err != nil {
			return err
		}
		return t.move(ctx, t.stage.Now().In(zone).AddDate(0, 0, days).Add(exact), days, exact)
	}
	return fmt.Errorf("there is no command /%s: /help lists them", word)
}

// act lets the person do something, and says so when nothing follows.
func (t *talk) act(ctx context.Context, act chat.Act) error {
	if err := t.stage.Act(ctx, t.person, act); err != nil {
		return err
	}
	if err := t.tape.happened(ctx, t.stage, t.person, func(r *chat.Recorder) { r.Act(act) }); err != nil {
		return err
	}
	if !t.show() {
		t.screen.note("(no answer)")
	}
	return nil
}

// tap taps one button of one message.
func (t *talk) tap(ctx context.Context, at *tappable) error {
	if at.optIn {
		return t.act(ctx, chat.Act{Kind: chat.Accept})
	}
	if t.tape != nil { // a transcript knows labels alone: the newest message that has it
		kind := chat.Tap
		if at.opens != "" {
			kind = chat.Open
			t.screen.note("opens %s", at.opens)
		}
		return t.act(ctx, chat.Act{Kind: kind, Text: at.button.Label})
	}
	if err := t.stage.on(t.person).TapButton(t.person, at.message, at.button.ID); err != nil {
		return err
	}
	if at.opens != "" {
		t.screen.note("opens %s", at.opens)
	}
	return t.stage.settle(ctx)
}

// toggle uses the platform's own switch for a topic. Without a title it is that of
// the only request there was.
func (t *talk) toggle(ctx context.Context, kind chat.ActKind, title string) error {
	if title == "" {
		titles := map[string]bool{}
		for _, m := range t.stage.on(t.person).Chat(t.person) {
			if m.Kind == emulator.KindOptIn {
				titles[m.OptIn.Title] = true
			}
		}
		if len(titles) != 1 {
			return fmt.Errorf("write /%s and the title of a topic: %s", kind, strings.Join(slices.Sorted(maps.Keys(titles)), ", "))
		}
		for only := range titles {
			title = only
		}
	}
	return t.act(ctx, chat.Act{Kind: kind, Text: title})
}

func (t *talk) location(ctx context.Context, rest string) error {
	first, second, _ := strings.Cut(rest, ",")
	lat, err := strconv.ParseFloat(strings.TrimSpace(first), 64)
	if err != nil {
		return errors.New("write /location 48.85,2.35")
	}
	lon, err := strconv.ParseFloat(strings.TrimSpace(second), 64)
	if err != nil {
		return errors.New("write /location 48.85,2.35")
	}
	return t.act(ctx, chat.Act{Kind: chat.Location, Lat: lat, Lon: lon})
}
