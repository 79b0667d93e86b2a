package bot

import "time"

// Observer is told what the runtime does, for figures. Labels are small fixed
// sets and never carry a person. All methods may be called from any goroutine.
type Observer interface {
	// Webhook: result is stored, duplicate, stray, bad_signature, bad_body or unavailable.
	Webhook(result string)
	// Turn is one input handled; kind is the inbox's.
	Turn(kind string, took time.Duration)
	// Send: result is accepted, unknown, dropped, or the class of the refusal.
	Send(lane, result string)
	Decision(kind, rule string)
	// Call is one call of a handler: result is ok, timeout, unreachable, refused, failed or
	// bad_answer.
	Call(handler, result string, took time.Duration)
	// Fault is a flow that was ended because it went wrong, or an input that could
	// not be handled.
	Fault(flow string)
}

// EventObserver is an Observer that is told of every event of a webhook, too.
type EventObserver interface {
	// Event: kind is the event's; reason says what one of kind unknown is.
	Event(kind, reason string)
}

type noObserver struct{}

func (noObserver) Webhook(string)                     {}
func (noObserver) Turn(string, time.Duration)         {}
func (noObserver) Send(string, string)                {}
func (noObserver) Decision(string, string)            {}
func (noObserver) Call(string, string, time.Duration) {}
func (noObserver) Fault(string)                       {}
