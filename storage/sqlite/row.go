package sqlite

import (
	"database/sql/driver"
	"fmt"
)

// scanner is a row of an answer, as the driver reads it: int64, float64, string, []byte,
// nil. The bytes are copies already.
type scanner []driver.Value

// Scan puts the row into pointers of the kinds this package has. A NULL is only
// nil bytes, or nothing in an any. It keeps none of the pointers, so that what they point
// to need not be on the heap.
func (r scanner) Scan(dest ...any) error {
	if len(dest) != len(r) {
		return fmt.Errorf("%d columns for %d places", len(r), len(dest))
	}
	for i, v := range r {
		if !put(dest[i], v) {
			return fmt.Errorf("column %d is a %T, not for its place", i, v)
		}
	}
	return nil
}

func put(dest any, v driver.Value) (ok bool) {
	switch dest := dest.(type) {
	case *int64:
		*dest, ok = v.(int64)
	case *string:
		*dest, ok = v.(string)
	case *[]byte:
		*dest, ok = v.([]byte)
		ok = ok || v == nil
	case *float64:
		*dest, ok = v.(float64)
	case *int:
		var n int64
		n, ok = v.(int64)
		*dest = int(n)
	case *bool:
		var n int64
		n, ok = v.(int64)
		*dest = n != 0
	case *any:
		*dest, ok = v, true
	}
	return ok
}
