package sqlite

import (
	"path/filepath"
	"testing"
)

// TestVolatileWaitsForNoDisk wants a store that is volatile, and no other, to leave
// the disk to the operating system, and what was committed to survive its process.
func TestVolatileWaitsForNoDisk(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		config Config
		want   int64
	}{
		"by default every commit reaches the disk": {Config{}, 2},
		"a volatile one leaves it to the system":   {Config{Volatile: true}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := Open(t.Context(), filepath.Join(t.TempDir(), "relance.db"), test.config)
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			c, err := openConn(s.writer.from)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = c.close() }()
			var mode int64
			if err := c.row(`PRAGMA synchronous`, nil, &mode); err != nil || mode != test.want {
				t.Errorf("synchronous %d, %v; want %d", mode, err, test.want)
			}
		})
	}
}
