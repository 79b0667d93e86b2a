package flows

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

func TestTablesAreReadAsTheyAreMeant(t *testing.T) {
	t.Parallel()
	row := func(kv ...any) map[string]any {
		m := make(map[string]any)
		for i := 0; i < len(kv); i += 2 {
			m[kv[i].(string)] = kv[i+1]
		}
		return m
	}
	for _, tt := range []struct {
		name, file, text string
		want             any
	}{
		{"a column of numbers is numeric", "csv", "model,size\nGazelle,42\nZèbre,41.5\n", []any{row("model", "Gazelle", "size", 42.0), row("model", "Zèbre", "size", 41.5)}},
		{"a column with one word is text", "csv", "size\n42\nsmall\n", []any{row("size", "42"), row("size", "small")}},
		{"codes with a zero in front stay text", "csv", "zip\n01000\n69001\n", []any{row("zip", "01000"), row("zip", "69001")}},
		{"an empty cell is nil", "csv", "a,b\n1,\n,x\n", []any{row("a", 1.0), row("b", "x")}},
		{"a short row lacks its last cells", "csv", "a,b\n1\n", []any{row("a", 1.0)}},
		{"semicolons and decimal commas", "csv", "\ufeffmodel;price\nGazelle;99,90\n", []any{row("model", "Gazelle", "price", 99.9)}},
		{"quotes hold commas", "csv", "a,b\n\"x, y\",2\n", []any{row("a", "x, y", "b", 2.0)}},
		{"JSON", "json", `[{"a": 1, "b": null, "c": [true]}]`, []any{row("a", 1.0, "b", nil, "c", []any{true})}},
		{"YAML", "yaml", "- {a: 1, b: '1', c: true, d: no, e: 2026-01-02, f: 01}\n- a:\n", []any{row("a", 1.0, "b", "1", "c", true, "d", "no", "e", "2026-01-02", "f", "01"), row()}},
		{"a record", "yaml", "open: 10\n", row("open", 10.0)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			data, found := LoadData(fstest.MapFS{"data/x." + tt.file: {Data: []byte(tt.text)}})
			if found.HasErrors() || len(found) > 0 && !strings.Contains(tt.name, "short") {
				t.Fatal(found)
			}
			if diff := cmp.Diff(tt.want, data.tables["x"]); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

func TestNoDataIsNoError(t *testing.T) {
	t.Parallel()
	data, found := LoadData(fstest.MapFS{})
	if data == nil || len(found) > 0 {
		t.Errorf("got %v, %v", data, found)
	}
}

func TestTablesAreBounded(t *testing.T) {
	t.Parallel()
	many := fstest.MapFS{}
	for i := range maxTables + 1 {
		many[fmt.Sprintf("data/t%d.json", i)] = &fstest.MapFile{Data: []byte("[]")}
	}
	for name, fsys := range map[string]fstest.MapFS{
		"tables":  many,
		"rows":    {"data/x.csv": {Data: []byte("a\n" + strings.Repeat("1\n", maxRows+1))}},
		"columns": {"data/x.csv": {Data: []byte(strings.Repeat("a,", maxColumns+1) + "b\n")}},
		"bytes":   {"data/x.json": {Data: []byte(`"` + strings.Repeat("x", maxDataFile) + `"`)}},
	} {
		if data, found := LoadData(fsys); data != nil || !found.HasErrors() {
			t.Errorf("%s: no error", name)
		}
	}
}

// TestATableOfMillionsOfShortRowsIsRefusedInLittleMemory: what is missing in each of them
// was made room for, six gigabytes for four megabytes of a broken export.
func TestATableOfMillionsOfShortRowsIsRefusedInLittleMemory(t *testing.T) {
	names := strings.TrimSuffix(strings.Repeat("name,", 200), ",")
	for i := range 200 {
		names = strings.Replace(names, "name", fmt.Sprintf("c%d", i), 1)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, found := LoadData(fstest.MapFS{"data/x.csv": {Data: []byte(names + "\n" + strings.Repeat("1\n", 500_000))}})
	runtime.ReadMemStats(&after)
	if len(found) == 0 || !strings.Contains(found[len(found)-1].Message+found[0].Message, "more than 20000 rows") {
		t.Errorf("got %v", found)
	}
	if made := (after.TotalAlloc - before.TotalAlloc) >> 20; made > 500 {
		t.Errorf("it made %d MiB", made)
	}
}
