package cmd

import (
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"
)

const importHead = "contact;topic;cadence;consented_at;wording;source;interest.model;interest.size;permit.token;permit.expires_at;permit.frequency\n"

// importTable is a table as a shop's old tool wrote it.
const importRows = importHead +
	"101;restock;daily;2026-01-05T10:00:00+01:00;Préviens-moi;formulaire;Gazelle;42;tok-101;2099-01-01T00:00:00Z;daily\n" +
	"102;restock;daily;2026-01-05T10:00:00+01:00;;formulaire;Gazelle;42;tok-102;2099-01-01T00:00:00Z;daily\n" +
	"\"103\";restock;daily;2026-01-05T10:00:00+01:00;\"Préviens-moi\nde tout\";formulaire;Samba;41;tok-103;2099-01-01T00:00:00Z;\n" +
	"104;restock;daily;5 January;Préviens-moi;formulaire;Gazelle;42;tok-104;2099-01-01T00:00:00Z;daily\n" +
	"105;restock;daily\n" +
	"106;restock;daily;2026-01-05T10:00:00+01:00;Préviens-moi;formulaire;Gazelle;42;;;\n"

const importLinesText = `{"contact":"101","topic":"restock","cadence":"daily","consented_at":"2026-01-05T10:00:00+01:00","wording":"Préviens-moi","source":"formulaire","interests":[{"model":"Gazelle","size":42}],"permit":{"token":"tok-101","expires_at":"2099-01-01T00:00:00Z"}}

{"contact":"102","topic":"restock","cadense":"daily"}
{"contact":102}
{"contact":"102"
"102"
{"contact":"107","topic":"restock","cadence":"weekly","consented_at":"yesterday"}
`

func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestImport takes the same files over by the database and by a running bot.
func TestImport(t *testing.T) {
	t.Parallel()
	refusals := func(file string) string {
		return strings.ReplaceAll(`FILE:3: refused: wording is missing: what they read when they agreed
FILE:6: refused: consented_at must be written as 2026-03-30T09:00:00+02:00
FILE:7: refused: the row cannot be read: wrong number of fields
FILE:8: refused: permit is missing: no lane of this Page carries the topic without one
`, "FILE", file)
	}
	dir := copyBot(t, exampleRestock)
	b := startBot(t, dir, nil)
	table, lines := write(t, "old.csv", "\ufeff"+importRows), write(t, "old.jsonl", importLinesText)
	steps := []struct {
		args []string
		code int
		want string
	}{
		{[]string{table, "--dry-run"}, exitFindings, refusals(table) + "6 rows: 2 added, 0 changed, 0 unchanged, 0 stopped since, 4 refused.\nIt was a dry run: nothing was stored.\n"},
		{[]string{table}, exitFindings, refusals(table) + "6 rows: 2 added, 0 changed, 0 unchanged, 0 stopped since, 4 refused.\n"},
		{[]string{table}, exitFindings, refusals(table) + "6 rows: 0 added, 0 changed, 2 unchanged, 0 stopped since, 4 refused.\n"},
		{[]string{lines}, exitFindings, strings.ReplaceAll(`FILE:3: refused: unknown key "cadense"
FILE:4: refused: contact must not be a number
FILE:5: refused: it is not JSON
FILE:6: refused: a subscription is an object with contact, topic, cadence, consented_at, wording and source
FILE:7: refused: a time must be written as 2026-03-30T09:00:00+02:00
6 rows: 0 added, 0 changed, 1 unchanged, 0 stopped since, 5 refused.
`, "FILE", lines)},
		{[]string{table, "--from", "8", "--json"}, exitFindings, `{"line":8,"refused":"permit is missing: no lane of this Page carries the topic without one"}
{"rows":1,"added":0,"changed":0,"unchanged":0,"stopped":0,"refused":1}
`},
		{[]string{write(t, "good.csv", strings.Join(strings.SplitAfter(importRows, "\n")[:2], ""))}, exitFine, "1 rows: 0 added, 0 changed, 1 unchanged, 0 stopped since, 0 refused.\n"},
	}
	run := func(t *testing.T, env map[string]string, dir string) {
		for _, s := range steps {
			code, out := cli(t, env, append(append([]string{"import"}, s.args...), dir)...)
			if diff := cmp.Diff(s.want, out); code != s.code || diff != "" {
				t.Errorf("import %v: exit %d, want %d (-want +got):\n%s", s.args, code, s.code, diff)
			}
		}
	}
	t.Run("a running bot", func(t *testing.T) { run(t, b.env, dir) })
	b.stop()
	t.Run("a database", func(t *testing.T) {
		if code, out := cli(t, b.env, "import", table, dir); code != exitFindings || !strings.Contains(out, "2 unchanged") {
			t.Errorf("exit %d: %s", code, out)
		}
		if code, out := cli(t, b.env, "consent", "verify", "--dir", dir); code != exitFine {
			t.Errorf("exit %d: %s", code, out)
		}
	})
}

