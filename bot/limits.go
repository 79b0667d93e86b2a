package bot

import "time"

// Limits and rhythms of the runtime, in one place.
const (
	// windowLength is how long a Page may write freely after a person's act, less
	// a margin for clocks and the way to the platform.
	windowLength = 24*time.Hour - windowMargin
	windowMargin = 5 * time.Second

	// clockSlack is how far the platform's clock may be ahead of ours: what people did
	// is put in order by it.
	clockSlack = 5 * time.Minute

	maxAtOnce       = 16                    // events of one webhook that get their turn with it
	turnBatch       = 200                   // turns in one transaction
	timerBatch      = 200                   // timers fired in one transaction
	chunk           = 256                   // subscribers looked at in one transaction
	maxCampaigns    = 1000                  // among which one is looked for by its name
	chunkTime       = 15 * time.Millisecond // and how long at most, so that others get their turn
	sealBatch       = 500
	claimBatch      = 64
	waitingBatch    = 500
	tidyBatch       = 1000
	maxSpares       = 50   // tokens of one topic that carry one message each
	maxHeld         = 1000 // notifications of one person that are held at once
	maxSettled      = 200  // messages of one person, among which is looked for one that a receipt may be about
	maxTurnAttempts = 5
	maxMissedFires  = 400         // of one schedule, accounted for one by one after downtime
	lastFires       = 100         // of one schedule that may still be on their way to people
	leaveAlone      = time.Second // what a newer program has to do is looked at again after this

	defaultSenders  = 768
	fewTimers       = 64                         // that a fan-out looks through instead of asking for each person's
	lifetime        = 100 * 365 * 24 * time.Hour // longer than anything waits
	maxRoster       = 40_000                     // contacts that something waits for, to be kept in mind
	maxLeisure      = 64                         // senders that wait for work
	maxSpareBatches = 8                          // kept to be filled again
	bulkTogether    = 50                         // places for notifications that an occurrence waits for at most
	placeWait       = 100 * time.Millisecond     // of a notification in the outbox while its page's places are taken

	firstPause = 5 * time.Millisecond // after something was due that another process had in hand
	lastPause  = 500 * time.Millisecond

	defaultRate = 40.0 // messages a second and Page: above it the platform may block the Page

	paceAhead = 250 * time.Millisecond // how far ahead of its time a slot of the pace may be used

	lookEvery    = time.Second            // what other processes left is looked for at least this often
	keepUpEvery  = 100 * time.Millisecond // what they have noted is read at least this often, by whoever is busy
	recoverEvery = 3 * time.Second        // and what was on its way in one that is gone

	callLease      = 3 * time.Second // a call whose process is gone is made again after this
	callRenew      = time.Second
	callsAtOnce    = 16   // of one handler
	callsWaiting   = 1000 // of one handler, in memory; more wait in the store
	firstCallPause = 200 * time.Millisecond
	lastCallPause  = 5 * time.Second
	maxAnswerBody  = 64 << 10 // bytes of a handler's answer
	maxLooked      = 5000     // inputs of a contact among which a stop is looked for

	sendTimeout  = 20 * time.Second
	echoPatience = 30 * time.Second // a reply of unknown outcome is resent once after this
	maxAttempts  = 8                // tries of a message that is refused for a time
	firstRetry   = 200 * time.Millisecond
	lastRetry    = time.Hour
	tokenProbe   = 10 * time.Second
	trialWait    = time.Second // of notifications while one message tries an unwell page
	laterReply   = time.Minute // before a reply is tried again that the person cannot have now
	pageRest     = time.Hour   // of a barred Page that was not told how long
	laneRest     = time.Hour   // of a lane that sent nothing but "too soon"
	threadRest   = time.Hour   // while another app has the thread
	stale        = time.Minute // a notification that waited longer is decided again before it is sent

	receiptPatience = 2 * time.Second // of a receipt that came before the answer it is about
	receiptLimit    = time.Minute     // in which it is looked at again
	profilePatience = 2 * time.Second
	maxLookUps      = 16                 // of new contacts at once
	maxPersonID     = 200                // characters
	onceRetention   = 8 * 24 * time.Hour // duplicates are known this long
	sendRetention   = 8 * 24 * time.Hour // settled messages are kept this long for echoes and receipts
	tidyEvery       = time.Hour
	strayRetention  = 30 * 24 * time.Hour // what is not understood is kept this long, for whoever looks into it

	retainEvery    = 24 * time.Hour   // who was silent for too long is looked for this often, by one of all processes
	retainBatch    = 50               // people looked at in one transaction for that
	retainPatience = 10 * time.Minute // after which another process goes on with what one began

	collectEvery = 24 * time.Hour // programs that nobody needs are looked for this often, by one of all processes
	programRest  = 24 * time.Hour // and are those that no process said for this long that it runs
	collectBatch = 500            // people looked at in one transaction for that
	maxPrograms  = 32             // older ones that are kept compiled
)
