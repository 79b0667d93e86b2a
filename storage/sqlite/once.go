package sqlite

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/relance-bot/relance/storage"
)

// Keys of Once come in no order: put where they belong, in a table ordered by them, each
// would be a page to write, half of what a webhook costs the disk. So they go to a log, those
// of a commit in one row, and the newest are looked for in the memory of the writer. When
// there are some thousand of these they are put into the table in its order, a few with
// each commit, and many of them share a page. The log says which are to be forgotten.
//
//	Once ──► fresh ──commit──► once_log, a row ────────► forgotten, by age
//	           └────► young ────► old ──in order──► once ──┘
const (
	sqlKnownKey = `SELECT 1 FROM once WHERE digest = ?1`
	// One that was moved before a crash is moved again.
	sqlMoveKey   = `INSERT INTO once (digest) VALUES (?1) ON CONFLICT (digest) DO NOTHING`
	sqlForgetKey = `DELETE FROM once WHERE digest = ?1`

	sqlLogKeys   = `INSERT INTO once_log (number, oldest, keys) VALUES (?1, ?2, ?3)`
	sqlLogSince  = `SELECT number, keys FROM once_log WHERE number > ?1 ORDER BY number LIMIT ?2`
	sqlLogOld    = `SELECT number, keys FROM once_log WHERE oldest < ?1 ORDER BY oldest LIMIT ?2`
	sqlCutLog    = `UPDATE once_log SET oldest = ?2, keys = ?3 WHERE number = ?1`
	sqlForgetLog = `DELETE FROM once_log WHERE number = ?1`

	maxYoung   = 4096 // keys, before they are moved
	maxLeft    = 8192 // to be moved, before that is no longer put off
	leastMoved = 64   // with a commit that has new ones
	logRows    = 64   // that are read at once

	digestSize = 16
	loggedSize = digestSize + 8
)

// digest is a short key in the place of one that comes from outside in any length. 128
// bits of SHA-256 leave no practical way to two keys with one digest.
type digest [digestSize]byte

func digestOf(key string) digest {
	sum := sha256.Sum256([]byte(key))
	return digest(sum[:digestSize])
}

func (d digest) compare(other digest) int { return bytes.Compare(d[:], other[:]) }

// loggedKey is a key as the log has it.
type loggedKey struct {
	digest digest
	at     int64
}

// keyLog is what the writer remembers of the log.
type keyLog struct {
	number int64 // of the last row that it knows; -1 while it knows nothing
	young  map[digest]struct{}
	fresh  []loggedKey // the last of them, in no row yet
	oldest int64       // of young

	old       map[digest]struct{} // those that are being moved
	oldestOld int64
	moving    []digest // the same in order
	upTo      int64    // the last row that has some of them
	moved     int      // how many of them are in the table
	ahead     int      // how many more, by a flush that is not kept yet

	movedTo int64 // the last row of which all are in the table
	flushed bool  // it may have what is not kept
}

func newKeyLog() *keyLog {
	return &keyLog{number: -1, young: make(map[digest]struct{}), oldest: never, oldestOld: never}
}

// never is later than all times.
const never = int64(1<<63 - 1)

// has says whether a key is one of those that are not in the table yet.
func (k *keyLog) has(d digest) bool {
	if _, found := k.young[d]; found {
		return true
	}
	_, found := k.old[d]
	return found
}

func (k *keyLog) add(key loggedKey) {
	k.young[key.digest] = struct{}{}
	k.oldest = min(k.oldest, key.at)
}

// before says whether one of them is older than that.
func (k *keyLog) before(at int64) bool { return min(k.oldest, k.oldestOld) < at }

// undo forgets the fresh keys but the first n.
func (k *keyLog) undo(n int) {
	for _, key := range k.fresh[n:] {
		delete(k.young, key.digest)
	}
	k.fresh = k.fresh[:n]
}

// kept makes what was flushed lasting.
func (k *keyLog) kept() {
	k.fresh, k.flushed = k.fresh[:0], false
	if k.moved, k.ahead = k.moved+k.ahead, 0; k.moved == len(k.moving) {
		k.old, k.oldestOld, k.moving, k.moved = nil, never, nil, 0
	}
}

// inOrder is the order of the table.
func inOrder(keys map[digest]struct{}) []digest {
	list := make([]digest, 0, len(keys))
	for d := range keys {
		list = append(list, d)
	}
	slices.SortFunc(list, digest.compare)
	return list
}

// packKeys makes a row of the log, and says how old it is.
func packKeys(keys []loggedKey) (packed []byte, oldest int64) {
	packed, oldest = make([]byte, 0, len(keys)*loggedSize), never
	for i := range keys {
		packed = binary.BigEndian.AppendUint64(append(packed, keys[i].digest[:]...), uint64(keys[i].at))
		oldest = min(oldest, keys[i].at)
	}
	return packed, oldest
}

// logRow is a row of the log.
type logRow struct {
	number int64
	keys   []loggedKey
}

func scanLogRow(row scanner) (r logRow, err error) {
	var packed []byte
	if err = row.Scan(&r.number, &packed); err != nil {
		return r, err
	}
	if len(packed)%loggedSize != 0 {
		return r, fmt.Errorf("row %d of the log of keys has %d bytes", r.number, len(packed))
	}
	for one := range slices.Chunk(packed, loggedSize) {
		r.keys = append(r.keys, loggedKey{digest(one), int64(binary.BigEndian.Uint64(one[digestSize:]))})
	}
	return r, nil
}

