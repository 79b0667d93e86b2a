package flows

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// slips are what happens to a line when somebody edits it in a hurry.
var slips = map[string]func(string) string{
	"without its colon":          func(l string) string { return strings.Replace(l, ": ", " ", 1) },
	"without blank behind it":    func(l string) string { return strings.Replace(l, ": ", ":", 1) },
	"with a tab in front":        func(l string) string { return replacePrefix(l, "  ", "\t") },
	"one blank too far right":    func(l string) string { return " " + l },
	"two blanks too far right":   func(l string) string { return "  " + l },
	"one blank too far left":     func(l string) string { return replacePrefix(l, " ", "") },
	"two blanks too far left":    func(l string) string { return replacePrefix(l, "  ", "") },
	"without its last quote":     func(l string) string { return dropLast(l, `"`) },
	"without its last bracket":   func(l string) string { return dropLast(l, "]}") },
	"without its quotes":         func(l string) string { return strings.ReplaceAll(l, `"`, "") },
	"with a stray closing brace": func(l string) string { return l + "}" },
}

func replacePrefix(s, old, with string) string {
	if rest, ok := strings.CutPrefix(s, old); ok {
		return with + rest
	}
	return s
}

func dropLast(s, any string) string {
	if at := strings.LastIndexAny(s, any); at >= 0 {
		return s[:at] + s[at+1:]
	}
	return s
}

// One slip is one finding, on its line or a neighbour's. What YAML reads as
// something else, and right, makes none. A few slips of whole blocks cannot be told
// from several smaller ones.
func TestOneSlipIsOneFinding(t *testing.T) {
	t.Parallel()
	const few = 3 // in a hundred
	bot := fstest.MapFS{"flows/news.yaml": {Data: []byte("triggers:\n  - keywords: [news]\nsteps:\n  - opt_in: news\n")}}
	for _, m := range yamlBlock.FindAllStringSubmatch(readReference(t), -1) {
		if file := fileMark.FindStringSubmatch(m[1]); file != nil && bot[file[1]] == nil && len(bot) < 5 {
			bot[file[1]] = &fstest.MapFile{Data: []byte(m[1])}
		}
	}
	if _, _, found := Load(bot); len(found) > 0 {
		t.Fatal(found)
	}
	tried, missed := 0, 0
	for file, whole := range bot {
		lines := strings.Split(strings.TrimRight(string(whole.Data), "\n"), "\n")
		for name, slip := range slips {
			for i, line := range lines {
				slipped := slip(line)
				if slipped == line || strings.HasPrefix(line, "#") {
					continue
				}
				edited := slices.Clone(lines)
				edited[i] = slipped
				with := maps.Clone(bot)
				with[file] = &fstest.MapFile{Data: []byte(strings.Join(edited, "\n"))}
				_, _, found := Load(with)
				found = slices.DeleteFunc(found, func(d Diagnostic) bool { return d.Severity == Info })
				tried++
				harmless := len(found) == 0 && (strings.Contains(name, "blank") || strings.Contains(name, "brace") || strings.HasPrefix(file, "data/"))
				if !harmless && (len(found) != 1 || found[0].File != file || found[0].Line < i-1 || found[0].Line > i+3) {
					missed++
					t.Logf("%s:%d %s: %d findings\n%v", file, i+1, name, len(found), found)
				}
			}
		}
	}
	if tried < 300 || missed*100 > tried*few {
		t.Errorf("%d of %d slips are not one finding in their place", missed, tried)
	}
}
