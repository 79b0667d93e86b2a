package flows

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// readCSV reads a table with a line of names first, which it gives as well. Fields
// are separated by commas, or by semicolons as spreadsheets write them where the
// comma is a decimal sign.
func readCSV(file string, text []byte, out *reporter) (v any, names []string, ok bool) {
	src := newSource(file, text)
	out.sources[file] = src
	if !legible(src, "save it as CSV UTF-8, which spreadsheets offer beside CSV", out) {
		return nil, nil, false
	}
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(text, []byte("\ufeff"))))
	r.TrimLeadingSpace = true
	r.FieldsPerRecord = -1
	head := src.lines[0]
	if strings.Count(head, ";") > strings.Count(head, ",") {
		r.Comma = ';'
	}
	records, lines, err := readRecords(r)
	if err != nil {
		line := 1
		var parse *csv.ParseError
		if errors.As(err, &parse) {
			line = parse.Line
			err = parse.Err
		}
		out.report(Error, "data", src.span(line, 1, runes(src.line(line))+1), "a quote inside a field is written twice", "this line is not CSV: "+err.Error())
		return nil, nil, false
	}
	if len(records) == 0 {
		out.report(Error, "file-empty", src.span(1, 1, 2), "the first line holds the names of the columns", "the table is empty")
		return nil, nil, false
	}
	if names, ok = columns(records[0], src, out); !ok {
		return nil, nil, false
	}
	if len(names) == 1 && strings.Contains(names[0], "\t") {
		out.report(Warning, "data", src.span(1, 1, runes(head)+1), "save it as CSV: columns are separated by commas or semicolons", "tabs stand between the names, and this is read as one column")
	}
	cells := make([][]any, len(names))
	for c := range names {
		cells[c] = column(records[1:], c, r.Comma == ';')
	}
	rows := make([]any, 0, len(records)-1)
	short := false
	for i, record := range records[1:] {
		at := src.span(lines[i+1], 1, max(runes(src.line(lines[i+1]))+1, 2))
		message := fmt.Sprintf("row %d has %s, but there are %s", i+1, count(len(record), "field", "fields"), count(len(names), "column", "columns"))
		switch {
		case len(record) > len(names):
			out.report(Error, "data", at, "put a text with a separator in it in double quotes", message)
			return nil, nil, false
		case len(record) < len(names) && !short:
			short = true // the others of the file are alike
			missing := strings.Repeat(string(r.Comma), len(names)-len(record))
			out.report(Warning, "data", at, "write every separator, even where nothing stands behind it: "+strings.Join(record, string(r.Comma))+missing, message)
		}
		row := make(map[string]any, len(names))
		for c, name := range names {
			if v := cells[c][i]; v != nil {
				row[name] = v
			}
		}
		rows = append(rows, row)
	}
	return rows, names, true
}

// readRecords reads the records and the lines they begin on: the names, and one row more
// than a table may have, so that it is known to have too many.
func readRecords(r *csv.Reader) (records [][]string, lines []int, err error) {
	for {
		record, err := r.Read()
		if errors.Is(err, io.EOF) || len(records) > maxRows+1 {
			return records, lines, nil
		}
		if err != nil {
			return nil, nil, err
		}
		line, _ := r.FieldPos(0)
		records, lines = append(records, record), append(lines, line)
	}
}

// columns checks the names of a CSV file's columns.
func columns(head []string, src *source, out *reporter) ([]string, bool) {
	at := src.span(1, 1, runes(src.line(1))+1)
	if len(head) > maxColumns {
		out.report(Error, "data", at, "leave out columns nobody reads", fmt.Sprintf("there are more than %d columns", maxColumns))
		return nil, false
	}
	names := make([]string, len(head))
	for i, name := range head {
		name = strings.TrimSpace(name)
		if name == "" || slices.Contains(names[:i], name) {
			out.report(Error, "data", at, "give every column a name of its own", fmt.Sprintf("column %d has no name of its own", i+1))
			return nil, false
		}
		names[i] = name
	}
	return names, true
}

// column reads one column: numbers, if every cell that is not empty is one.
func column(records [][]string, c int, comma bool) []any {
	out := make([]any, len(records))
	numeric := true
	for i, record := range records {
		if c >= len(record) || strings.TrimSpace(record[c]) == "" {
			continue
		}
		text := strings.TrimSpace(record[c])
		out[i] = text
		if numeric {
			_, numeric = cellNumber(text, comma)
		}
	}
	for i, v := range out {
		if text, ok := v.(string); ok && numeric {
			out[i], _ = cellNumber(text, comma)
		}
	}
	return out
}

func cellNumber(s string, comma bool) (float64, bool) {
	if comma {
		s = strings.Replace(s, ",", ".", 1)
	}
	return parseNumber(s)
}
