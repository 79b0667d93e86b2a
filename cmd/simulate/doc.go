// Package simulate lets a bot live through a year: people who come, agree, read, buy,
// tire and leave by a seeded model, and a shop that has news. It knows the bot's runtime
// and the emulated platform, and brings neither up: that is its caller's.
//
// A run is a queue of things that people and the shop do, ordered by time (queue.go). The
// clock jumps to the next of them, or to what is next due in the bot (run.go). Whoever
// does nothing costs nothing. What stands in a chat is heard (ear.go), written down
// (journal.go), watched for what must not happen (law.go), and may move its reader to do
// something (react.go, reply.go). Rates come from simulate.yaml (settings.go).
package simulate
