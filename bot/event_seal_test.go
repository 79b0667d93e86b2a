package bot

import (
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// Whatever the platform told, and whatever field an event gets one day, is written as
// encoding/json writes it.
func TestEventsAreSealedAsJSON(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var e Event
		fill(t, reflect.ValueOf(&e).Elem(), rapid.Bool().Draw(t, "whole"))
		sameEvent(t, &e)
	})
}

// Each field stands by itself once, so that none hides behind another.
func TestEachFieldOfAnEventIsSealed(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		for i := range reflect.TypeFor[Event]().NumField() {
			var e Event
			fill(t, reflect.ValueOf(&e).Elem().Field(i), true)
			sameEvent(t, &e)
		}
	})
}

func TestAnEventOfNoYearIsNotSealed(t *testing.T) {
	t.Parallel()
	e := Event{Kind: EventMessage, At: time.Date(12000, 1, 1, 0, 0, 0, 0, time.UTC)}
	if body, err := e.seal(); err == nil || body != nil {
		t.Errorf("%s", body)
	}
}

func sameEvent(t *rapid.T, e *Event) {
	body, err := e.seal()
	if err != nil {
		t.Fatal(err)
	}
	if want := string(marshal(t, e)); want != string(body) {
		t.Fatalf("sealed as\n%s\nwant\n%s", body, want)
	}
}
