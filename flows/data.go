package flows

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
)

// Bounds of data/.
const (
	maxTables   = 200
	maxDataFile = 4 << 20
	maxRows     = 20_000
	maxColumns  = 200
	maxCells    = 400_000 // values in one YAML file
)

// Data is the tables of data/, as they are now. It never changes; a bot reads the
// folder again to see what is new.
type Data struct {
	tables map[string]any
	types  map[string]typ
}

// LoadData reads the tables of a bot's data/ folder: YAML, JSON and CSV files. The
// name of a table is that of its file. The data is nil if there are errors.
func LoadData(fsys fs.FS) (*Data, Diagnostics) {
	out := &reporter{sources: make(map[string]*source)}
	data := loadData(fsys, out)
	list := out.sorted()
	if list.HasErrors() {
		return nil, list
	}
	return data, list
}

func loadData(fsys fs.FS, out *reporter) *Data {
	data := &Data{tables: make(map[string]any), types: make(map[string]typ)}
	entries, err := fs.ReadDir(fsys, "data")
	if err != nil {
		if !errors.Is(err, fs.ErrNotExist) {
			out.report(Error, "file", Span{File: "data"}, "look at its permissions", "the folder cannot be read")
		}
		return data
	}
	from := make(map[string]string)
	for _, entry := range entries {
		file := path.Join("data", entry.Name())
		ext := path.Ext(file)
		if strings.HasPrefix(entry.Name(), ".") {
			continue
		}
		if entry.IsDir() {
			out.report(Warning, "file", Span{File: file}, "move its tables to data/ itself", "the folder is not read")
			continue
		}
		if ext != ".yaml" && ext != ".json" && ext != ".csv" {
			hint := "tables are .yaml, .json or .csv files"
			if ext == ".yml" {
				hint = "call it " + strings.TrimSuffix(entry.Name(), ext) + ".yaml"
			}
			out.report(Warning, "file", Span{File: file}, hint, "the file is not read")
			continue
		}
		name := strings.TrimSuffix(entry.Name(), ext)
		switch {
		case !namePattern.MatchString(name):
			out.report(Error, "name", Span{File: file}, "rename the file: small letters a to z, digits and _", fmt.Sprintf("%q cannot be the name of a table", name))
			continue
		case from[name] != "":
			out.report(Error, "data", Span{File: file}, "rename one of the two", fmt.Sprintf("%s makes the table %q already", from[name], name))
			continue
		case len(from) == maxTables:
			out.report(Error, "data", Span{File: file}, "put several lists into one YAML or JSON file", fmt.Sprintf("there are more than %d tables", maxTables))
			return data
		}
		from[name] = file
		text, err := readFile(fsys, file, maxDataFile)
		if err != nil {
			out.unreadable(file, err)
			continue
		}
		data.types[name] = anyType // whatever it may hold, the table is there
		if v, columns, ok := readTable(file, ext, text, out); ok {
			data.tables[name] = v
			t := typeOf(v)
			t.widen(columns)
			t.named("data." + name)
			data.types[name] = t
		}
	}
	return data
}

// readFile reads a file of at most a number of bytes. A pipe or a device is not opened: that
// would wait for whoever writes into it, for ever.
func readFile(fsys fs.FS, name string, most int) ([]byte, error) {
	if info, err := fs.Stat(fsys, name); err == nil && !info.Mode().IsRegular() {
		return nil, errNoFile
	}
	f, err := fsys.Open(name)
	if err != nil {
		return nil, errors.New("the file cannot be read")
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, int64(most)+1))
	switch {
	case err != nil:
		return nil, errors.New("the file cannot be read")
	case len(text) > most:
		return nil, tooLarge(most)
	}
	return text, nil
}

var errNoFile = errors.New("this is no file, but a pipe, a device or a folder")

// tooLarge is what a file is that holds more than so many bytes.
type tooLarge int

func (most tooLarge) Error() string {
	return fmt.Sprintf("the file is larger than %d KiB", int(most)>>10)
}

// unreadable reports a file that readFile did not read.
func (r *reporter) unreadable(file string, err error) {
	code, hint := "file", "look at its permissions"
	if large := tooLarge(0); errors.As(err, &large) {
		code, hint = "file-size", "split it into several files, or delete what nobody uses"
	} else if errors.Is(err, errNoFile) {
		hint = "delete it, or put a file in its place"
	}
	r.report(Error, code, Span{File: file}, hint, err.Error())
}

