package schema

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/jsonschema-go/jsonschema"
	"gopkg.in/yaml.v3"

	"github.com/relance-bot/relance/flows"
)

// schemas are the resolved schemas by what they are of.
func schemas(t *testing.T) map[string]*jsonschema.Resolved {
	t.Helper()
	out := make(map[string]*jsonschema.Resolved)
	for of, s := range map[string]*jsonschema.Schema{"flow": Flow(), "bot": Bot(), "locale": Locale()} {
		r, err := s.Resolve(nil)
		if err != nil {
			t.Fatalf("%s: %v", of, err)
		}
		out[of] = r
	}
	return out
}

// validate holds a file against its schema; ok is false if it has none.
func validate(all map[string]*jsonschema.Resolved, path string, text []byte) (ok bool, err error) {
	line, ok := Line(path)
	if !ok {
		return false, nil
	}
	of := strings.TrimSuffix(line[strings.LastIndex(line, "/")+1:], ".schema.json")
	var v any
	if err := yaml.Unmarshal(text, &v); err != nil {
		return true, err
	}
	return true, all[of].Validate(asJSON(v))
}

// asJSON is a YAML value as editors see it: keys and dates are texts.
func asJSON(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, item := range v {
			out[k] = asJSON(item)
		}
		return out
	case map[any]any:
		out := make(map[string]any, len(v))
		for k, item := range v {
			out[fmt.Sprint(k)] = asJSON(item)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, item := range v {
			out[i] = asJSON(item)
		}
		return out
	case time.Time:
		return v.Format(time.DateOnly)
	case int:
		return float64(v)
	}
	return v
}

// bots are all folders below a place that hold a bot.yaml.
func bots(t *testing.T, below string) []string {
	t.Helper()
	var out []string
	err := filepath.WalkDir(below, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Name() == "bot.yaml" {
			out = append(out, filepath.Dir(path))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// eachFile visits the files of a bot that have a schema.
func eachFile(t *testing.T, dir string, visit func(path string, text []byte)) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err == nil {
			visit(filepath.ToSlash(name), text)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestEveryGoodFileIsValid(t *testing.T) {
	t.Parallel()
	all := schemas(t)
	var good []string
	for _, below := range []string{"../../examples", "../starter", "../testdata/language", "../../flows/testdata/talk"} {
		good = append(good, bots(t, below)...)
	}
	files := 0
	for _, dir := range good {
		eachFile(t, dir, func(path string, text []byte) {
			ok, err := validate(all, path, text)
			if ok {
				files++
			}
			if err != nil {
				t.Errorf("%s/%s: %v", dir, path, err)
			}
		})
	}
	for path, text := range samples(t) {
		files++
		if _, err := validate(all, path, []byte(text)); err != nil {
			t.Errorf("the reference: %v in\n%s", err, text)
		}
	}
	if files < 30 {
		t.Errorf("only %d files were held against their schema", files)
	}
}

var (
	yamlBlock = regexp.MustCompile("(?ms)^```yaml\n(.*?)^```$")
	fileMark  = regexp.MustCompile(`^# (bot\.yaml|(?:flows|locales|data)/\S+)\n`)
)

// samples are the YAML of the reference as files; what names no file is steps.
func samples(t *testing.T) map[string]string {
	t.Helper()
	reference, err := os.ReadFile("../../flows/REFERENCE.md")
	if err != nil {
		t.Fatal(err)
	}
	out := make(map[string]string)
	for i, m := range yamlBlock.FindAllStringSubmatch(string(reference), -1) {
		file := fileMark.FindStringSubmatch(m[1])
		switch {
		case file == nil:
			out[fmt.Sprintf("flows/sample%d.yaml", i)] = "steps:\n  " + strings.ReplaceAll(strings.TrimRight(m[1], "\n"), "\n", "\n  ") + "\n"
		case strings.HasPrefix(file[1], "flows/"):
			out[fmt.Sprintf("flows/file%d.yaml", i)] = m[1]
		default:
			out[file[1]] = m[1]
		}
	}
	return out
}

func TestExamplesFitTheirKeys(t *testing.T) {
	t.Parallel()
	for _, c := range flows.Grammar() {
		for i := range c.Keys {
			b := &builder{defs: make(map[string]*jsonschema.Schema)}
			s := &jsonschema.Schema{AllOf: []*jsonschema.Schema{b.key(&c.Keys[i], "")}, Definitions: b.defs}
			r, err := s.Resolve(nil)
			if err == nil {
				err = r.Validate(c.Keys[i].Value())
			}
			if err != nil {
				t.Errorf("%s: %s: %v", c.Title(), c.Keys[i].Name, err)
			}
		}
	}
}

// ofShape are the findings that are about the shape of a file, so that an editor
// should show each of them.
var ofShape = []string{"step-unknown", "step-verb", "key-unknown", "key-missing", "value-unknown", "shape", "boolean", "number", "duration", "too-many",
	"button", "quick-reply", "trigger", "wait", "rate", "quiet-hours", "holdout", "link", "phone", "step-id"}

// beyond are broken bots whose finding is one of shape and which a schema cannot see.
var beyond = map[string]string{
	"button-template":        "what an approved template's buttons may be is not of shape",
	"link-media":             "whose address it is, is not of shape",
	"number-amount":          "a price may be an expression",
	"number-weight":          "which numbers make sense is not of shape",
	"trigger-twice-language": "two files are compared",
	"duration-resume":        "how much is too much is not of shape",
	"quiet-hours-date":       "they are compared with the times of a flow",
	"duration-typing":        "how much is too much is not of shape",
	"duration-call":          "how much is too much is not of shape",
	"number-retries":         "how much is too much is not of shape",
	"key-missing-choices":    "the choices may be those of the field",
	"number-bounds":          "two numbers are compared",
	"quiet-hours-swallow":    "they are compared with the times of a flow",
	"trigger-twice":          "two files are compared",
	"trigger-twice-cron":     "two files are compared",
	"trigger-link":           "what stands in a ref is not of shape",
	"trigger-twice-fallback": "two files are compared",
	"trigger-twice-comment":  "two files are compared",
	"trigger-comment-comma":  "a comma may belong to one phrase",
	"trigger-keyword-comma":  "a comma may belong to one phrase",
	"trigger-comment":        "what is left of a word without its punctuation is not of shape",
	"shape-translation":      "a list is right if the text is a keyword",
}

func TestEditorsSeeMistakesOfShape(t *testing.T) {
	t.Parallel()
	all := schemas(t)
	seen := 0
	for _, dir := range bots(t, "../../flows/testdata/broken") {
		name := filepath.Base(dir)
		if !slices.ContainsFunc(ofShape, func(code string) bool { return name == code || strings.HasPrefix(name, code+"-") }) {
			continue
		}
		var wrong []string
		eachFile(t, dir, func(path string, text []byte) {
			if _, err := validate(all, path, text); err != nil {
				wrong = append(wrong, path)
			}
		})
		switch reason, excused := beyond[name]; {
		case excused && len(wrong) > 0:
			t.Errorf("%s is seen by the schema, and listed as beyond it (%s)", name, reason)
		case !excused && len(wrong) == 0:
			t.Errorf("%s: no schema sees the mistake; if none can, list it in beyond, with the reason", name)
		}
		seen++
	}
	if seen < 2 {
		t.Errorf("only %d broken bots were tried", seen)
	}
}
