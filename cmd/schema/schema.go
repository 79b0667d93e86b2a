// Package schema makes JSON Schemas of the flow language, so that editors complete
// keys, explain them and underline what cannot stand there. They are draft-07, which
// the YAML language server reads best, and know the shape of files only: what they
// let pass, `relance check` still judges.
package schema

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/google/jsonschema-go/jsonschema"

	"github.com/relance-bot/relance/flows"
)

const draft07 = "http://json-schema.org/draft-07/schema#"

// File is one schema as it is written beside a bot.
type File struct {
	Name string // flow.schema.json
	Of   string // flow, bot or locale
	Text []byte // JSON, indented
}

// Folder is where a bot keeps its schemas.
const Folder = ".relance"

// Line is the first line of a file of a bot, by which editors find its schema. path is
// the file's, within the bot, with slashes; ok is false if it has no schema.
func Line(path string) (line string, ok bool) {
	of := ""
	switch {
	case !strings.HasSuffix(path, ".yaml"):
	case path == "bot.yaml":
		of = "bot"
	case strings.HasPrefix(path, "flows/"):
		of = "flow"
	case strings.HasPrefix(path, "locales/"):
		of = "locale"
	}
	up := strings.Repeat("../", strings.Count(path, "/"))
	if up == "" {
		up = "./"
	}
	return "# yaml-language-server: $schema=" + up + Folder + "/" + fileName(of), of != ""
}

func fileName(of string) string { return of + ".schema.json" }

// Files are the schemas of flows/, bot.yaml and locales/.
func Files() ([]File, error) {
	var out []File
	for _, s := range []struct {
		of    string
		build func() *jsonschema.Schema
	}{{"flow", Flow}, {"bot", Bot}, {"locale", Locale}} {
		text, err := json.MarshalIndent(s.build(), "", "  ")
		if err != nil {
			return nil, fmt.Errorf("schema of %s: %w", s.of, err)
		}
		out = append(out, File{Name: fileName(s.of), Of: s.of, Text: append(text, '\n')})
	}
	return out, nil
}

// Flow is the schema of a file of flows/.
func Flow() *jsonschema.Schema { return file("flow", "Flow of a Relance bot") }

// Bot is the schema of bot.yaml.
func Bot() *jsonschema.Schema { return file("bot", "bot.yaml of a Relance bot") }

// Locale is the schema of a file of locales/: the author's texts, and the framework's
// own, which are known.
func Locale() *jsonschema.Schema {
	out := &jsonschema.Schema{
		Schema: draft07, Title: "Translations of a Relance bot", Type: "object",
		Description: "Each text of the flows, letter by letter, with its translation; keywords may have several.",
		Properties:  make(map[string]*jsonschema.Schema),
		AdditionalProperties: &jsonschema.Schema{
			Types: []string{"string", "number", "null", "array"}, Items: &jsonschema.Schema{Types: []string{"string", "number"}},
		},
	}
	var own []any
	for _, t := range flows.OwnTexts() {
		own = append(own, t.Key)
		out.Properties[t.Key] = &jsonschema.Schema{Type: "string", Description: "In English: " + t.English}
		out.PropertyOrder = append(out.PropertyOrder, t.Key)
	}
	out.PropertyNames = &jsonschema.Schema{AnyOf: []*jsonschema.Schema{{Enum: own}, {Not: &jsonschema.Schema{Pattern: `^relance\.`}}}}
	return out
}

// file is the schema of a kind of file, with the constructs that stand in it.
func file(name, title string) *jsonschema.Schema {
	b := &builder{defs: make(map[string]*jsonschema.Schema)}
	root, ok := flows.ConstructOf(flows.PlaceFile, name)
	if !ok {
		return nil
	}
	out := b.construct(&root)
	out.Schema, out.Title, out.Definitions = draft07, title, b.defs
	return out
}
