package bench

import "context"

// change is one message to keep, or one mark.
type change struct {
	in   *received
	mark *mark
	kept chan error // told when it is durable; nil if nobody waits
}

// committer is the adaptive group commit: it takes all that wait, commits them
// together, and meanwhile the next group gathers. Nothing is ever waited for.
func committer(ctx context.Context, store floorStore, changes <-chan change) error {
	var group []change
	var in []received
	var done []mark
	for {
		select {
		case c := <-changes:
			group = append(group[:0], c)
		case <-ctx.Done():
			return nil
		}
	gather:
		for len(group) < floorGroup {
			select {
			case c := <-changes:
				group = append(group, c)
			default:
				break gather
			}
		}
		in, done = in[:0], done[:0]
		for _, c := range group {
			if c.in != nil {
				in = append(in, *c.in)
			} else {
				done = append(done, *c.mark)
			}
		}
		err := store.commit(ctx, in, done)
		for _, c := range group {
			if c.kept != nil {
				c.kept <- err
			}
		}
		if err != nil {
			return err
		}
	}
}
