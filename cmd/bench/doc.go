// Package bench measures a bot as it would run, beside programs that do the least
// that could be called the same work.
//
//	bench ──► load (CPU 1): people who write, and the fake Graph endpoint they are answered through
//	      ──► relance run (CPU 0), and its PostgreSQL if it has one
//	      ──► a floor (CPU 0), in turn with it
//
// All of them are processes of one binary and speak over loopback. A round trip
// begins and ends in the load process, so it is timed on one clock. Whatever is
// measured is measured of the bot and of its floor in the same run, one after the
// other, because machines differ and have moods: the ratio is the result.
//
// Start reading at [Run]; measure_*.go are the works, floor_*.go the programs they
// are compared with, load*.go and graph.go what stands on the other side, goals.go
// the goals, and table.go what is printed.
package bench
