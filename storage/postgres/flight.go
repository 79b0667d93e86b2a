package postgres

import (
	"cmp"
	"slices"

	"github.com/relance-bot/relance/storage"
)

// Most notifications are claimed as they are put, are all there is in their contact's
// line, carry one decision, and are settled a moment later with those that went into one
// request with them. As rows of the outbox each would be put into its indexes, locked with its
// contact, looked for and taken out again, and its decision would be written twice. So they
// are put together, in one row of flights, and as long as that row is there it stands for the
// lines of all its contacts, and for what was decided:
//
//	put, alone in its line ─ commit ─► flights ─ accepted, all of the row ─► decisions, with their ids
//	                                      └ whatever else ─► outbox and decisions, a row for each ─► …
//
// A contact that is locked may have its send there, so whoever reads its line or its decisions
// looks there too, and lands it: the sends of the row, and what they carry, get the rows that
// they would have had. To land and to settle both delete the row, so that one of the two comes
// first and the other finds it gone. That is why the process that has put it settles it without
// a lock on its contacts: nobody can have changed their lines.
//
// Rows go from flights to outbox and never back: who reads flights first misses none.

const (
	flyingRows = ` CROSS JOIN LATERAL unnest(f.ids, f.contacts, f.seqs, f.bodies, f.events) AS u (id, contact, seq, body, event)`
	flyingSend = `SELECT u.id, u.contact, u.seq, f.page, 2::smallint AS state, f.ready, f.attempt, true AS bulk, f.topic, f.lane, u.body, f.at,
			f.claim_at, f.claimer, ''::text AS mid, ''::text AS error, true AS head FROM `
	flying = flyingSend + `flights f` + flyingRows
	// As a decision comes with its columns, and with its place among those of the same time:
	// the last.
	flyingDecision = `SELECT ` + flyingValues + `, (1::bigint << 62) + u.seq AS id FROM flights f` + flyingRows
	flyingValues   = `u.contact, f.trigger_id, f.occurrence, f.flow, f.topic, f.kind, f.rule, f.lane, f.vals, f.at, f.next,
			f.first_due, f.expires, u.event, u.id AS send, ''::text AS mid, 0::bigint AS delivered, 0::bigint AS read`

	sqlFly = `INSERT INTO flights (claimer, number, page, topic, lane, attempt, at, ready, claim_at, trigger_id, occurrence, flow, kind, rule,
			vals, next, first_due, expires, ids, contacts, bodies, events, seqs)
		VALUES ($1::bigint, $2::bigint, $3::text, $4::text, $5::text, $6::bigint, $7::bigint, $8::bigint, $9::bigint, $10::text, $11::text,
			$12::text, $13::text, $14::text, $15::bytea, $16::bigint, $17::bigint, $18::bigint,
			$19::text[], $20::text[], $21::bytea[], $22::bytea[],
			ARRAY (SELECT nextval('outbox_seq') FROM generate_series(1, cardinality($19::text[]))))`

	// The contacts asked for are hashed, as they are asked for with a question of its own.
	sqlFlyingOf = `SELECT f.claimer, f.number, u.contact FROM flights f CROSS JOIN LATERAL unnest(f.contacts) AS u (contact)
		WHERE (u.contact IN (SELECT unnest($1::text[]))) IS TRUE`
	sqlFlyingOfSends = `SELECT f.claimer, f.number, u.contact FROM flights f CROSS JOIN LATERAL unnest(f.contacts) AS u (contact)
		WHERE (u.contact IN (SELECT unnest($1::text[]) UNION ALL SELECT contact FROM outbox WHERE id = ANY ($2::text[]))) IS TRUE`

	// Whoever wants to change sends waits for who has their row.
	land = `WITH f AS (DELETE FROM flights d USING (SELECT f.claimer, f.number FROM flights f WHERE `
	into = `) k WHERE d.claimer = k.claimer AND d.number = k.number RETURNING d.*)` + landed + `)` + decided + unlessThere + `)
		SELECT claimer, number FROM f`
	landed  = `, landed AS (INSERT INTO outbox (` + sendColumns + `) ` + flyingSend + `f` + flyingRows
	decided = `, decided AS (INSERT INTO decisions (` + decisionValues + `) SELECT ` + flyingValues + ` FROM f` + flyingRows
	// Who puts a notification says that it is new. Should one not be, it must not keep the
	// others of its row from landing.
	unlessThere = ` ON CONFLICT DO NOTHING`
	sqlLand     = land + `(f.claimer, f.number) IN (SELECT * FROM unnest($1::bigint[], $2::bigint[]))
		ORDER BY f.claimer, f.number FOR UPDATE OF f` + into
	sqlLandSends = land + `EXISTS (SELECT 1 FROM unnest(f.ids) AS i (id) WHERE (i.id IN (SELECT unnest($1::text[]))) IS TRUE)
		ORDER BY f.claimer, f.number FOR UPDATE OF f` + into
	sqlLandOrphans = land + `NOT EXISTS (SELECT 1 FROM processes p WHERE p.id = f.claimer) FOR UPDATE OF f SKIP LOCKED` + into
	sqlLandAll     = land + `true FOR UPDATE SKIP LOCKED` + into

	// If one of the rows is gone, somebody has landed it, and all is to be done again. The
	// commit is on its way behind this, so it must fail here.
	unlessGone = ` SELECT 1 / (CASE count(*) WHEN $3::bigint THEN 1 ELSE 0 END) FROM f`
	ownFlights = `WITH f AS (DELETE FROM flights WHERE claimer = $1::bigint AND number = ANY ($2::bigint[]) RETURNING `
	sqlArrive  = ownFlights + `1)` + unlessGone
	sqlDisband = ownFlights + `*)` + landed + others + `)` + decided + others + unlessThere + `)` + unlessGone
	others     = ` WHERE u.id <> ALL ($4::text[])`

	// maxTogetherAloft is how many sends a row has at most, as many as go into one request,
	// and maxAloftBytes how much they say.
	maxTogetherAloft = 50
	maxAloftBytes    = 1 << 20
)

