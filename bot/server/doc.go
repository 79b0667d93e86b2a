// Package server is a bot's address on the web: the platform's webhooks, the
// shop's API, health, figures, the door of the console, and in emulator mode the
// phone page and the clock. It serves package cmd and developers who run a bot inside
// their own program.
//
//	request ─ edge (id, headers, panics) ─ access ─ handler ─► bot.Receive, Events, Contact …
//	                                          └──── bridge ──► an http.Handler: console, phone, metrics
//
// Nothing is decided here: a handler checks the size and the form of what came,
// copies it, and hands it on. A webhook is answered 200 only after the bot has
// stored it. Errors are {"error":{"code","message"}}, whatever goes wrong.
//
// The package keeps fiber to itself. What it needs of the bot stands in bot.go as
// interfaces that *bot.Bot fulfils; what it needs of a channel, an emulator or a
// store comes as functions in Config. Start reading at server.go.
package server
