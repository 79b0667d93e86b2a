package cmd

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/bot/server"
)

// maxImportRow bounds one row of a file, in bytes: a quote that is never closed would
// take the rest of the file for one cell.
const maxImportRow = 256 << 10

// importRow is a row of a file: what it says, or why it cannot be read.
type importRow struct {
	line int
	row  bot.ImportRow
	err  error
}

// importFile reads the rows of a file one after another; io.EOF behind the last. Another
// error ends the reading.
type importFile interface{ next() (importRow, error) }

// saveAs is what helps a file of another form.
const saveAs = "save it as UTF-8, in a spreadsheet as CSV UTF-8"

// legible says whether the first line can be UTF-8. UTF-16 has a NUL in each letter of a
// column's name.
func legible(head []byte) bool {
	line, _, _ := bytes.Cut(head, []byte("\n"))
	if bytes.IndexByte(line, 0) >= 0 {
		return false
	}
	for len(line) > 0 {
		r, n := utf8.DecodeRune(line)
		if r == utf8.RuneError && n == 1 && utf8.FullRune(line) { // the head may end within one
			return false
		}
		line = line[n:]
	}
	return true
}

// openImport looks at the name and the beginning of a file to tell CSV from JSON lines.
func openImport(name string, in io.Reader) (importFile, error) {
	r := bufio.NewReaderSize(in, 64<<10)
	if bom, err := r.Peek(3); err == nil && bytes.Equal(bom, []byte("\ufeff")) {
		_, _ = r.Discard(3)
	}
	head, err := r.Peek(4 << 10)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, bufio.ErrBufferFull) {
		return nil, err
	}
	first := bytes.TrimLeft(head, " \t\r\n")
	switch ext := strings.ToLower(filepath.Ext(name)); {
	case len(first) == 0:
		return nil, errors.New("the file is empty")
	case first[0] == '[':
		return nil, errors.New("the file is one JSON list: write one object on each line (jq -c '.[]')")
	case first[0] == '{':
		return &importLines{in: r}, nil
	case !legible(first):
		return nil, errors.New("the file is not UTF-8: " + saveAs)
	case ext == ".json" || ext == ".jsonl" || ext == ".ndjson":
		return nil, errors.New("the file is no JSON: each line must be an object")
	}
	return newImportTable(r, first)
}

// importLines are JSON objects, one on each line.
type importLines struct {
	in   *bufio.Reader
	line int
}

func (f *importLines) next() (importRow, error) {
	for {
		text, long, err := f.read()
		if err != nil {
			return importRow{}, err
		}
		f.line++
		switch {
		case long:
			return importRow{line: f.line, err: fmt.Errorf("the line is longer than %d KiB", maxImportRow>>10)}, nil
		case len(bytes.TrimSpace(text)) == 0:
			continue
		case !utf8.Valid(text):
			return importRow{line: f.line, err: errors.New("it is not UTF-8: " + saveAs)}, nil
		}
		row, err := server.ReadSubscription(text)
		return importRow{f.line, row, err}, nil
	}
}

// read is one line; of one that is too long it keeps nothing.
func (f *importLines) read() (text []byte, long bool, err error) {
	for {
		piece, err := f.in.ReadSlice('\n')
		if long = long || len(text)+len(piece) > maxImportRow; !long {
			text = append(text, piece...)
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case errors.Is(err, io.EOF) && (len(text) > 0 || long):
			return text, long, nil
		case err != nil:
			return nil, false, err
		}
		return text, long, nil
	}
}

// importTable is CSV with a line of names.
type importTable struct {
	in    *csv.Reader
	bound *boundedRow
	names []string
}

// importColumns are the columns a table may have, beside interest.NAME.
var importColumns = []string{
	"contact", "page", "topic", "cadence", "consented_at", "wording", "button", "image", "source", "interests",
	"first_name", "last_name", "locale", "timezone",
	"permit.lane", "permit.token", "permit.expires_at", "permit.frequency", "permit.title", "permit.timezone",
}