// aloft is a row of flights that this process has put, as it remembers it. It is gone
// from memory whenever that may be wrong: then its sends are asked for.
type aloft struct {
	claimer, number int64
	sends           []storage.Send
	decided         storage.Decision // one of those they carry
}

// flight is a row of flights as a transaction knows it.
type flight struct {
	*aloft
	items  []*item[send] // those that the transaction has in hand
	fresh  bool          // the transaction has put it
	events [][]byte      // of what its sends carry, until it is put
	landed bool          // it is gone, and what was not settled has its rows
	// settled says that it is gone since some were settled: those have no rows of their
	// decisions yet.
	settled bool
}

// inFlight says that a send is in a row of flights.
func (s *send) inFlight() bool { return s.flight != nil && !s.flight.landed }

// rides says that a person's line is known by the row of flights that stands for it.
func (p *person) rides() bool { return p.flight != nil && !p.flight.landed && !p.locked }

// ride takes a contact's line for what this process has put there, if it remembers
// that. The row is not asked for before it is deleted.
func (t *transaction) ride(contact string) bool {
	p, known := t.persons[contact]
	if known && (p.locked || p.flight != nil) {
		return p.rides()
	}
	a := t.w.aloft[contact]
	if a == nil || t.careful || a.claimer != t.me {
		return false
	}
	p = t.person(contact)
	i := slices.IndexFunc(a.sends, func(s storage.Send) bool { return s.Contact == contact })
	f := t.flights[a.number]
	if f == nil {
		f = &flight{aloft: a}
		t.flights[a.number] = f
	}
	it := t.newSend(send{Send: a.sends[i], state: stateClaimed, claimer: t.me, head: true, flight: f})
	it.there, it.stored = true, true
	f.items = append(f.items, it)
	p.flight = f
	return true
}

