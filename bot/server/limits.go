package server

import "time"

// Limits on what comes in, in one place.
const (
	bodyLimit      = 4 << 20  // bytes of a request body; more is 413
	headerLimit    = 16 << 10 // bytes of request line and headers; more is 431
	maxConnections = 2048     // each may hold a body
	maxQueryID     = 500      // bytes of an id in a path or a query

	maxEvents      = 1000     // of one POST /v1/events
	maxEventID     = 200      // characters
	maxEventName   = 200      // characters
	maxEventData   = 64 << 10 // bytes of one event's data
	maxEventDepth  = 16       // lists and objects inside one another in one event
	maxReportedID  = 80       // characters of an event's id in an error
	maxLogin       = 4 << 10  // bytes of the console's form
	maxGuesses     = 10       // wrong keys that it takes in a minute
	defaultListing = 100
	maxListing     = 1000

	// maxBuffered is how much an http.Handler may write before its answer is
	// streamed instead of kept back.
	maxBuffered = 1 << 20

	maxLabels = 100 // values of one metric label; what comes later is "other"

	readTimeout  = 30 * time.Second // of a whole request
	writeTimeout = 30 * time.Second // of an answer, or of one piece of a stream
	writeSlack   = time.Second      // by which it may be less
	idleTimeout  = 75 * time.Second // between two requests
	storeTimeout = 10 * time.Second // of everything that asks the bot; the platform gives up on a webhook earlier
	clockTimeout = time.Minute      // of moving the clock, which does all that comes due
	checkTimeout = 3 * time.Second  // of one readiness check

	drainTimeout  = 10 * time.Second       // of requests under way when the server stops
	streamGrace   = 500 * time.Millisecond // for a stream to say goodbye
	silentGrace   = 500 * time.Millisecond // for a connection that has never said anything
	lingerTimeout = time.Second            // for a client to read why its body was not
	lingerLimit   = 16 << 20               // bytes thrown away meanwhile
)
