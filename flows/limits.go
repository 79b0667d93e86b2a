package flows

import "time"

// Limits of the machine. What people write, what flows do and what a session
// remembers is bounded by these; platform limits are those of the Send API.
const (
	maxSteps    = 1000     // steps in one turn; one more is a Fault
	maxMessages = 20       // messages in one turn; one more is a Fault
	maxStack    = 5        // flows on the stack; with more the oldest thread drops out
	maxBeside   = 20       // threads beside the stack; with more the oldest drops out
	maxSession  = 16 << 10 // bytes of a session's JSON; with more the largest thread drops out
	maxAnswer   = 4000     // bytes of an answer that is saved; a longer one does not fit
	maxNesting  = 12       // lists and objects inside each other in a saved value
	maxChoices  = 1000     // items of a list that choices or cards are made of

	parkLimit     = 7 * 24 * time.Hour // how long a thread waits for the person's next act
	askAttempts   = 3                  // the wrong answer that gives up, unless attempts says otherwise
	optInPatience = 20 * time.Hour     // timeout of opt_in, unless it says otherwise

	maxTyping       = 20 * time.Second
	maxPayload      = 1000 // characters of a button's or quick reply's payload
	maxLabel        = 20   // characters of a button or quick reply
	maxText         = 1999 // characters of a text
	maxButtonText   = 640  // characters of a text with buttons
	maxOptInTitle   = 65   // characters of the platform's opt-in request
	maxCardText     = 80   // characters of a card's title and subtitle
	maxButtons      = 3    // under a text or a card
	maxQuickReplies = 13
	maxCards        = 10
	maxItems        = 100  // of a receipt
	maxReceiptText  = 200  // characters of a text on a receipt; the platform states none
	maxIntro        = 640  // characters of the line above a coupon; the platform states none
	maxCode         = 80   // characters of a coupon's code; the platform states none
	maxValues       = 50   // of an approved template
	maxModelText    = 1024 // characters of an approved template, with its values
	maxLink         = 2083 // bytes of an address
)