// readTable reads a table. columns are the names of its columns, where they stand in
// the file by themselves.
func readTable(file, ext string, text []byte, out *reporter) (v any, columns []string, ok bool) {
	switch ext {
	case ".yaml":
		d := newDecoder(file, text, out)
		d.loose, d.most, d.size = true, maxCells, maxDataFile
		root := d.parse()
		if root == nil {
			return nil, nil, false
		}
		v = root.plainValue()
	case ".json":
		v, ok = readJSON(file, text, out)
		if !ok {
			return nil, nil, false
		}
	case ".csv":
		v, columns, ok = readCSV(file, text, out)
		if !ok {
			return nil, nil, false
		}
	}
	if rows, isList := v.([]any); isList && len(rows) > maxRows {
		out.report(Error, "data", Span{File: file}, "leave out rows nobody asks for", fmt.Sprintf("the table has more than %d rows", maxRows))
		return nil, nil, false
	}
	return v, columns, true
}

// plainValue is what a YAML value means in data/: an unquoted number is a number,
// true and false are booleans, what is empty is nil, all else is text.
func (n *node) plainValue() any {
	switch {
	case n.broken:
		return nil
	case n.kind == listNode:
		out := make([]any, len(n.items))
		for i, item := range n.items {
			out[i] = item.plainValue()
		}
		return out
	case n.kind == mapNode:
		out := make(map[string]any, len(n.pairs))
		for _, p := range n.pairs {
			if v := p.value.plainValue(); v != nil {
				out[p.key.text] = v
			}
		}
		return out
	}
	if v, ok := literal(n); ok {
		return v
	}
	return n.text
}

// legible says whether a table is text, and reports the first line that is not.
func legible(src *source, hint string, out *reporter) bool {
	for n := range src.lines {
		if !out.legible(src, n+1, hint) {
			return false
		}
	}
	return true
}

func readJSON(file string, text []byte, out *reporter) (any, bool) {
	src := newSource(file, text)
	out.sources[file] = src
	if !legible(src, "save the file as UTF-8", out) {
		return nil, false
	}
	dec := json.NewDecoder(bytes.NewReader(bytes.TrimPrefix(text, []byte("\ufeff"))))
	var v any
	err := dec.Decode(&v)
	if err == nil {
		if _, more := dec.Token(); !errors.Is(more, io.EOF) {
			err = errors.New("something stands behind the end")
		}
	}
	if err != nil {
		line, col := 1, 1
		var syntax *json.SyntaxError
		if errors.As(err, &syntax) {
			before := string(text[:min(max(int(syntax.Offset)-1, 0), len(text))])
			line = strings.Count(before, "\n") + 1
			col = runes(before[strings.LastIndexByte(before, '\n')+1:]) + 1
		}
		out.report(Error, "data", src.span(line, col, col+1), "names and texts stand in double quotes, with a comma between any two and none behind the last", "this is not JSON: "+strings.TrimPrefix(err.Error(), "json: "))
		return nil, false
	}
	return v, true
}

// typeOf is the type of a value of data/. Rows of one table may leave columns out.
func typeOf(v any) typ {
	switch x := v.(type) {
	case nil:
		return anyType
	case bool:
		return boolType
	case float64:
		return typ{kind: numberKind, most: runes(plainNumber(x))}
	case string:
		return typ{kind: textKind, most: runes(x)}
	case []any:
		t := typ{kind: listKind, rows: len(x)}
		for i, item := range x {
			is := typeOf(item)
			if i > 0 {
				is = united(*t.elem, is)
			}
			t.elem = &is
		}
		return t
	case map[string]any:
		t := typ{kind: objectKind, fields: make(map[string]typ, len(x))}
		for name, item := range x {
			t.fields[name] = typeOf(item)
		}
		return t
	}
	return anyType
}

// united is the type of rows of either type: columns of one are columns of both.
func united(a, b typ) typ {
	if a.kind != objectKind || b.kind != objectKind {
		return a.join(b)
	}
	for name, t := range b.fields {
		if u, ok := a.fields[name]; ok {
			t = united(u, t)
		}
		a.fields[name] = t
	}
	return a
}

// widen adds the columns of a table in which nothing stands.
func (t *typ) widen(columns []string) {
	if t.elem == nil || t.elem.kind != objectKind {
		return
	}
	for _, name := range columns {
		if _, ok := t.elem.fields[name]; !ok {
			t.elem.fields[name] = anyType
		}
	}
}

// named says in messages where records come from.
func (t *typ) named(name string) {
	t.name = name
	if t.elem != nil {
		t.elem.name = name
	}
}

// typ is the type of a table.
func (d *Data) typ(name string) (typ, bool) {
	if d == nil {
		return anyType, false
	}
	t, ok := d.types[name]
	return t, ok
}

// names are the tables there are.
func (d *Data) names() []string {
	if d == nil {
		return nil
	}
	return slices.Sorted(maps.Keys(d.types))
}

// Rows are the tables that are lists of records, by name. They are not to be changed.
func (d *Data) Rows() map[string][]map[string]any {
	out := make(map[string][]map[string]any)
	if d == nil {
		return out
	}
	for name, table := range d.tables {
		list, ok := table.([]any)
		if !ok {
			continue
		}
		for _, item := range list {
			if row, ok := item.(map[string]any); ok {
				out[name] = append(out[name], row)
			}
		}
	}
	return out
}
