package postgres

// item is one record as a transaction knows it.
type item[T any] struct {
	value  T
	there  bool // or it was deleted, or never was
	stored bool // the database has it, as far as is known
	absent bool // the database was asked for it and had none
	dirty  bool // and knows it otherwise
	read   *T   // what the database said of it while it was dirty
}

// known says that the database need not be asked for it. Of one that was only put, by a
// function that was undone, nothing is known.
func (it *item[T]) known() bool { return it != nil && (it.dirty || it.stored || it.absent) }

// gone notes that the database has it no more.
func (it *item[T]) gone() { it.there, it.stored, it.absent = false, false, true }

// shelf is the records of one kind that a transaction has changed, in the order of
// their first change.
type shelf[T any] []*item[T]

// put changes an item, in a way that can be undone until it is flushed.
func (s *shelf[T]) put(t *transaction, it *item[T], value T, there bool) {
	was := *it
	t.undos = append(t.undos, func() { it.restore(was) })
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
		it.dirty, it.read = false, nil
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

// restore undoes a change. What was read since is still so.
func (it *item[T]) restore(was item[T]) {
	read := it.read
	*it = was
	if read != nil {
		it.refresh(*read)
	}
}

// refresh takes what the database says, unless the transaction has changed it.
func (it *item[T]) refresh(value T) {
	it.stored = true
	if it.dirty {
		read := value
		it.read = &read
		return
	}
	it.value, it.there = value, true
}
