package postgres

// item is one record as a transaction knows it.
type item[T any] struct {
	value  T
	there  bool // or it was deleted, or never was
	stored bool // the database has it, as far as is known
	dirty  bool // and knows it otherwise
}

// shelf is the records of one kind that a transaction has changed, in the order of
// their first change.
type shelf[T any] []*item[T]

// put changes an item, in a way that can be undone until it is flushed.
func (s *shelf[T]) put(t *transaction, it *item[T], value T, there bool) {
	was := *it
	t.undos = append(t.undos, func() { *it = was })
	it.value, it.there = value, there
	if !it.dirty {
		it.dirty = true
		*s = append(*s, it)
	}
}

// take empties the shelf and gives what is to be written: what is there, and what
// is to be deleted.
func (s *shelf[T]) take() (kept, gone []*item[T]) {
	for _, it := range *s {
		if !it.dirty { // it was undone, or is on the shelf twice
			continue
		}
		it.dirty = false
		switch {
		case it.there:
			kept = append(kept, it)
		default:
			gone = append(gone, it)
		}
	}
	clear(*s)
	*s = (*s)[:0]
	return kept, gone
}

func (s *shelf[T]) empty() bool {
	for _, it := range *s {
		if it.dirty {
			return false
		}
	}
	return true
}

func (s *shelf[T]) reset() {
	clear(*s)
	*s = (*s)[:0]
}

// refresh takes what the database says, unless the transaction has changed it.
func (it *item[T]) refresh(value T) {
	it.stored = true
	if !it.dirty {
		it.value, it.there = value, true
	}
}
