package flows

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// folders are those of a bot, beside bot.yaml.
var folders = []string{"flows", "data", "locales", "chats"}

// strays warns of what was meant as part of the bot and is not read: a folder of
// nearly the right name, and a flow beside bot.yaml.
func strays(fsys fs.FS, out *reporter) {
	entries, err := fs.ReadDir(fsys, ".")
	if err != nil {
		return // what is missing is said where it is read
	}
	for _, entry := range entries {
		name := entry.Name()
		switch {
		case strings.HasPrefix(name, ".") || slices.Contains(folders, name):
		case entry.IsDir():
			if meant := folderMeant(name); meant != "" && !sameFolder(fsys, entry, meant) {
				out.report(Warning, "file", Span{File: name}, "rename the folder to "+meant, fmt.Sprintf("the folder %s/ is not read", name))
			}
		case path.Ext(name) == ".yaml" || path.Ext(name) == ".yml":
			if name == "bot.yaml" || name == "bot.yml" {
				continue
			}
			if text, err := readFile(fsys, name, maxFileSize); err == nil && strings.Contains("\n"+string(text), "\nsteps:") {
				out.report(Warning, "file", Span{File: name}, "move it to flows/"+strings.TrimSuffix(name, path.Ext(name))+".yaml", "this flow is not read: flows stand in the folder flows/")
			}
		}
	}
	for _, folder := range folders {
		unread(fsys, folder, out)
	}
}

// dashed are the beginnings of steps by which a flow is told from a table with a column
// called steps.
var dashed = []string{"- say:", "- ask:", "- choose:", "- show:", "- opt_in:", "- set:", "- if:", "- id:"}

// unread warns of files of a folder that are what the folder is for, and have an ending by
// which they are not found: hello.yaml.txt, fr.json, monday.txt; and of flows in a folder
// for something else. What is neither may lie there.
func unread(fsys fs.FS, folder string, out *reporter) {
	left := maxFlows
	// What cannot be walked is said where the folder is read.
	_ = fs.WalkDir(fsys, folder, func(file string, entry fs.DirEntry, err error) error {
		name := entryName(entry, file)
		switch {
		case err != nil || strings.HasPrefix(name, ".") && entry.IsDir():
			return fs.SkipDir
		case strings.HasPrefix(name, ".") || entry.IsDir():
			return nil
		}
		if left--; left < 0 {
			return fs.SkipAll
		}
		ending, meant := path.Ext(name), false
		if folder != "flows" && folder != "locales" && (ending == ".yaml" || ending == ".yml") {
			if holds(fsys, file, "steps:") && slices.ContainsFunc(dashed, func(verb string) bool { return mentions(fsys, file, verb) }) {
				out.report(Warning, "file", Span{File: file}, "move it to flows/"+strings.TrimSuffix(name, ending)+".yaml", "this flow is not read: flows stand in the folder flows/")
			}
			return nil
		}
		switch folder {
		case "data":
			return nil // what is no table is said where tables are read
		case "flows":
			meant = ending != ".yaml" && ending != ".yml" && (holds(fsys, file, "steps:") || ending == ".json" && mentions(fsys, file, `"steps"`))
			ending = ".yaml"
		case "locales":
			meant = slices.Contains([]string{".txt", ".json", ".csv", ".po", ".properties", ""}, strings.ToLower(ending)) || ending != ".yaml" && strings.EqualFold(ending, ".yaml")
			ending = ".yaml"
		default:
			meant = ending != ".chat" && (holds(fsys, file, "> ", "< ") || ending == ".txt" && holds(fsys, file, "> "))
			ending = ".chat"
		}
		if meant {
			stem, _, _ := strings.Cut(name, ".")
			out.report(Warning, "file", Span{File: file}, "rename it to "+stem+ending, "only "+ending+" files are read here")
		}
		return nil
	})
}

// entryName is the name of a file or folder, also of one that cannot be looked at.
func entryName(entry fs.DirEntry, file string) string {
	if entry == nil {
		return path.Base(file)
	}
	return entry.Name()
}

// holds says whether a text file has a line that begins with each of some words.
func holds(fsys fs.FS, file string, words ...string) bool {
	text, err := readFile(fsys, file, maxFileSize)
	if err != nil {
		return false
	}
	lines := "\n" + string(text)
	return !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(lines, "\n"+w) })
}

// mentions says whether a text file holds some word.
func mentions(fsys fs.FS, file, word string) bool {
	text, err := readFile(fsys, file, maxFileSize)
	return err == nil && strings.Contains(string(text), word)
}

// folderMeant is the folder of a bot that somebody called otherwise, or "".
func folderMeant(name string) string {
	switch folded := fold(name); folded {
	case "flow", "flux", "dialogs", "dialogues", "conversations":
		return "flows"
	case "table", "tables", "datas":
		return "data"
	case "locale", "lang", "langs", "languages", "translations", "i18n":
		return "locales"
	case "chat", "transcripts":
		return "chats"
	default:
		if slices.Contains(folders, folded) {
			return folded
		}
	}
	return ""
}

// sameFolder says whether the right name leads to this folder too, as where capitals
// make no difference.
func sameFolder(fsys fs.FS, entry fs.DirEntry, meant string) bool {
	if !strings.EqualFold(entry.Name(), meant) {
		return false
	}
	_, err := fs.Stat(fsys, meant)
	return err == nil
}
