package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/relance-bot/relance/storage/postgres"
	"github.com/relance-bot/relance/storage/postgres/pgtest"
)

// TestWhatAServerRefusesIsSaidInOneLineWithWhatToDo opens databases that hosts and operators
// give, each with one thing about it that a bot cannot work with.
func TestWhatAServerRefusesIsSaidInOneLineWithWhatToDo(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t, pgtest.Config{})
	exec := func(address string, statements ...string) {
		t.Helper()
		c, err := pgx.Connect(t.Context(), address)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close(context.Background()) //nolint:errcheck // it is done
		for _, s := range statements {
			if _, err := c.Exec(t.Context(), s); err != nil {
				t.Fatalf("%s: %v", s, err)
			}
		}
	}
	change := func(address string, f func(u *url.URL, q url.Values)) string {
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		q := u.Query()
		f(u, q)
		u.RawQuery = q.Encode()
		return u.String()
	}
	as := func(role string) func(*url.URL, url.Values) {
		return func(u *url.URL, _ url.Values) { u.User = url.User(role) }
	}
	at := func(name string) func(*url.URL, url.Values) {
		return func(u *url.URL, _ url.Values) { u.Path = "/" + name }
	}
	admin := server.URL(t)
	exec(admin, `CREATE ROLE poor LOGIN`, `CREATE ROLE "Odd one" LOGIN`, `CREATE ROLE few LOGIN CONNECTION LIMIT 1`,
		`CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0`)
	made := server.URL(t)
	s := open(t, made, postgres.Config{})
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	exec(made, `GRANT USAGE ON SCHEMA public TO poor`)
	readOnly, missing, theirs := server.URL(t), server.URL(t), server.URL(t)
	exec(theirs, fmt.Sprintf(`ALTER DATABASE %s OWNER TO few`, nameOf(t, theirs)))
	exec(readOnly, fmt.Sprintf(`ALTER DATABASE %s SET default_transaction_read_only = on`, nameOf(t, readOnly)))
	for name, tt := range map[string]struct{ address, want, do string }{
		"no right to make tables":        {change(server.URL(t), as("poor")), "permission denied for schema public", "GRANT USAGE, CREATE ON SCHEMA public TO poor,"},
		"no right, and an odd name":      {change(server.URL(t), as("Odd one")), "permission denied for schema public", `TO "Odd one",`},
		"tables of another role":         {change(made, as("poor")), "permission denied for table", "ALTER TABLE … OWNER TO"},
		"a schema that is not there":     {change(missing, func(_ *url.URL, q url.Values) { q.Set("search_path", "nowhere") }), "no schema has been selected", "CREATE SCHEMA"},
		"a database that takes no write": {readOnly, "read-only transaction", "target_session_attrs=read-write"},
		"no host that takes writes":      {change(readOnly, func(_ *url.URL, q url.Values) { q.Set("target_session_attrs", "read-write") }), "read only connection", "target_session_attrs=read-write"},
		"too few connections":            {change(theirs, as("few")), "too many connections", "up to 7 connections"},
		"another encoding":               {change(admin, at("latin")), "encoding LATIN1, want UTF8", "TEMPLATE template0"},
		"no such database":               {change(admin, at("nowhere")), `"nowhere" does not exist`, "make it"},
		"an unknown setting":             {change(missing, func(_ *url.URL, q url.Values) { q.Set("serch_path", "x") }), `"serch_path"`, ""},
	} {
		s, err := postgres.Open(t.Context(), tt.address, postgres.Config{})
		if err == nil {
			s.Close()
			t.Errorf("%s: it opens", name)
			continue
		}
		var refusal *postgres.Refusal
		if got := err.Error(); !strings.Contains(got, tt.want) || !strings.Contains(got, tt.do) || strings.Contains(got, "\n") {
			t.Errorf("%s: %q, want %q and %q", name, got, tt.want, tt.do)
		}
		if errors.As(err, &refusal) != (tt.do != "") {
			t.Errorf("%s: what to do does not stand by itself: %v", name, err)
		}
	}
}

func nameOf(t *testing.T, address string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimPrefix(u.Path, "/")
}
