// Package lives proves the promises about consent, cadence and campaigns on lives that
// nobody wrote: fifty people, a shop, the emulated platform and a process that dies, for
// some weeks around a change of the clocks. Its tests are all there is.
//
// A life is drawn (script_test.go, steps_test.go) and played through the whole runtime.
// Somebody whom the bot is asked to forget is from then on somebody else for the checker:
// nothing of the first may be left but unnamed entries of the ledger (forget_test.go).
// While people of the shop have somebody's conversation the bot is silent in it, and it
// goes on where it was when they give it back, or their time is over (thread_test.go).
// What went over the wire stands on a tape (tape_test.go, wire_test.go). After it a
// checker that asks nothing of the engine reads the tape, the chats on the phones, the
// shop's own list of events, and what the bot has stored about its decisions and in the
// ledger, and says which promise was broken (checker_test.go and its neighbours). It
// knows the bots of testdata by a table of its own (shops_test.go), and reckons local
// days, weeks, months and nights with the time package. Campaigns do not pause themselves
// here: of fifty people, three who stop would be against each of them.
//
//	go test ./bot/lives                                   some hundred lives
//	RELANCE_LIVES=20000 go test ./bot/lives -timeout 2h   as many as you like
//	RELANCE_LIVES_PLANTED=1 go test -run Planted ./bot/lives   finds bugs put into the engine
package lives
