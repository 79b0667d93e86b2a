package postgres

import (
	"path/filepath"
	"strings"
	"testing"
)

// TestACertificateThatIsNotThereIsNotAnAddressOfTheWrongForm names the file, and no
// password.
func TestACertificateThatIsNotThereIsNotAnAddressOfTheWrongForm(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "ca.pem")
	for query, want := range map[string]string{
		"sslmode=verify-full&sslrootcert=" + file: file,
		"sslmode=perhaps":                         "postgres://USER:PASSWORD@HOST:PORT/DATABASE",
	} {
		_, err := Open(t.Context(), "postgres://relance:planted@localhost:1/shop?"+query, Config{})
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "planted") {
			t.Errorf("%s: %v, want %s in it", query, err, want)
		}
	}
}
