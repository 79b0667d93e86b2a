package postgres

import (
	"slices"

	"github.com/relance-bot/relance/storage"
)

// transaction is the storage.Tx of one function after another in a group.
//
// It is a working set: what was locked and fetched of contacts, and what functions
// wrote, which goes out together. Reads that it cannot answer send what was written
// before they ask the database.
type transaction struct {
	reader
	w       *writer
	me      int64 // the lease that claims are made under
	careful bool  // nothing is taken for new that may be there
	number  int64 // of the transaction among those of this store
	left    bool  // it leaves work to others
	handled int   // inputs that are gone, and
	sent    int   // sends
	landed  int   // sends, whose row of flights is gone

	function int // the functions of the group that were begun

	persons   map[string]*person
	met       []string // the ids of persons, in the order they were met
	unlocked  []string // persons with changes that are not locked
	sends     map[string]*item[send]
	flights   map[int64]*flight        // of this process, by their number
	carried   map[string][]decisionKey // by send, where all are known
	decisions map[decisionKey]*item[decision]
	inputs    map[inputKey]*item[storage.Input]
	keys      map[digest]*item[onceKey]
	metas     map[string]*item[metaValue]
	entries   map[int64]*item[storage.Entry]
	heads     map[string]*storage.Entry // of chains; nil where there is none
	occurs    map[occurrenceKey]*item[storage.Occurrence]
	counts    map[countKey]*item[count]

	dirtyContacts    shelf[storage.Contact]
	dirtyConsents    shelf[consent]
	dirtyPermits     shelf[storage.Permit]
	dirtyTimers      shelf[storage.Timer]
	dirtySends       shelf[send]
	dirtyDecisions   shelf[decision]
	dirtyInputs      shelf[storage.Input]
	dirtyKeys        shelf[onceKey]
	dirtyMetas       shelf[metaValue]
	dirtyEntries     shelf[storage.Entry]
	dirtyOccurrences shelf[storage.Occurrence]
	dirtySalts       shelf[salt]
	dirtyStrays      shelf[storage.Stray]
	dirtyOutcomes    shelf[storage.Outcome]
	dirtyCounts      shelf[count]

	inboxNumbers  []int64
	ledgerNumbers []int64
	order         int64 // of what was put in this transaction

	undos   []func()
	flushes int
	spare   *spare
}

var _ storage.Tx = (*transaction)(nil)

// begin forgets what the last group knew.
func (t *transaction) begin(c *conn, me int64, careful bool) {
	*t = transaction{
		reader: reader{c: c}, w: t.w, me: me, careful: careful, number: t.number + 1, spare: t.spare,
		persons: remade(t.persons), sends: remade(t.sends), flights: remade(t.flights), carried: remade(t.carried), decisions: remade(t.decisions),
		inputs: remade(t.inputs), keys: remade(t.keys), metas: remade(t.metas), entries: remade(t.entries),
		heads: remade(t.heads), occurs: remade(t.occurs), counts: remade(t.counts),
		unlocked: t.unlocked[:0], undos: t.undos[:0], inboxNumbers: t.inboxNumbers[:0], ledgerNumbers: t.ledgerNumbers[:0],
		dirtyContacts: t.dirtyContacts, dirtyConsents: t.dirtyConsents, dirtyPermits: t.dirtyPermits, dirtyTimers: t.dirtyTimers,
		dirtySends: t.dirtySends, dirtyDecisions: t.dirtyDecisions, dirtyInputs: t.dirtyInputs, dirtyKeys: t.dirtyKeys,
		dirtyMetas: t.dirtyMetas, dirtyEntries: t.dirtyEntries, dirtyOccurrences: t.dirtyOccurrences,
		dirtySalts: t.dirtySalts, dirtyStrays: t.dirtyStrays, dirtyOutcomes: t.dirtyOutcomes, dirtyCounts: t.dirtyCounts,
	}
	t.spare.back()
	t.dirtyContacts.reset()
	t.dirtyConsents.reset()
	t.dirtyPermits.reset()
	t.dirtyTimers.reset()
	t.dirtySends.reset()
	t.dirtyDecisions.reset()
	t.dirtyInputs.reset()
	t.dirtyKeys.reset()
	t.dirtyMetas.reset()
	t.dirtyEntries.reset()
	t.dirtyOccurrences.reset()
	t.dirtySalts.reset()
	t.dirtyStrays.reset()
	t.dirtyOutcomes.reset()
	t.dirtyCounts.reset()
}

// maxKept is how large a map of a group is that the next one uses again.
const maxKept = 4096

// remade is an empty map, the old one if it did not grow too large.
func remade[K comparable, V any](m map[K]V) map[K]V {
	if m == nil || len(m) > maxKept {
		return make(map[K]V)
	}
	clear(m)
	return m
}

// mark is a point to which what functions wrote can be undone, as long as it was
// not flushed.
type mark struct{ undos, flushes int }

func (t *transaction) mark() mark { return mark{len(t.undos), t.flushes} }

func (t *transaction) undo(m mark) {
	for _, f := range slices.Backward(t.undos[m.undos:]) {
		f()
	}
	clear(t.carried) // what was put for new may not be
	clear(t.undos[m.undos:])
	t.undos = t.undos[:m.undos]
}

// send runs steps after all that was written so far.
func (t *transaction) send(steps ...step) error {
	if err := t.flush(); err != nil {
		return err
	}
	t.flushes++
	return t.c.run(steps...)
}

// numbers are the statements that take numbers of a sequence.
const (
	sqlInboxNumbers  = `SELECT nextval('inbox_seq') FROM generate_series(1, $1::bigint)`
	sqlOutboxNumbers = `SELECT nextval('outbox_seq') FROM generate_series(1, $1::bigint)`
	sqlLedgerNumbers = `SELECT nextval('ledger_seq') FROM generate_series(1, $1::bigint)`

	// numbersAtOnce is how many are taken when it is not known how many are needed.
	// What is left of them is lost.
	numbersAtOnce = 32
)

// next takes a number. Numbers are of this transaction: one that was taken before
// another process's would put later things first.
func (t *transaction) next(numbers *[]int64, query string) (int64, error) {
	if len(*numbers) == 0 {
		if err := t.c.run(take(numbers, query, numbersAtOnce)); err != nil {
			return 0, err
		}
	}
	n := (*numbers)[0]
	*numbers = (*numbers)[1:]
	return n, nil
}

func take(numbers *[]int64, query string, n int) step {
	*numbers = (*numbers)[:0]
	return step{query: query, params: params{}.int(int64(n)), row: func(r *row) { *numbers = append(*numbers, r.int()) }}
}

// place is where something that is put now stands among what is put.
func (t *transaction) place() int64 {
	t.order++
	return 1<<62 + t.order
}

// afresh answers a read of the database: after all that was written, and with
// nothing in it of a contact that is not locked. What was read before the lock is
// read again.
func afresh[T any](t *transaction, contact func(T) string, query func() ([]T, error)) ([]T, error) {
	for {
		if err := t.flush(); err != nil {
			return nil, err
		}
		found, err := query()
		if err != nil {
			return nil, err
		}
		var strangers []string
		for _, v := range found {
			if id := contact(v); !t.person(id).locked {
				strangers = append(strangers, id)
			}
		}
		if len(strangers) == 0 {
			return found, nil
		}
		if err := t.load(wanted{parts: partContact, contacts: strangers}); err != nil {
			return nil, err
		}
	}
}
