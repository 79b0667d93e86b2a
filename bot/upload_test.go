package bot_test

import (
	"testing"
	"time"

	"github.com/relance-bot/relance/bot"
)

// A file whose address stands in a flow is uploaded once: its id outlives the process, ends
// with its 90 days, and is let go when the platform has lost it. What is somebody's own
// goes by its address.
func TestFilesAreUploadedOnce(t *testing.T) {
	t.Parallel()
	page := newPlatform("1")
	w := newWorld(t, map[string]string{
		"bot.yaml":     "name: Foulée\nlocale: fr\nfields:\n  photo: {type: text}\n",
		"flows/a.yaml": "triggers: [{keywords: [lacets]}]\nsteps:\n  - show: image\n    url: https://foulee.example/lacets.png\n",
		"flows/b.yaml": "triggers: [{keywords: [moi]}]\nsteps:\n  - set: {contact.photo: \"https://foulee.example/zoe.png\"}\n  - show: image\n    url: \"{{ contact.photo }}\"\n",
		"flows/c.yaml": "triggers: [{keywords: [film]}]\nsteps:\n  - show: video\n    url: https://foulee.example/lacets.png\n",
	}, page)
	shows := func(word, want string, answer bot.Outcome) {
		t.Helper()
		answer.Status, answer.MID = bot.Accepted, "m_"+w.clock.Now().String()
		page.script = append(page.script, answerOnce(answer))
		w.does(w.writes("zoe", word))
		got := page.posts[len(page.posts)-1]
		if got.FileID != want || got.Message.Fixed != (word != "moi") {
			t.Errorf("%s shown as %q, fixed %v, want %q", word, got.FileID, got.Message.Fixed, want)
		}
	}
	shows("lacets", "", bot.Outcome{}) // the platform gave no id
	shows("lacets", "", bot.Outcome{FileID: "file 1"})
	shows("lacets", "file 1", bot.Outcome{})
	shows("film", "", bot.Outcome{}) // another kind of file
	shows("moi", "", bot.Outcome{FileID: "file 2"})
	shows("moi", "", bot.Outcome{})
	w.crash()
	shows("lacets", "file 1", bot.Outcome{})
	shows("lacets", "file 1", bot.Outcome{FileGone: true, FileID: "file 3"})
	shows("lacets", "file 3", bot.Outcome{FileGone: true})
	shows("lacets", "", bot.Outcome{FileID: "file 4"})
	w.passes(88 * 24 * time.Hour)
	shows("lacets", "file 4", bot.Outcome{})
	w.passes(2 * 24 * time.Hour)
	shows("lacets", "", bot.Outcome{FileID: "file 5"})
	w.crash()
	shows("lacets", "file 5", bot.Outcome{})
}

// answerOnce answers the next message with an outcome, and shows it.
func answerOnce(o bot.Outcome) answer {
	return answer{meant: func(bot.Delivery) bool { return true }, left: 1, outcome: o, shown: true}
}
