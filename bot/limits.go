package bot

import "time"

// Limits and rhythms of the runtime, in one place.
const (
	// windowLength is how long a Page may write freely after a person's act, less
	// a margin for clocks and the way to the platform.
	windowLength = 24*time.Hour - windowMargin
	windowMargin = 5 * time.Second

	turnBatch       = 64  // turns in one transaction
	timerBatch      = 200 // timers fired in one transaction
	chunk           = 200 // subscribers looked at in one transaction
	sealBatch       = 500
	claimBatch      = 64
	maxTurnAttempts = 5
	maxMissedFires  = 400 // of one schedule, accounted for one by one after downtime

	defaultSenders = 64
	defaultRate    = 40.0 // messages a second and Page: above it the platform may block the Page

	sendTimeout  = 20 * time.Second
	echoPatience = 30 * time.Second // a reply of unknown outcome is resent once after this
	maxAttempts  = 8                // tries of a message that is refused for a time
	firstRetry   = 200 * time.Millisecond
	lastRetry    = time.Hour
	tokenProbe   = 10 * time.Second
	pageRest     = time.Hour // of a barred Page that was not told how long

	profilePatience = 2 * time.Second
	onceRetention   = 8 * 24 * time.Hour // duplicates are known this long
	sendRetention   = 8 * 24 * time.Hour // settled messages are kept this long for echoes and receipts
	tidyEvery       = time.Hour
)
