package emulator

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// TestState: a platform started anew on the same file is the platform that was
// killed: people, chats, topics, windows, what was asked, and what was not delivered.
func TestState(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "state")
	remember := func(c *Config) { c.State = file }
	b := newBench(t, remember)
	token := b.accepted("News")
	b.must(byToken(token, m{"text": "hello", "quick_replies": quickly("More")}))
	b.ok(b.Flush(t.Context()))
	b.ok(b.React(b.zoe, "❤"))
	b.ok(b.Comment(b.zoe, "size?"))
	kenji := b.Join("", "Kenji", "", "en_US", "Asia/Tokyo")
	b.ok(b.Block(kenji))
	persona, err := b.call(http.MethodPost, "me/personas", m{"name": "Zoé", "profile_picture_url": "https://foulee.example/zoe.png"})
	b.ok(err)
	b.status = func(int) int { return http.StatusServiceUnavailable }
	b.write("not delivered yet")

	// Not closed: the process was killed.
	again := newBench(t, remember)
	ignore := cmpopts.IgnoreUnexported(Shown{})
	if diff := cmp.Diff(b.People(), again.People()); diff != "" {
		t.Errorf("people (-before +after):\n%s", diff)
	}
	if diff := cmp.Diff(b.Chat(b.zoe), again.Chat(b.zoe), ignore); diff != "" {
		t.Errorf("chat (-before +after):\n%s", diff)
	}
	if diff := cmp.Diff(b.Topics(b.zoe), again.Topics(b.zoe)); diff != "" {
		t.Errorf("topics (-before +after):\n%s", diff)
	}
	again.told()
	again.Retry()
	again.ok(again.Flush(t.Context()))
	if told := again.told(); len(told) != 1 || !strings.Contains(told[0], "not delivered yet") {
		t.Errorf("delivered later: %v", told)
	}
	again.write("hi")
	if told := again.told(); item(t, told[0])["timestamp"].(float64) <= item(t, b.bodies[len(b.bodies)-1])["timestamp"].(float64) {
		t.Error("time went back")
	}
	for name, c := range map[string]struct {
		body m
		code string
	}{
		"the token rests":        {byToken(token, m{"text": strings.Repeat("x", 251)}), "4/2018354"},
		"the topic was asked":    {to(again.zoe, optIn("News")), "613/1893016"},
		"Kenji blocked the Page": {to(kenji, m{"text": "hello"}), "551/1545041"},
		"the persona lives":      {m{"recipient": m{"id": again.zoe}, "messaging_type": "RESPONSE", "message": m{"text": "a"}, "persona_id": persona.body["id"]}, ""},
		"the comment waits":      {m{"recipient": m{"comment_id": commentIn(again.Chat(again.zoe))}, "message": m{"text": "a"}}, ""},
	} {
		if got := again.send(c.body); got.code() != c.code {
			t.Errorf("%s: code %q, want %q", name, got.code(), c.code)
		}
	}
	before, after := b.Chat(b.zoe), again.Chat(again.zoe)
	mids := map[string]bool{}
	for _, s := range before {
		mids[s.MID] = true
	}
	for _, s := range after[len(before):] {
		if mids[s.MID] {
			t.Errorf("id %s was given twice", s.MID)
		}
	}
}

func commentIn(chat []Shown) string {
	for _, s := range chat {
		if s.Kind == KindComment {
			return s.MID
		}
	}
	return ""
}

// TestCutLine: a line that was being written when the process died is not missed;
// any other broken line is reported, not skipped.
func TestCutLine(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "state")
	b := newBench(t, func(c *Config) { c.State = file })
	b.write("hi")
	b.ok(b.Close())
	text, err := os.ReadFile(file)
	b.ok(err)
	b.ok(os.WriteFile(file, append(text, `{"n":99,"person":{"ps`...), 0o600))
	again := newBench(t, func(c *Config) { c.State = file })
	if len(again.Chat(again.zoe)) != 1 {
		t.Errorf("chat %+v", again.Chat(again.zoe))
	}
	b.ok(again.Close())
	b.ok(os.WriteFile(file, append([]byte("{broken}\n"), text...), 0o600))
	_, err = New(Config{PageID: testPage, AccessToken: testToken, AppSecret: testSecret, State: file})
	if err == nil || !strings.Contains(err.Error(), "line 1") {
		t.Errorf("a broken line: %v", err)
	}
}

// TestStateIsPrivate: the file holds tokens and what people wrote.
func TestStateIsPrivate(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "state")
	newBench(t, func(c *Config) { c.State = file })
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v %v", info.Mode(), err)
	}
}

// TestRewrite: a file of mostly outdated lines is written anew and says the same.
func TestRewrite(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "state")
	b := newBench(t, func(c *Config) { c.State = file })
	b.write("hi")
	for range 200 {
		b.ok(b.Block(b.zoe))
		b.ok(b.Unblock(b.zoe))
	}
	b.journal.size += journalSlack // as if there had been far more
	grown := b.journal.size
	b.pass(time.Minute)
	b.ok(b.Block(b.zoe))
	if b.journal.size >= grown {
		t.Fatalf("%d bytes after %d", b.journal.size, grown)
	}
	again := newBench(t, func(c *Config) { c.State = file })
	if !again.People()[0].Blocked {
		t.Error("the last thing is forgotten")
	}
}