// unseat lands the row that stands for a person's line, of whom more is wanted than that.
func (t *transaction) unseat(p *person) error {
	return t.c.run(t.land([]flightName{p.flight.name()})...)
}

// flightName is the key of a row.
type flightName struct{ claimer, number int64 }

// carries says whether that is what one of its sends carries.
func (a *aloft) carries(list []storage.Decision) bool {
	return len(list) == 1 && list[0].Trigger == a.decided.Trigger && list[0].Occurrence == a.decided.Occurrence
}

func (a *aloft) name() flightName { return flightName{a.claimer, a.number} }

func (n flightName) compare(o flightName) int {
	return cmp.Or(cmp.Compare(n.claimer, o.claimer), cmp.Compare(n.number, o.number))
}

// flyers are contacts whose lines are in rows of flights, and those rows.
type flyers struct {
	contacts []string
	rows     []flightName
}

// look asks for the rows that stand for the lines of contacts, and of those of sends.
func (f *flyers) look(t *transaction, contacts, sends []string) step {
	s := step{query: sqlFlyingOf, params: params{}.texts(contacts)}
	if len(sends) > 0 {
		s = step{query: sqlFlyingOfSends, params: s.params.texts(sends)}
	}
	s.row = func(r *row) {
		name, contact := flightName{r.int(), r.int()}, r.text()
		if t.Has(contact) {
			f.rows, f.contacts = append(f.rows, name), append(f.contacts, contact)
		}
	}
	return s
}

// land lands rows. That says nothing else than before, so it is never undone.
func (t *transaction) land(names []flightName) (steps []step) {
	slices.SortFunc(names, flightName.compare)
	var known []int64
	rows := t.table()
	for _, n := range slices.Compact(names) {
		if f := t.flightOf(n); f != nil {
			f.landed = true
			known = append(known, n.number)
			continue
		}
		rows.int(n.claimer).int(n.number).next()
	}
	if len(known) > 0 {
		steps = append(steps, step{query: sqlDisband, params: t.own(known).texts(nil)})
	}
	return tables(steps, sqlLand, rows)
}

// flightOf is a row that the transaction has in hand, nil for any other.
func (t *transaction) flightOf(n flightName) *flight {
	if n.claimer != t.me {
		return nil
	}
	return t.flights[n.number]
}

func (t *transaction) scanLanded(r *row) {
	if f := t.flightOf(flightName{r.int(), r.int()}); f != nil {
		f.landed = true
	}
}

// flushFlights deletes the rows in which something has changed, and lands what is left.
func (t *transaction) flushFlights(changed map[*person]bool) (steps []step) {
	var whole, some []int64
	var gone []string
	for p := range changed {
		for _, it := range p.sends {
			f := it.value.flight
			if !it.value.inFlight() {
				continue
			}
			f.landed, f.settled = true, true
			before := len(gone)
			for _, of := range f.items {
				if !of.there {
					gone = append(gone, of.value.ID)
				}
			}
			if len(gone)-before == len(f.sends) {
				whole = append(whole, f.number)
				gone = gone[:before]
			} else {
				some = append(some, f.number)
			}
			t.landed += len(f.sends)
		}
	}
	if len(whole) > 0 {
		steps = append(steps, step{query: sqlArrive, params: t.own(whole)})
	}
	if len(some) > 0 {
		steps = append(steps, step{query: sqlDisband, params: t.own(some).texts(gone)})
	}
	return steps
}

// own are the parameters of a statement about rows of this process.
func (t *transaction) own(numbers []int64) params {
	return params{}.int(t.me).ints(numbers).int(int64(len(numbers)))
}

// boarding are new rows of flights as they are filled.
type boarding struct {
	all  []*flight
	open map[route]*flight
	said map[*flight]int // bytes
}

