package postgres

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/relance-bot/relance/storage/postgres/pgtest"
)

// TestBuffersAreUsedAgain sends what is larger and smaller than what was sent before, in
// arrays that were others', and gets the same back.
func TestBuffersAreUsedAgain(t *testing.T) {
	t.Parallel()
	c := open(t, pgtest.URL(t))
	shelf := &spare{}
	for i, n := range []int{1, 300, 2, 0, 5000, 1, 40, 3} {
		var want []string
		rows := table{spare: shelf}
		for j := range n {
			word := strings.Repeat(string(rune('a'+(i+j)%26)), j%70)
			raw := []byte(word)
			if j%3 == i%3 {
				raw = nil // NULL, where another array may have had none
			}
			rows.text(word).bytes(raw).int(int64(j)).next()
			want = append(want, fmt.Sprint(word, raw == nil, j))
		}
		if n == 0 {
			shelf.back()
			continue
		}
		var got []string
		scan := func(r *row) {
			word := r.text()
			null := r.null()
			if raw := r.bytes(); !null && !bytes.Equal(raw, []byte(word)) {
				t.Errorf("%q came back as %q", word, raw)
			}
			got = append(got, fmt.Sprint(word, null, r.int()))
		}
		err := c.run(step{query: `SELECT * FROM unnest($1::text[], $2::bytea[], $3::bigint[])`, params: rows.params(), row: scan})
		shelf.back()
		if err != nil {
			t.Fatal(err)
		}
		if strings.Join(got, " ") != strings.Join(want, " ") {
			t.Errorf("%d rows came back otherwise", n)
		}
		if _, err := c.pg.Exec(t.Context(), `SELECT 1`).ReadAll(); err != nil { // in what is left of the same buffer
			t.Fatal(err)
		}
	}
	if len(shelf.free) == 0 || cap(c.room.buffer) == 0 {
		t.Error("nothing is kept to be used again")
	}
}

// TestBuffersThatAreKeptAreBounded gives back more than a large group needs.
func TestBuffersThatAreKeptAreBounded(t *testing.T) {
	t.Parallel()
	shelf := &spare{}
	for round := range 3 {
		var taken [][]byte
		for range 100 {
			taken = append(taken, shelf.take())
		}
		for i := range taken {
			shelf.lend(append(taken[i], make([]byte, 100_000*(round+i%3))...))
		}
		shelf.back()
		kept := 0
		for _, b := range shelf.free {
			kept += cap(b)
		}
		if kept > maxSpare || kept != shelf.size || len(shelf.free) == 0 || len(shelf.lent) != 0 {
			t.Fatalf("round %d: %d buffers of %d bytes are kept, counted as %d, and %d are lent", round, len(shelf.free), kept, shelf.size, len(shelf.lent))
		}
	}
}
