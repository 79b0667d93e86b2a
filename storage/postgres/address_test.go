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
		"sslmode=perhaps":                         "sslmode is invalid",
		"service=nowhere&servicefile=" + file:     file,
	} {
		_, err := Open(t.Context(), "postgres://relance:planted@localhost:1/shop?"+query, Config{})
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "planted") {
			t.Errorf("%s: %v, want %s in it", query, err, want)
		}
	}
}

// TestAPasswordThatIsNotEscapedIsNotShown: what stands behind its @ or / was taken for a host
// or a database, and named in the error.
func TestAPasswordThatIsNotEscapedIsNotShown(t *testing.T) {
	t.Parallel()
	for _, address := range []string{
		"postgres://relance:pla@nted/12@localhost:1/shop", "postgres://relance:pla/nted@localhost:1/shop", "postgres://relance:12/nted@localhost:1/shop",
		"postgres://relance:pla@nted@localhost:1/shop", "postgres://relance:12?nted@localhost:1/shop", "postgres://relance:pla#nted@localhost:1/shop",
		"postgres://relance:pla%nted@localhost:1/shop", "postgres://relance:12#nted@localhost:1/shop", "postgres://relance:pla nted@localhost:1/shop",
	} {
		_, err := Open(t.Context(), address, Config{})
		if err == nil || strings.Contains(err.Error(), "nted") || strings.Contains(err.Error(), "pla") || !strings.Contains(err.Error(), "write @ as %40") {
			t.Errorf("%s: %v", address, err)
		}
	}
	for _, address := range []string{"postgres://relance:p%40%2F%23@localhost:1/shop?application_name=a@b", "postgresql:///shop?host=/tmp", "host=localhost password=a@b@c"} {
		if misplaced(address) {
			t.Errorf("%s is taken for one that is not escaped", address)
		}
	}
}
