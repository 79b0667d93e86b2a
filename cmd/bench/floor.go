package bench

import (
	"context"
	"fmt"
	"io"
	"strings"
)

// The floors are the least that could be called the same work: everything is
// durable before it is answered for, and nothing else is done. There are no flows,
// no consent, no order of a person's messages, no duplicates dropped, no retries.

// What both kinds of floors share.
const (
	floorWorkers = 512 // that each wait for one HTTP call
	floorGroup   = 256 // changes in one commit
	floorClaim   = 500 // rows claimed at once
	postgresURL  = "postgres://"
)

// received is one message of a webhook, as a floor keeps it.
type received struct {
	id          int64
	sender, mid string
	body        []byte
	at          int64
}

// mark says that a row's call was answered, with the platform's id.
type mark struct {
	id  int64
	mid string
}

// letter is one row of a campaign.
type letter struct {
	id          int64
	token, name string
}

// floorStore is what a floor keeps things in. One goroutine uses it.
type floorStore interface {
	// commit keeps messages and marks in one durable transaction.
	commit(ctx context.Context, in []received, done []mark) error
	// fill puts the letters of n people.
	fill(ctx context.Context, n int) error
	// claim marks letters as sent and, in the same transaction, claims up to limit others.
	claim(ctx context.Context, done []mark, limit int) ([]letter, error)
	close(ctx context.Context) error
}

// openFloor opens a floor's store in a file, or on a PostgreSQL server.
func openFloor(ctx context.Context, database string) (floorStore, error) {
	if strings.HasPrefix(database, postgresURL) {
		return openFloorPostgres(ctx, database)
	}
	return openFloorSQLite(strings.TrimPrefix(database, "sqlite:"))
}

// floor runs a floor program until its input ends, or its work does.
func floor(ctx context.Context, name string, args []string, in io.Reader, out io.Writer) error {
	if len(args) != 3 {
		return fmt.Errorf("floor %s: want DATABASE GRAPH NUMBER", name)
	}
	store, err := openFloor(ctx, args[0])
	if err != nil {
		return err
	}
	defer store.close(context.WithoutCancel(ctx)) //nolint:errcheck // what counts is committed
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		if name != "campaign" { // which reads a line first
			_, _ = io.Copy(io.Discard, in)
			cancel()
		}
	}()
	if name == "campaign" {
		defer cancel()
		return floorCampaign(ctx, store, args[1], args[2], in, out)
	}
	return floorWebhook(ctx, store, args[1], args[2] == "1", out)
}
