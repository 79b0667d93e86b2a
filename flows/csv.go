package flows

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// readCSV reads a table with a line of names first. Fields are separated by commas,
// or by semicolons as spreadsheets write them where the comma is a decimal sign.
func readCSV(file string, text []byte, out *reporter) (any, bool) {
	src := newSource(file, text)
	out.sources[file] = src
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(text, []byte("\ufeff"))))
	r.TrimLeadingSpace = true
	r.FieldsPerRecord = -1
	head := src.lines[0]
	if strings.Count(head, ";") > strings.Count(head, ",") {
		r.Comma = ';'
	}
	records, err := r.ReadAll()
	if err != nil {
		line := 1
		var parse *csv.ParseError
		if errors.As(err, &parse) {
			line = parse.Line
			err = parse.Err
		}
		out.report(Error, "data", src.span(line, 1, runes(src.line(line))+1), "a quote inside a field is written twice", "this line is not CSV: "+err.Error())
		return nil, false
	}
	if len(records) == 0 {
		out.report(Error, "file-empty", src.span(1, 1, 2), "the first line holds the names of the columns", "the table is empty")
		return nil, false
	}
	names, ok := columns(records[0], src, out)
	if !ok {
		return nil, false
	}
	cells := make([][]any, len(names))
	for c := range names {
		cells[c] = column(records[1:], c, r.Comma == ';')
	}
	rows := make([]any, 0, len(records)-1)
	for i, record := range records[1:] {
		if len(record) > len(names) {
			out.report(Error, "data", Span{File: file, Start: Pos{i + 2, 1}, End: Pos{i + 2, runes(src.line(i+2)) + 1}}, "put a text with a separator in it in double quotes",
				fmt.Sprintf("row %d has %d fields, but there are %d columns", i+1, len(record), len(names)))
			return nil, false
		}
		row := make(map[string]any, len(names))
		for c, name := range names {
			if v := cells[c][i]; v != nil {
				row[name] = v
			}
		}
		rows = append(rows, row)
	}
	return rows, true
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