func newImportTable(in io.Reader, head []byte) (*importTable, error) {
	line, _, _ := bytes.Cut(head, []byte("\n"))
	comma := ','
	for _, other := range ";\t" {
		if bytes.Count(line, []byte(string(other))) > bytes.Count(line, []byte(string(comma))) {
			comma = other
		}
	}
	bound := &boundedRow{in: in}
	r := csv.NewReader(bound)
	r.Comma, r.ReuseRecord = comma, true
	names, err := r.Read()
	if err != nil {
		return nil, err
	}
	t := &importTable{in: r, bound: bound}
	for _, name := range names {
		name = strings.ToLower(strings.TrimSpace(name))
		_, interest := strings.CutPrefix(name, "interest.")
		switch {
		case slices.Contains(t.names, name):
			return nil, fmt.Errorf("the column %q stands twice", name)
		case !interest && !slices.Contains(importColumns, name):
			return nil, fmt.Errorf("unknown column %q; there are %s, and interest.NAME", name, strings.Join(importColumns, ", "))
		}
		t.names = append(t.names, name)
	}
	return t, nil
}

func (t *importTable) next() (importRow, error) {
	t.bound.n = 0
	cells, err := t.in.Read()
	var wrong *csv.ParseError
	switch {
	case errors.As(err, &wrong):
		return importRow{line: wrong.StartLine, err: fmt.Errorf("the row cannot be read: %w", wrong.Err)}, nil
	case err != nil:
		return importRow{}, err
	}
	line, _ := t.in.FieldPos(0)
	row, err := t.row(cells)
	return importRow{line, row, err}, nil
}

// row reads the cells of a row. An empty cell says nothing.
func (t *importTable) row(cells []string) (r bot.ImportRow, err error) {
	var permit bot.ImportPermit
	texts := map[string]*string{
		"contact": &r.Contact, "page": &r.Page, "topic": &r.Topic, "cadence": &r.Cadence, "wording": &r.Wording, "button": &r.Button,
		"image": &r.Image, "source": &r.Source, "first_name": &r.FirstName, "last_name": &r.LastName, "locale": &r.Locale,
		"timezone": &r.Timezone, "permit.lane": &permit.Lane, "permit.token": &permit.Token, "permit.frequency": &permit.Frequency,
		"permit.title": &permit.Title, "permit.timezone": &permit.Timezone,
	}
	times := map[string]*time.Time{"consented_at": &r.ConsentedAt, "permit.expires_at": &permit.ExpiresAt}
	about := map[string]any{}
	for i, name := range t.names {
		cell := strings.Clone(strings.TrimSpace(cells[i])) // the reader uses its memory again
		if !utf8.ValidString(cell) {
			return r, fmt.Errorf("%s is not UTF-8: %s", name, saveAs)
		}
		if cell == "" {
			continue
		}
		if text, ok := texts[name]; ok {
			*text = cell
		} else if at, ok := times[name]; ok {
			if *at, err = time.Parse(time.RFC3339, cell); err != nil {
				return r, fmt.Errorf("%s must be written as 2026-03-30T09:00:00+02:00", name)
			}
		} else if of, ok := strings.CutPrefix(name, "interest."); ok {
			about[of] = cell
		} else if r.Interests, err = server.ReadInterests([]byte(cell)); err != nil { // interests
			return r, errors.New(`interests must be a JSON list of objects: [{"size": 42}]`)
		}
	}
	if len(about) > 0 {
		r.Interests = append(r.Interests, about)
	}
	if permit != (bot.ImportPermit{}) {
		r.Permit = &permit
	}
	return r, nil
}

// boundedRow is a reader that gives only so much until n is set back.
type boundedRow struct {
	in io.Reader
	n  int
}

func (b *boundedRow) Read(p []byte) (int, error) {
	if b.n > maxImportRow {
		return 0, fmt.Errorf("a row is longer than %d KiB: is a quote never closed?", maxImportRow>>10)
	}
	n, err := b.in.Read(p)
	b.n += n
	return n, err
}
