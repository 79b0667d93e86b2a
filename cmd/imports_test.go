package cmd

import (
	"encoding/json"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/relance-bot/relance"

// pkg is what go list tells about a package.
type pkg struct {
	ImportPath string
	Imports    []string
	GoFiles    []string
	Dir        string
}

func packages(t *testing.T) []pkg {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Imports,GoFiles,Dir", module+"/...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var pkgs []pkg
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p pkg
		if err := dec.Decode(&p); err == io.EOF {
			return pkgs
		} else if err != nil {
			t.Fatal(err)
		}
		pkgs = append(pkgs, p)
	}
}

// mayImport are the packages of ours that each package may import. What is not
// listed may import nothing of ours.
var mayImport = map[string][]string{
	"flows":                   nil,
	"storage":                 nil,
	"storage/groupcommit":     {"storage"},
	"storage/sealed":          {"storage"},
	"storage/sqlite":          {"storage", "storage/groupcommit"},
	"storage/postgres":        {"storage", "storage/groupcommit"},
	"storage/postgres/pgtest": nil,
	"storage/storagetest":     {"storage"},
	"storage/transfer":        {"storage"},
	"bot":                     {"flows", "storage"},
	"bot/channeltest":         {"bot", "flows", "storage"},
	"bot/lives":               nil,
	"bot/chat":                {"bot", "flows", "storage"},
	"bot/console":             {"bot", "flows", "storage"},
	"bot/instagram":           {"bot", "bot/messenger", "flows", "storage"},
	"bot/messenger":           {"bot", "flows", "storage"},
	"bot/messenger/emulator":  nil,
	"bot/server":              {"bot", "flows", "storage"},
	"cmd": {
		"bot", "bot/chat", "bot/console", "bot/instagram", "bot/messenger", "bot/messenger/emulator", "bot/server", "cmd/bench", "cmd/graph", "cmd/schema", "cmd/simulate", "flows", "storage", "storage/postgres", "storage/sealed", "storage/sqlite", "storage/transfer",
	},
	"cmd/bench":    {"bot", "flows", "storage", "storage/postgres", "storage/sqlite"},
	"cmd/graph":    {"flows"},
	"cmd/schema":   {"flows"},
	"cmd/simulate": {"bot", "bot/messenger/emulator", "flows", "storage"},
	"cmd/relance":  {"bot", "cmd"},
}

// onlyIn are the packages that alone may import a library. cmd/bench has its own
// use of some: its floors are written without anything of ours.
var onlyIn = map[string][]string{
	"github.com/gofiber/fiber":        {"bot/server", "cmd/bench"},
	"github.com/valyala/fasthttp":     {"bot/server", "bot/messenger", "cmd/bench"},
	"github.com/jackc/pgx":            {"storage/postgres", "storage/postgres/pgtest", "cmd/bench"},
	"gopkg.in/yaml.v3":                {"flows"},
	"github.com/expr-lang/expr":       {"flows"},
	"github.com/mattn/go-sqlite3":     {"storage/sqlite", "cmd/bench"},
	"github.com/spf13/cobra":          {"cmd"},
	"github.com/google/jsonschema-go": {"cmd/schema"},
	"github.com/prometheus/client_go": {"bot/server"},
}

func TestPackagesImportOnlyWhatTheyMay(t *testing.T) {
	t.Parallel()
	for _, p := range packages(t) {
		name := strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, module), "/")
		if strings.HasPrefix(name, "examples/") {
			continue // a developer's own binary
		}
		allowed, known := mayImport[name]
		if !known {
			t.Errorf("%s: a package that this test does not know: say what it may import", name)
			continue
		}
		for _, imported := range p.Imports {
			if ours, ok := strings.CutPrefix(imported, module+"/"); ok && !slices.Contains(allowed, ours) {
				t.Errorf("%s imports %s", name, ours)
			}
			for library, places := range onlyIn {
				if strings.HasPrefix(imported, library) && !slices.Contains(places, name) {
					t.Errorf("%s imports %s, which only %s may", name, imported, strings.Join(places, " and "))
				}
			}
		}
	}
}

func TestStorageNeedsTheStandardLibraryOnly(t *testing.T) {
	t.Parallel()
	for _, p := range packages(t) {
		name := strings.TrimPrefix(p.ImportPath, module+"/")
		if name != "storage" && name != "bot/messenger/emulator" {
			continue
		}
		for _, imported := range p.Imports {
			if strings.Contains(strings.SplitN(imported, "/", 2)[0], ".") {
				t.Errorf("%s imports %s", name, imported)
			}
		}
	}
}

func TestOneFileOfFlowsReadsYAML(t *testing.T) {
	t.Parallel()
	out, err := exec.CommandContext(t.Context(), "grep", "-l", `"gopkg.in/yaml.v3"`, "-r", "--include=*.go", "../flows").Output()
	if err != nil {
		t.Fatalf("grep: %v", err)
	}
	if files := strings.Fields(string(out)); len(files) != 1 || !strings.HasSuffix(files[0], "flows/decode.go") {
		t.Errorf("YAML is read in %v, want flows/decode.go alone", files)
	}
}
