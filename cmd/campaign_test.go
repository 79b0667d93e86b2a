package cmd

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/storage"
	"github.com/relance-bot/relance/storage/sqlite"
)

// cancelledCampaign is a bot that has had one, and does not run.
func cancelledCampaign(t *testing.T) (dir string, env map[string]string) {
	t.Helper()
	dir = writeBot(t, doctoredBot, "")
	store, err := sqlite.Open(t.Context(), filepath.Join(dir, "relance.db"), sqlite.Config{Exclusive: true})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	if err := store.Write(t.Context(), func(tx storage.Tx) error {
		if err := tx.PutContact(storage.Contact{ID: "messenger:" + emulatorPage + ":7", Locale: "fr_FR", CreatedAt: setupDay, LastAct: setupDay}); err != nil {
			return err
		}
		return tx.MakeCampaign(storage.Campaign{Trigger: "back", ID: "e1", Flow: "back", Topic: "restock", At: setupDay, State: bot.CampaignCancelled})
	}); err != nil {
		t.Fatal(err)
	}
	return dir, map[string]string{"RELANCE_LISTEN": "127.0.0.1:1"}
}

// TestAWatchedCampaignIsJSON and nothing else, where that is asked for.
func TestAWatchedCampaignIsJSON(t *testing.T) {
	t.Parallel()
	dir, env := cancelledCampaign(t)
	var printed, told output
	a := newApp(env, &printed)
	a.stderr = &told
	if code := a.execute(t.Context(), []string{"campaign", "show", "back", "--watch", "--json", "--dir", dir}); code != exitFine {
		t.Fatalf("exit %d: %s", code, &told)
	}
	var v bot.CampaignView
	if err := json.Unmarshal([]byte(printed.String()), &v); err != nil || v.State != bot.CampaignCancelled {
		t.Errorf("what is printed is no campaign: %v\n%s", err, &printed)
	}
	if !strings.Contains(told.String(), "0 of 0  cancelled") {
		t.Errorf("how far it is, is told as %q", &told)
	}
}

// TestATestOfACampaignSaysWhenNobodySendsIt: it is stored, and no bot runs.
func TestATestOfACampaignSaysWhenNobodySendsIt(t *testing.T) {
	t.Parallel()
	dir, env := cancelledCampaign(t)
	var printed output
	a := newApp(env, &printed)
	a.clock = stoppedClock{at: setupDay.Add(time.Hour)}
	code := a.execute(t.Context(), []string{"campaign", "test", "messenger:" + emulatorPage + ":7", "--flow", "back", "--event", "model=Gazelle", "--dir", dir})
	if out := printed.String(); code != exitFine || !strings.HasPrefix(out, "Kept for messenger:"+emulatorPage+":7, by the lane window:\n") || !strings.HasSuffix(out, "No bot runs now: it goes when one does.\n") {
		t.Errorf("exit %d\n%s", code, out)
	}
}

// TestAPreviewOfACampaignTakesNoEvent: what it is about is known, and a second word about
// it would count for nothing.
func TestAPreviewOfACampaignTakesNoEvent(t *testing.T) {
	t.Parallel()
	dir, env := cancelledCampaign(t)
	if code, out := cli(t, env, "campaign", "preview", "back@e1", "--event", "model=Gazelle", "--dir", dir); code != exitUsage || !strings.Contains(out, "--event") {
		t.Errorf("exit %d\n%s", code, out)
	}
}

// TestSteeringWithoutAKeySaysWhatToDo: a server of a real Page that has none answers
// nobody, and whoever asks is not sent in circles.
func TestSteeringWithoutAKeySaysWhatToDo(t *testing.T) {
	t.Parallel()
	_, env := wirePlatform(t, nil)
	b := startBot(t, writeBot(t, doctoredBot, ""), env)
	code, out := cli(t, b.env, "campaign", "pause", "back", "--dir", b.dir)
	if code != exitFailed || !strings.Contains(out, "set RELANCE_API_KEY, the same for the server, and start it anew") {
		t.Errorf("pause: exit %d\n%s", code, out)
	}
	if code, out := cli(t, b.env, "campaign", "list", "--dir", b.dir); code != exitFine { // what is stored is there to be seen
		t.Errorf("list: exit %d\n%s", code, out)
	}
}
