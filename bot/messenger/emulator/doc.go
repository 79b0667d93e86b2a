// Package emulator is Meta's messaging platform on one machine, offline: the
// Graph API a Page sends through, people with phones, signed webhooks, and a
// phone page to talk to a bot in a browser. It serves anyone who builds a
// Messenger bot in Go, with or without Relance: it needs the standard library
// only, and it reads and writes the wire format by itself, so a bot that talks to
// it is checked against a second reading of the platform's documents.
//
//	a person acts ── Write, Tap, Accept … ──► webhook, signed ──► Config.Deliver ──► the bot
//	a person sees ◄── Chat, Phone ◄── rules ◄── Graph, Dial ◄── POST /PAGE/messages, batches ◄┘
//
// # What it pretends and what not
//
// The bot gets bodies as the platform writes them: one event each, non-ASCII
// text as lowercase \u escapes, slashes escaped, and a signature over exactly
// those bytes. What the bot sends is judged by the platform's rules (the 24-hour
// window, the limits of every text and title, opt-in requests, the rhythm of
// notification tokens, blocked people, dead access tokens) and refused with the
// platform's codes. Refusals tells why in plain words. What is not offered here
// is refused too, and says so; nothing is silently dropped.
//
// Rules that changed over the years follow Config.Now: a token granted in 2022
// has a frequency and an end, one granted in 2026 has neither.
//
// # Driven and live
//
// As long as Run is not running, the platform is driven: everything happens on
// the caller's goroutine and nothing is left behind. An act delivers its webhooks
// before it returns, with the echoes of what the bot sent meanwhile. What the bot
// sends on its own waits until Flush. This is the mode for tests.
//
// While Run is running, acts only queue; Run delivers in the background, in order
// for each person, and retries what the bot did not answer with 200.
//
// Time comes from Config.Now, ids from counters: two runs with the same clock and
// the same acts are the same to the byte.
//
// # Start here
//
// New and Config; Platform.Join, Write, Tap and Chat for people;
// Platform.Graph as a server, RoundTripper for a bot's http.Client or Dial for
// another client; Platform.FailNext, TimeoutNext, LoseNext, SlowNext and LateNext to make
// the platform misbehave, and Behave to end that; Platform.Phone for the page, and for
// programs in other languages (README.md).
package emulator
