package bot_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/storage"
)

// asks brings zoe to the opt-in request, which the platform refuses.
func asks(t *testing.T, class bot.Class, prepare ...func(w *world)) *world {
	t.Helper()
	w := newWorld(t, flagship)
	for _, do := range prepare {
		do(w)
	}
	w.does(w.writes("zoe", "stock"))
	w.home.answers(1, requests, bot.Outcome{Status: bot.Refused, Class: class, Code: "613/1893016"}, false)
	w.ignore("zoe")
	w.does(w.taps("zoe", "42"))
	return w
}

// holdsPermit gives zoe the platform's token without consent, as an ad does.
func holdsPermit(w *world) {
	e := w.event(bot.EventOptIn, "zoe")
	e.Source, e.Permit = "ADS", &bot.Permit{Lane: "recurring", Token: "ad", Title: "Ta pointure est de retour"}
	w.does(e)
}

func TestARequestThePlatformDoesNotShowIsAskedInOurOwnWords(t *testing.T) {
	t.Parallel()
	t.Run("with a permit a yes is consent at once", func(t *testing.T) {
		t.Parallel()
		for _, class := range []bot.Class{bot.ClassAskedSoon, bot.ClassAskBarred} {
			w := asks(t, class, holdsPermit)
			w.expect("zoe", "Je peux t'écrire à propos de « Ta pointure est de retour » ?  [Oui] [Non]")
			w.does(w.taps("zoe", "Oui"))
			w.expect("zoe", "C'est noté !")
			w.stands("zoe", "restock", "active")
		}
	})
	t.Run("without one a yes points to the earlier request", func(t *testing.T) {
		t.Parallel()
		w := asks(t, bot.ClassAskedSoon)
		w.expect("zoe", "Je peux t'écrire à propos de « Ta pointure est de retour » ?  [Oui] [Non]")
		w.does(w.taps("zoe", "Oui"))
		w.expect("zoe", "Touche la demande plus haut pour dire oui.")
		w.stands("zoe", "restock", "asked")
		e := w.event(bot.EventOptIn, "zoe") // of a bot that was here before us
		e.Payload, e.Permit = "theirs", &bot.Permit{Lane: "recurring", Token: "t", Title: "Ta pointure est de retour"}
		w.does(e)
		w.expect("zoe", "C'est noté !")
		w.stands("zoe", "restock", "active")
		if got := w.consent("zoe", "restock").Interests; len(got) != 1 {
			t.Errorf("interests %v, want the one that was asked about", got)
		}
	})
	t.Run("where nothing can be shown it is declined", func(t *testing.T) {
		t.Parallel()
		w := asks(t, bot.ClassAskBarred)
		w.expect("zoe", "Pas de souci.")
		w.passes(2 * day)
		w.does(w.writes("zoe", "stock"))
		w.does(w.taps("zoe", "42"))
		w.expect("zoe", "Quelle pointure cherches-tu ?  [41] [42]", "(opt-in) Ta pointure est de retour  [Non merci]")
	})
	t.Run("after a stop on the platform it is declined", func(t *testing.T) {
		t.Parallel()
		w := asks(t, bot.ClassStopped)
		w.expect("zoe", "Pas de souci.")
		w.stands("zoe", "restock", "stopped")
	})
}

// TestARequestThatArrivedUnansweredIsNotAskedAgain lets the platform show the request
// and not answer for it. Sent again, it is refused for having been shown.
func TestARequestThatArrivedUnansweredIsNotAskedAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship)
	w.does(w.writes("zoe", "stock"))
	w.home.answers(1, requests, bot.Outcome{Status: bot.Unknown, Code: "timeout"}, true)
	w.home.answers(1, requests, bot.Outcome{Status: bot.Refused, Class: bot.ClassAskedSoon, Code: "613/1893016"}, false)
	w.ignore("zoe")
	w.does(w.taps("zoe", "42"))
	w.passes(time.Minute)
	w.expect("zoe", "(opt-in) Ta pointure est de retour  [Non merci]")
	request := w.home.all()[len(w.home.all())-2]
	w.does(w.echo(request))
	w.read(func(r storage.Reader) error {
		send, err := r.Send(request.ID)
		if send.State != storage.SendSent || send.MID != request.mid {
			t.Errorf("the request is %s as %q, want %q of the echo", send.State, send.MID, request.mid)
		}
		return err
	})
	w.does(w.accepts("zoe"))
	w.expect("zoe", "C'est noté !")
	w.stands("zoe", "restock", "active")
}

func TestANoToTheRequestIsKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship)
	w.does(w.writes("zoe", "stock"))
	w.does(w.taps("zoe", "42"))
	w.ignore("zoe")
	w.does(w.taps("zoe", "Non merci"))
	w.expect("zoe", "Pas de souci.")
	w.stands("zoe", "restock", "asked")
	export, err := w.bot.Export(context.Background(), w.id("zoe"))
	if err != nil {
		t.Fatal(err)
	}
	var actions []bot.Action
	for _, line := range export.Ledger {
		actions = append(actions, line.Action)
	}
	if !slices.Equal(actions, []bot.Action{bot.Asked, bot.Declined}) {
		t.Errorf("ledger %v, want asked and declined", actions)
	}
	w.passes(time.Hour)
	w.does(w.accepts("zoe")) // a later yes to the same request still counts
	w.stands("zoe", "restock", "active")
	if got := w.consent("zoe", "restock").Interests; len(got) != 1 {
		t.Errorf("interests %v, want the one of the request", got)
	}
}
