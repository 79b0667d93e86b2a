package bot_test

import (
	"strings"
	"testing"
	"time"
)

// deploys starts the bot anew with other files.
func (w *world) deploys(files map[string]string) {
	w.t.Helper()
	w.down()
	w.files = files
	w.open()
	w.settle()
}

var talk = with(flagship, "flows/talk.yaml", `
triggers:
  - keywords: [parlons]
steps:
  - ask: Ton nom ?
    save: contact.first_name
  - say: Enchanté, {{ contact.first_name }}.
  - ask: Ta ville ?
    save: city
  - say: Ah, {{ city }} !
`)

// shorter is a program where that conversation is another.
var shorter = with(talk, "flows/talk.yaml", `
triggers:
  - keywords: [parlons]
steps:
  - say: On ne parle plus.
`)

func TestARunningSessionFinishesOnItsOwnProgram(t *testing.T) {
	t.Parallel()
	w := newWorld(t, talk)
	w.does(w.writes("zoe", "parlons"))
	w.deploys(shorter)
	w.does(w.writes("zoe", "Zoé"))
	w.deploys(with(shorter, "flows/hello.yaml", strings.Replace(shorter["flows/hello.yaml"], "Bonjour", "Salut", 1)))
	w.does(w.writes("zoe", "Lyon"))
	w.expect("zoe", "Ton nom ?", "Enchanté, Zoé.", "Ta ville ?", "Ah, Lyon !")
	w.does(w.writes("zoe", "parlons"))
	w.expect("zoe", "On ne parle plus.")
	w.does(w.writes("zoe", "?"))
	w.expect("zoe", "Salut !")
}

func TestANotificationIsMadeByTodaysProgram(t *testing.T) {
	t.Parallel()
	w := newWorld(t, with(talk, "flows/back_in_stock.yaml", ""))
	w.subscribes("zoe", "restock", "daily")
	w.does(w.writes("zoe", "parlons"))
	w.expect("zoe", "Ton nom ?")
	w.deploys(with(shorter, "flows/back_in_stock.yaml", `
triggers:
  - event: restock
    topic: restock
    where: event.model == interest.model && event.size == interest.size
steps:
  - say: La {{ event.model }} !
  - say: Et plus.
`))
	w.passes(15 * time.Minute)
	w.sells(back("1"))
	w.expect("zoe", "La Gazelle !  [Stop]")
	w.decided("zoe", "sent lane=window")
	w.does(w.writes("zoe", "Zoé")) // the conversation goes on where it was
	w.expect("zoe", "Enchanté, Zoé.", "Ta ville ?")
}

// chatty has something to say after its notification.
func chatty(more string) map[string]string {
	return with(talk, "flows/back_in_stock.yaml", `
triggers:
  - event: restock
    topic: restock
steps:
  - say: La revoilà !
  - say: `+more+`
`)
}

func TestWhatANotificationHasMoreToSayGoesOnBesideAnOlderSession(t *testing.T) {
	t.Parallel()
	w := newWorld(t, chatty("Tu la veux ?"))
	w.subscribes("zoe", "restock", "daily")
	w.does(w.writes("zoe", "parlons"))
	w.ignore("zoe")
	w.deploys(with(chatty("Tu la veux ?"), "flows/hello.yaml", strings.Replace(talk["flows/hello.yaml"], "Bonjour", "Salut", 1)))
	w.passes(15 * time.Minute)
	w.sells(back("1"))
	w.does(w.writes("zoe", "Zoé"))
	w.does(w.writes("zoe", "Lyon"))
	w.does(w.writes("zoe", "oui"))
	w.expect("zoe", "La revoilà !  [Stop]", "Enchanté, Zoé.", "Ta ville ?", "Ah, Lyon !", "Tu la veux ?")
}

func TestANotificationThatTakesThePlaceOfAnOlderOneIsAllTodays(t *testing.T) {
	t.Parallel()
	w := newWorld(t, chatty("Tu la veux ?"))
	w.subscribes("zoe", "restock", "daily")
	w.sells(back("1"))
	w.deploys(chatty("On te la garde ?"))
	w.passes(2 * day)
	w.ignore("zoe")
	w.sells(back("2"))
	w.does(w.writes("zoe", "oui"))
	w.expect("zoe", "La revoilà !  [Stop]", "On te la garde ?")
}

func TestAHeldNotificationIsMadeByTodaysProgram(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship)
	w.subscribes("zoe", "restock", "daily")
	w.sells(back("1"), back("2"))
	w.ignore("zoe")
	w.deploys(with(flagship, "flows/back_in_stock.yaml", strings.Replace(flagship["flows/back_in_stock.yaml"], "de retour", "là", 1)))
	w.passes(day)
	w.expect("zoe", "La Gazelle en 42 est là !  [Stop]")
}

func TestAnOldButtonDoesWhatTodaysProgramSays(t *testing.T) {
	t.Parallel()
	button := with(talk, "flows/hello.yaml", `
triggers:
  - fallback: true
steps:
  - say: Bonjour !
    buttons: [{label: Parler, go: talk}]
`)
	w := newWorld(t, button)
	w.does(w.writes("zoe", "?"))
	w.does(w.writes("zoe", "parlons")) // a conversation of the old program runs
	w.deploys(with(shorter, "flows/hello.yaml", button["flows/hello.yaml"]))
	w.ignore("zoe")
	w.does(w.taps("zoe", "Parler"))
	w.expect("zoe", "On ne parle plus.")
}

func TestASessionWhoseProgramIsLostEnds(t *testing.T) {
	t.Parallel()
	w := newWorld(t, talk)
	w.subscribes("zoe", "restock", "daily")
	w.does(w.writes("zoe", "parlons"))
	w.ignore("zoe")
	w.damage("zoe", "lost", nil)
	w.does(w.writes("zoe", "stop"))
	w.expect("zoe", "C'est fait : je ne t'écrirai plus de moi-même.")
	w.stands("zoe", "restock", "stopped")

	w.does(w.writes("zoe", "parlons"))
	w.ignore("zoe")
	w.damage("zoe", "", []byte(`{"s":[{}]}`))
	w.does(w.writes("zoe", "?"))
	w.expect("zoe", "Bonjour !")
}

func TestAPersonOfAPageThatIsGoneIsLeftAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship, newPlatform("1", tokenLane{name: "recurring"}), newPlatform("2"))
	w.subscribes("zoe", "restock", "daily")
	w.down()
	w.pages = w.pages[1:]
	w.open()
	w.sells(back("1"))
	w.decided("zoe", "held rule=paused next=2026-03-27 18:10")
	w.passes(8 * day)
	w.decided("zoe", "skipped rule=paused")
	if n := len(w.home.all()); n > 0 {
		t.Errorf("%d messages went to a page that is gone", n)
	}
}

func TestTheDataOfTablesIsReadFresh(t *testing.T) {
	t.Parallel()
	files := with(flagship, "data/words.yaml", "- {word: un}\n", "flows/hello.yaml", `
triggers:
  - fallback: true
steps:
  - say: "{{ first(data.words).word }}"
`)
	w := newWorld(t, files)
	w.does(w.writes("zoe", "?"))
	_, data := load(t, with(files, "data/words.yaml", "- {word: deux}\n"))
	w.bot.SetData(data)
	w.does(w.writes("zoe", "?"))
	w.expect("zoe", "un", "deux")
}
