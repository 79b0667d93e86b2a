package bench

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"strconv"

	"golang.org/x/sync/errgroup"
)

// floorLetter is one personal message, with the two buttons that the bot's has.
const floorLetter = `{"recipient":{"notification_messages_token":"%s"},"message":{"attachment":{"type":"template","payload":{"template_type":"button",` +
	`"text":"%s, the Gazelle is back in 42.","buttons":[{"type":"web_url","title":"Buy it","url":"https://shop.example/g42"},` +
	`{"type":"postback","title":"Stop","payload":"stop:restock"}]}}}}`

// floorCampaign claims letters in batches, sends each and marks each with the
// platform's id, until all are marked. It begins when a line comes in.
func floorCampaign(ctx context.Context, store floorStore, graph, number string, in io.Reader, out io.Writer) error {
	people, err := strconv.Atoi(number)
	if err != nil {
		return err
	}
	if err := store.fill(ctx, people); err != nil {
		return err
	}
	fmt.Fprintln(out, "ready")
	if _, err := bufio.NewReader(in).ReadString('\n'); err != nil {
		return err
	}
	client, uri := floorClient(graph)
	letters, marks := make(chan letter, 2*floorClaim), make(chan mark, floorClaim)
	parts, ctx := errgroup.WithContext(ctx)
	for range floorWorkers {
		parts.Go(func() error {
			caller := newFloorCaller(client, uri)
			for one := range letters {
				mid, err := caller.call(fmt.Appendf(caller.body[:0], floorLetter, one.token, one.name))
				if err != nil {
					return err
				}
				select {
				case marks <- mark{one.id, mid}:
				case <-ctx.Done():
					return ctx.Err()
				}
			}
			return nil
		})
	}
	parts.Go(func() error {
		defer close(letters)
		return claimAndMark(ctx, store, people, letters, marks)
	})
	if err := parts.Wait(); err != nil {
		return err
	}
	if err := store.close(ctx); err != nil {
		return err
	}
	fmt.Fprintln(out, "done")
	_, err = io.Copy(io.Discard, in) // the parent still wants to know what it took
	return err
}

// claimAndMark keeps the workers supplied, and what they did durable: marks that
// have gathered go into one commit, with the next claim where one is due.
func claimAndMark(ctx context.Context, store floorStore, people int, letters chan<- letter, marks <-chan mark) error {
	var done []mark
	for marked, claimed := 0, 0; marked < people; marked += len(done) {
		done = done[:0]
		if claimed == people || len(letters) >= floorClaim { // nothing to claim: wait for a mark
			select {
			case one := <-marks:
				done = append(done, one)
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	gather:
		for len(done) < floorClaim {
			select {
			case one := <-marks:
				done = append(done, one)
			default:
				break gather
			}
		}
		limit := 0
		if claimed < people && len(letters) < floorClaim {
			limit = floorClaim
		}
		next, err := store.claim(ctx, done, limit)
		if err != nil {
			return err
		}
		claimed += len(next)
		for _, one := range next {
			letters <- one // there is room: fewer than a claim were left
		}
	}
	return nil
}