// route is what the sends of a row have in common, and the decisions.
type route struct {
	function                              int // that has put them: they are settled together
	page, topic, lane                     string
	attempt                               int
	at, ready, claimAt                    int64
	trigger, occurrence, flow, kind, rule string
	values                                string
	next, firstDue, expires               int64
}

// routeOf is that of a send that carries one decision.
func routeOf(s *send, d *storage.Decision) route {
	return route{
		s.function, s.Page, s.Topic, s.Lane, s.Attempt, millis(s.At), millis(s.Ready), millis(s.ClaimAt),
		d.Trigger, d.Occurrence, d.Flow, d.Kind, d.Rule, string(d.Values), millis(d.Next), millis(d.FirstDue), millis(d.Expires),
	}
}

// mayFly says whether a new send that is alone in its line may go to a row of flights: with a
// new decision that says nothing but what the row has columns for.
func (t *transaction) mayFly(p *person, s *send) bool {
	if !s.Bulk || s.state != stateClaimed || s.claimer != t.me || s.Seq != 0 || s.MID != "" || s.Error != "" || !p.locked || !p.contact.there {
		return false
	}
	it := s.carries
	if it == nil || !it.dirty || !it.there || it.stored || !it.absent {
		return false
	}
	d := &it.value
	return d.Send == s.ID && d.Contact == s.Contact && d.Topic == s.Topic && d.Lane == s.Lane && millis(d.At) == millis(s.At) &&
		(d.Values == nil || len(d.Values) > 0) && d.MID == "" && d.Delivered.IsZero() && d.Read.IsZero()
}

func (b *boarding) add(t *transaction, it *item[send]) {
	s, d := &it.value, &it.value.carries.value
	r := routeOf(s, &d.Decision)
	f := b.open[r]
	if f == nil || len(f.sends) == maxTogetherAloft || b.said[f]+len(s.Body)+len(d.Event) > maxAloftBytes {
		if b.open == nil {
			b.open, b.said = make(map[route]*flight), make(map[*flight]int)
		}
		t.w.flown++
		f = &flight{aloft: &aloft{claimer: t.me, number: t.w.flown, decided: d.Decision}, fresh: true}
		b.all, b.open[r], t.flights[f.number] = append(b.all, f), f, f
	}
	b.said[f] += len(s.Body) + len(d.Event)
	s.flight, s.head, it.stored = f, true, true
	s.carries.dirty, s.carries.stored, s.carries.absent = false, true, false
	t.carried[s.ID] = []decisionKey{d.key()}
	f.items, f.sends, f.events = append(f.items, it), append(f.sends, s.Send), append(f.events, d.Event)
}

func (b *boarding) steps(t *transaction) (steps []step) {
	for _, f := range b.all {
		rows := t.table()
		for i := range f.sends {
			s := &f.sends[i]
			rows.text(s.ID).text(s.Contact).bytes(s.Body).bytes(f.events[i]).next()
		}
		f.events = nil
		s, d := &f.sends[0], &f.decided
		in := params{}.int(f.claimer).int(f.number).text(s.Page).text(s.Topic).text(s.Lane).int(int64(s.Attempt)).
			time(s.At).time(s.Ready).time(s.ClaimAt).text(d.Trigger).text(d.Occurrence).text(d.Flow).text(d.Kind).text(d.Rule).
			bytes(d.Values).time(d.Next).time(d.FirstDue).time(d.Expires)
		steps = append(steps, step{query: sqlFly, params: append(in, rows.params()...)})
	}
	return steps
}

// recall brings what the process remembers of its rows in line with what the transaction
// did, or failed to do.
func (t *transaction) recall(kept bool) {
	for _, f := range t.flights {
		for _, s := range f.sends {
			switch {
			case kept && f.fresh && !f.landed:
				t.w.aloft[s.Contact] = f.aloft
			case t.w.aloft[s.Contact] == f.aloft && (f.landed || !kept):
				delete(t.w.aloft, s.Contact)
			}
		}
	}
}
