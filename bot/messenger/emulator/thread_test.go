package emulator

import (
	"net/http"
	"strings"
	"testing"
)

// control is a call about who has the conversation; it returns the code of a refusal.
func (b *bench) control(call string, body m) string {
	b.t.Helper()
	r, err := b.call(http.MethodPost, testPage+"/"+call, body)
	if err != nil {
		b.t.Fatal(err)
	}
	return r.code()
}

func TestAConversationThatPeopleHave(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	b.write("hi")
	pass := m{"recipient": m{"id": b.zoe}, "target_app_id": 263902037430900, "metadata": "asks"}
	for range 2 { // it may be done twice
		if code := b.control("pass_thread_control", pass); code != "" {
			t.Fatalf("the conversation is refused: %s", code)
		}
	}
	if got := b.send(to(b.zoe, m{"text": "hello"})).code(); got != "2018300" {
		t.Errorf("a message of the bot gets %q", got)
	}
	if got := b.send(m{"recipient": m{"id": b.zoe}, "sender_action": "typing_on"}).code(); got != "2018300" {
		t.Errorf("typing dots get %q", got)
	}
	b.write("anybody?")
	told := b.told()
	if last := told[len(told)-1]; !strings.Contains(last, `"standby":[`) || !strings.Contains(last, "anybody?") {
		t.Errorf("the bot hears %s, want it in standby", last)
	}
	b.ok(b.HandBack(b.zoe))
	told = b.told()
	if last := told[len(told)-1]; !strings.Contains(last, `"messaging":[`) || !strings.Contains(last, `"pass_thread_control":{"previous_owner_app_id":"263902037430900"`) {
		t.Errorf("the bot hears %s, want the conversation", last)
	}
	b.must(to(b.zoe, m{"text": "back"}))
	if err := b.HandBack(b.zoe); err == nil {
		t.Error("what the bot has is given back")
	}

	b.ok(b.TakeOver(b.zoe))
	told = b.told()
	if last := told[len(told)-1]; !strings.Contains(last, `"take_thread_control"`) {
		t.Errorf("the bot hears %s, want that it lost the conversation", last)
	}
	if code := b.control("take_thread_control", m{"recipient": m{"id": b.zoe}}); code != "" {
		t.Errorf("taking it back is refused: %s", code)
	}
	b.must(to(b.zoe, m{"text": "back again"}))

	for name, body := range map[string]m{
		"nobody":        {"recipient": m{"id": "1"}, "target_app_id": 263902037430900},
		"no target":     {"recipient": m{"id": b.zoe}},
		"another app":   {"recipient": m{"id": b.zoe}, "target_app_id": 5},
		"something odd": {"recipient": m{"id": b.zoe}, "target_app_id": 263902037430900, "text": "x"},
	} {
		if code := b.control("pass_thread_control", body); code == "" {
			t.Errorf("given to %s", name)
		}
	}
}