func TestFilesThatCannotBeImported(t *testing.T) {
	t.Parallel()
	dir := copyBot(t, exampleRestock)
	for name, tc := range map[string]struct{ file, text, want string }{
		"nothing":             {"a.csv", " \n", "the file is empty"},
		"a list":              {"a.json", "[{}]", "write one object on each line"},
		"no JSON":             {"a.jsonl", "contact", "the file is no JSON"},
		"an unknown column":   {"a.csv", "contact,topik\n", `unknown column "topik"`},
		"a column twice":      {"a.csv", "contact,contact\n", `the column "contact" stands twice`},
		"a quote never ended": {"a.csv", "contact,topic\n\"1,restock\n" + strings.Repeat("2,restock\n", 1<<16), "a row is longer than 256 KiB"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file, err := openImport(tc.file, strings.NewReader(tc.text))
			for err == nil {
				_, err = file.next()
			}
			if !strings.Contains(err.Error(), tc.want) {
				t.Errorf("%v, want %q", err, tc.want)
			}
		})
	}
	if code, out := cli(t, nil, "import", filepath.Join(dir, "none.csv"), dir); code != exitFailed {
		t.Errorf("exit %d: %s", code, out)
	}
}

func TestAnArticleNumberInATableKeepsItsDigits(t *testing.T) {
	t.Parallel()
	file, err := openImport("a.csv", strings.NewReader("contact;interests\n1;\"[{\"\"sku\"\":9007199254740993}]\"\n"))
	if err != nil {
		t.Fatal(err)
	}
	got, err := file.next()
	if err = errors.Join(err, got.err); err != nil || len(got.row.Interests) != 1 || got.row.Interests[0]["sku"] != "9007199254740993" {
		t.Errorf("interests %v and error %v, want the digits", got.row.Interests, err)
	}
}

// TestAFileOfASpreadsheetThatIsNoUTF8IsToBeSavedAsThat: what Excel calls Unicode text is
// UTF-16, and what it calls CSV an older form yet.
func TestAFileOfASpreadsheetThatIsNoUTF8IsToBeSavedAsThat(t *testing.T) {
	t.Parallel()
	wide := func(first string, order binary.AppendByteOrder) string {
		out := []byte(first)
		for _, unit := range utf16.Encode([]rune(importRows)) {
			out = order.AppendUint16(out, unit)
		}
		return string(out)
	}
	for name, text := range map[string]string{
		"UTF-16": wide("\xff\xfe", binary.LittleEndian), "UTF-16 of a Mac": wide("\xfe\xff", binary.BigEndian),
		"UTF-16 without a mark": wide("", binary.LittleEndian), "Latin-1, a column": "contact;pr\xe9nom\n101;Zo\xe9\n",
		"JSON in UTF-16": "\xff\xfe{\x00}\x00\n\x00",
	} {
		for _, file := range []string{"old.csv", "old.txt", "old.jsonl"} {
			_, err := openImport(file, strings.NewReader(text))
			if want := "the file is not UTF-8: save it as UTF-8, in a spreadsheet as CSV UTF-8"; err == nil || err.Error() != want {
				t.Errorf("%s, %s: error %v, want %s", name, file, err, want)
			}
		}
	}
	rows, err := openImport("old.csv", strings.NewReader("contact,wording\n101,Pr\xe9viens-moi\n"))
	if err != nil {
		t.Fatal(err)
	}
	row, err := rows.next()
	if want := "wording is not UTF-8: save it as UTF-8, in a spreadsheet as CSV UTF-8"; err != nil || row.err == nil || row.err.Error() != want {
		t.Errorf("the row: %v, %v, want %s", row.err, err, want)
	}
}
