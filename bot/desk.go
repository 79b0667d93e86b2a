package bot

import (
	"slices"
	"sync"
)

// desk is where messages are handed over to be sent. Each page has places for as many as
// may be on their way at once, so that one whose platform is slow keeps no other waiting.
// Those for replies are their own, so that notifications never keep them waiting, and
// there are no more for notifications than the page may send in a second.
type desk struct {
	mu      sync.Mutex
	open    bool
	size    int             // places for replies, of each page
	share   map[string]int  // places for notifications, by page
	replies map[string]int  // taken, by page
	bulk    map[string]int  // taken, by page
	taken   int             // of both
	waits   map[string]bool // pages of which a reply may wait for a place
	stuck   bool            // an occurrence does
	empty   sync.Cond       // nothing is taken any more
}

// newDesk is a desk with so many places for the replies of each page, and none for
// notifications yet.
func newDesk(size int) *desk {
	d := &desk{size: size, share: map[string]int{}, replies: map[string]int{}, bulk: map[string]int{}, waits: map[string]bool{}}
	d.empty.L = &d.mu
	return d
}

// divide says how many places for notifications a page has from now on.
func (d *desk) divide(page string, places int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.share[page] = places
}

// admit opens the desk: before, nothing is handed over.
func (d *desk) admit() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.open = true
}

// close ends the handing over, and waits for those who have a place.
func (d *desk) close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.open = false
	for d.taken > 0 {
		d.empty.Wait()
	}
}

// shut ends the handing over. Who has a place keeps it.
func (d *desk) shut() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.open = false
}

// busy says whether anybody has a place.
func (d *desk) busy() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.taken > 0
}

// take gets a place for one message, if there is one.
func (d *desk) take(page string, bulk bool) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case !d.open:
		return false
	case !bulk && d.replies[page] < d.size:
		d.replies[page]++
		d.taken++
		return true
	case bulk && d.bulk[page] < d.share[page]:
		d.bulk[page]++
		d.taken++
		return true
	case !bulk:
		d.waits[page] = true
	}
	return false
}

// free is how many places for replies the page has that has most of them free.
func (d *desk) free() (n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for page := range d.share {
		n = max(n, d.size-d.replies[page])
	}
	return n
}

// full are the pages without a place for a reply. Whoever leaves one will say so.
func (d *desk) full() (pages []string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for page := range d.share {
		if d.replies[page] >= d.size {
			d.waits[page] = true
			pages = append(pages, page)
		}
	}
	return pages
}

// room says whether a page has a place for a notification. If not, an occurrence that
// asks waits until a good part of them is free.
func (d *desk) room(page string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.stuck = d.bulk[page] >= d.share[page]
	return !d.stuck
}

// most is how many places for notifications the page has that has most of them free.
func (d *desk) most() (n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for page, share := range d.share {
		n = max(n, share-d.bulk[page])
	}
	return n
}

// crowded says whether an occurrence waits for places.
func (d *desk) crowded() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.stuck
}

// place is one at the desk.
type place struct {
	page string
	bulk bool
}

// placesOf are the places of messages.
func placesOf(letters []*letter) []place {
	out := make([]place, len(letters))
	for i, l := range letters {
		out[i] = place{l.Page, l.Bulk}
	}
	return out
}

// spare are the places that none of the messages needs.
func spare(places []place, letters []*letter) []place {
	if len(places) == len(letters) {
		return nil
	}
	for _, p := range placesOf(letters) {
		if i := slices.Index(places, p); i >= 0 {
			places = slices.Delete(places, i, i+1)
		}
	}
	return places
}

// give gives places back. It says whether somebody waited for that.
func (d *desk) give(places []place) (reply, bulk bool) {
	if len(places) == 0 {
		return false, false
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.taken -= len(places)
	for _, p := range places {
		if !p.bulk {
			d.replies[p.page]--
			if d.waits[p.page] {
				reply = true
				delete(d.waits, p.page)
			}
			continue
		}
		d.bulk[p.page]--
		if share := d.share[p.page]; d.stuck && share-d.bulk[p.page] >= min((share+3)/4, bulkTogether) {
			bulk, d.stuck = true, false
		}
	}
	if d.taken == 0 {
		d.empty.Broadcast()
	}
	return reply, bulk
}
