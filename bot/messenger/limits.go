package messenger

import "time"

// Bounds on what comes in. A body is bounded by the server before it gets here.
const (
	maxEvents      = 10_000 // of one body; the platform sends at most 1,000 changes
	maxID          = 1_000  // bytes of any id
	maxText        = 20_000 // bytes of a message; longer ones are cut
	maxWord        = 4_096  // bytes of payloads, refs, labels, tokens, titles
	maxURL         = 8_192
	maxReason      = 200 // bytes of the platform's reason for something
	maxAttachments = 30
	maxReceipts    = 1_000 // mids in one delivery
)

// Bounds of the Send API, in characters unless stated. Where its pages say "less
// than", the bound is one less.
const (
	maxSendText       = 1_999
	maxButtonText     = 640
	maxButtons        = 3
	maxLabel          = 20 // of a button or quick reply; longer ones are cut
	maxQuickReplies   = 13
	maxPayload        = 1_000
	maxMetadata       = 999
	maxCards          = 10
	maxCardLine       = 80 // title and subtitle; longer ones are cut
	maxReceiptItems   = 100
	maxAmount         = 20 // digits of a number on a receipt
	maxOptInTitle     = 65
	maxSendURL        = 2_083
	maxNotifyToken    = 4_096
	maxPersonInAnswer = 200 // of a name in a profile; longer ones are cut
)

// Bounds on a call.
const (
	maxHeader     = 16 << 10 // bytes of an answer's
	maxHints      = 16       // headers ahead of an answer's
	maxAnswer     = 1 << 20  // bytes of its body, after decompression
	maxSpare      = 64 << 10 // bytes of a request, to be used for the next one
	callTimeout   = 20 * time.Second
	dialTimeout   = 5 * time.Second
	typingTimeout = 3 * time.Second
	maxPause      = 5 * time.Second
	maxRetryAfter = 24 * time.Hour
)
