package postgres

import "slices"

// table is one whose arrays are used again once the transaction has sent them.
func (t *transaction) table() table { return table{spare: t.spare} }

// tables adds a statement for each table that has rows.
func tables(steps []step, pairs ...any) []step {
	for i := 0; i < len(pairs); i += 2 {
		if rows := pairs[i+1].(table); rows.n > 0 {
			steps = append(steps, step{query: pairs[i].(string), params: rows.params()})
		}
	}
	return steps
}

// pending says that something was written that is not sent.
func (t *transaction) pending() bool {
	return !(t.dirtyContacts.empty() && t.dirtyConsents.empty() && t.dirtyPermits.empty() && t.dirtyTimers.empty() &&
		t.dirtySends.empty() && t.dirtyDecisions.empty() && t.dirtyInputs.empty() && t.dirtyKeys.empty() && t.dirtyMetas.empty() &&
		t.dirtyEntries.empty() && t.dirtyOccurrences.empty() && t.dirtySalts.empty() && t.dirtyStrays.empty() && t.dirtyOutcomes.empty() &&
		t.dirtyCounts.empty())
}

// statements are what is to be sent, of contacts that are locked.
func (t *transaction) statements() ([]step, error) {
	if len(t.unlocked) > 0 {
		if err := t.load(wanted{parts: partContact, contacts: t.unlocked}); err != nil {
			return nil, err
		}
		t.unlocked = t.unlocked[:0]
	}
	steps := slices.Concat(t.flushKeys(), t.flushInputs(), t.flushContacts())
	consents, err := t.flushConsents()
	if err != nil {
		return nil, t.c.fail(err)
	}
	return slices.Concat(steps, consents, t.flushPermits(), t.flushTimers(), t.flushSends(), t.flushDecisions(),
		t.flushOccurrences(), t.flushOutcomes(), t.flushLedger(), t.flushMeta(), t.flushCounts()), nil
}

// flush sends what was written, in one exchange.
func (t *transaction) flush() error {
	if !t.pending() {
		return nil
	}
	steps, err := t.statements()
	if err != nil {
		return err
	}
	t.flushes++
	err = t.c.run(steps...)
	t.spare.back()
	return err
}

// conclude sends what was written with the commit behind it. sent says that it was on
// its way: then an error does not tell whether it was kept.
func (t *transaction) conclude() (sent bool, err error) {
	var steps []step
	if t.pending() {
		if steps, err = t.statements(); err != nil {
			return false, err
		}
	}
	strangers := slices.DeleteFunc(t.strangers(), func(id string) bool { return !t.Has(id) })
	if len(strangers) > 0 {
		steps = append(steps, step{query: sqlForgetPlaceholders, params: params{}.texts(strangers)})
	}
	if len(steps) == 0 && !t.c.open {
		return false, nil
	}
	if t.w.s.lease.id() != t.me {
		return false, errLease
	}
	changed := t.flushes > 0 || len(steps) > 0
	if changed {
		steps = append(steps, step{query: sqlRecord, params: params{}.int(t.w.s.name).int(t.number)})
	}
	err = t.c.run(append(steps, step{query: sqlCommit})...)
	t.spare.back()
	if err == nil {
		t.c.open = false
	}
	return changed, err
}
