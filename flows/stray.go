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