// openKeys makes sure that what is remembered of the log is what it has: others that write
// to the file count their rows as this one does.
func (t *transaction) openKeys() error {
	if t.keysOpen {
		return nil
	}
	if err := errors.Join(t.load(counterKeys), t.load(counterMoved)); err != nil {
		return err
	}
	last, movedTo := t.counter[counterKeys].value, t.counter[counterMoved].value
	if t.keys.number != last || t.keys.movedTo != movedTo {
		k := newKeyLog()
		for k.number = movedTo; ; {
			rows, err := many(t.c, scanLogRow, sqlLogSince, k.number, logRows)
			if err != nil {
				return err
			}
			for _, row := range rows {
				for _, key := range row.keys {
					k.add(key)
				}
				k.number = row.number
			}
			if len(rows) < logRows {
				break
			}
		}
		k.number, k.movedTo = last, movedTo
		t.keys = k
	}
	t.keysOpen = true
	return nil
}

// Once implements storage.InboxWriter.
func (t *transaction) Once(key string, at time.Time) (bool, error) {
	if err := t.openKeys(); err != nil {
		return false, err
	}
	d := digestOf(key)
	if t.keys.has(d) {
		return false, nil
	}
	_, err := one(t.c, func(scanner) (struct{}, error) { return struct{}{}, nil }, sqlKnownKey, d[:])
	if !errors.Is(err, storage.ErrNotFound) {
		return false, err
	}
	fresh := loggedKey{d, millis(at)}
	t.keys.add(fresh)
	t.keys.fresh = append(t.keys.fresh, fresh)
	return true, nil
}

// flushKeys writes the group's keys to the log, and moves some to the table.
func (t *transaction) flushKeys() error {
	k := t.keys
	if len(k.fresh) > 0 {
		k.flushed = true
		if err := t.logKeys(k); err != nil {
			return err
		}
		if err := t.moveSome(k); err != nil {
			return err
		}
	}
	if !k.flushed {
		return nil
	}
	return t.reach(counterMoved, k.movedTo)
}

// moveSome moves some keys to the table, if there are many of them.
func (t *transaction) moveSome(k *keyLog) error {
	if k.moving == nil && len(k.young) >= maxYoung {
		k.moving, k.upTo = inOrder(k.young), k.number
		k.old, k.young = k.young, make(map[digest]struct{}, maxYoung)
		k.oldestOld, k.oldest = k.oldest, never
	}
	if k.moving == nil {
		return nil
	}
	next := k.moving[k.moved:]
	// How far a move came is forgotten with the writer, and when another wrote keys. If that
	// is why so many are left, nobody might ever come to the end: it is made at once.
	if len(k.moving) < maxLeft {
		next = next[:min(len(next), max(leastMoved, 2*len(k.fresh)))]
	}
	if err := t.moveKeys(next); err != nil {
		return err
	}
	if k.ahead = len(next); k.moved+k.ahead == len(k.moving) {
		k.movedTo = k.upTo
	}
	return nil
}

// logKeys writes the fresh keys to a row of the log.
func (t *transaction) logKeys(k *keyLog) (err error) {
	if k.number, err = t.next(counterKeys); err != nil {
		return err
	}
	packed, oldest := packKeys(k.fresh)
	if err = t.c.exec(sqlLogKeys, k.number, oldest, packed); err != nil {
		return fmt.Errorf("logging keys: %w", err)
	}
	return nil
}

func (t *transaction) moveKeys(keys []digest) error {
	for i := range keys {
		if err := t.c.exec(sqlMoveKey, keys[i][:]); err != nil {
			return fmt.Errorf("moving keys: %w", err)
		}
	}
	return nil
}

// ForgetOnce implements storage.InboxWriter.
func (t *transaction) ForgetOnce(before time.Time, limit int) (n int, err error) {
	if err := t.openKeys(); err != nil {
		return 0, err
	}
	if t.keys.before(millis(before)) {
		if err := t.moveAll(); err != nil {
			return 0, err
		}
	}
	for more := true; more; {
		rows, err := many(t.c, scanLogRow, sqlLogOld, millis(before), logRows)
		if err != nil {
			return n, err
		}
		var gone []digest
		for _, row := range rows {
			left := row.keys[:0]
			for _, key := range row.keys {
				if key.at < millis(before) && (limit <= 0 || n < limit) {
					gone, n = append(gone, key.digest), n+1
				} else {
					left = append(left, key)
				}
			}
			if err := t.cutLog(row.number, left); err != nil {
				return n, err
			}
		}
		slices.SortFunc(gone, digest.compare)
		for i := range gone {
			if err := t.c.exec(sqlForgetKey, gone[i][:]); err != nil {
				return n, err
			}
		}
		more = len(rows) == logRows && (limit <= 0 || n < limit)
	}
	return n, nil
}

// cutLog leaves these keys in a row of the log.
func (t *transaction) cutLog(number int64, left []loggedKey) error {
	if len(left) == 0 {
		return t.c.exec(sqlForgetLog, number)
	}
	packed, oldest := packKeys(left)
	return t.c.exec(sqlCutLog, number, oldest, packed)
}

// moveAll moves all keys to the table, the fresh ones too. What was remembered stays as it
// is, in case that this is undone.
func (t *transaction) moveAll() error {
	k, moved := t.keys, newKeyLog()
	moved.number = k.number
	if moved.fresh = k.fresh; len(moved.fresh) > 0 {
		if err := t.logKeys(moved); err != nil {
			return err
		}
		moved.fresh = nil
	}
	for _, keys := range []map[digest]struct{}{k.old, k.young} {
		if err := t.moveKeys(inOrder(keys)); err != nil {
			return err
		}
	}
	moved.movedTo, moved.flushed = moved.number, true
	t.keys = moved
	return nil
}
