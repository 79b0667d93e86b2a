package emulator

import (
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// fault asks for a fault as programs do.
func (b *bench) fault(body string) {
	b.t.Helper()
	if w := b.visit(http.MethodPost, "/phone/fault", body); w.Code != http.StatusOK {
		b.t.Fatalf("%s: %d %s", body, w.Code, w.Body)
	}
}

// texts are what the bot was told since, as the words of its messages.
func (b *bench) texts() string {
	b.t.Helper()
	var words []string
	for _, body := range b.told() {
		if message, ok := item(b.t, body)["message"].(map[string]any); ok && message["is_echo"] == nil {
			words = append(words, message["text"].(string))
		}
	}
	return strings.Join(words, " ")
}

// TestFaultsOfWebhooks: what the bot hears late, twice, in reverse, or not at all.
func TestFaultsOfWebhooks(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name string
		play func(b *bench)
		told string
	}{
		{"late", func(b *bench) {
			b.fault(`{"fault":"late","by":"30s"}`)
			b.write("one")
			b.write("two") // waits behind it
			b.pass(29 * time.Second)
			b.ok(b.Flush(b.t.Context()))
			if told := b.texts(); told != "" {
				b.t.Errorf("told before its time: %s", told)
			}
			b.pass(time.Second)
			b.ok(b.Flush(b.t.Context()))
		}, "one two"},
		{"repeated", func(b *bench) {
			b.fault(`{"fault":"repeat","times":2}`)
			b.write("one")
			b.write("two")
			b.write("three")
		}, "one one two two three"},
		{"reversed", func(b *bench) {
			b.fault(`{"fault":"hold"}`)
			b.write("one")
			b.write("two")
			b.fault(`{"fault":"release","reversed":true}`)
		}, "two one"},
		{"unsubscribed", func(b *bench) {
			b.fault(`{"fault":"unsubscribe"}`)
			b.write("one")
			b.must(to(b.zoe, m{"text": "sends still work"}))
			b.fault(`{"fault":"subscribe"}`)
			b.write("two")
		}, "two"},
		{"well again", func(b *bench) {
			for _, fault := range []string{
				`{"fault":"hold"}`, `{"fault":"repeat"}`, `{"fault":"refuse","code":2}`, `{"fault":"timeout"}`, `{"fault":"lose"}`,
				`{"fault":"limit","per_second":1}`, `{"fault":"dead_token","subcode":460}`, `{"fault":"late","by":"10m"}`, `{"fault":"unsubscribe"}`,
			} {
				b.fault(fault)
			}
			b.fault(`{"fault":"none"}`)
			b.write("one")
			b.must(to(b.zoe, m{"text": "hello"}))
			b.must(to(b.zoe, m{"text": "hello again"}))
		}, "one"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, nil)
			c.play(b)
			if told := b.texts(); told != c.told {
				t.Errorf("told %q, want %q", told, c.told)
			}
		})
	}
}

// TestFaultsOfSends: what the Graph API answers.
func TestFaultsOfSends(t *testing.T) {
	t.Parallel()
	hello := m{"text": "hello"}
	cases := []struct {
		fault string
		codes string // of three messages; "cut" has no answer
		shown int
	}{
		{`{"fault":"refuse","code":551,"subcode":1545041,"times":2}`, "551/1545041 551/1545041 ok", 1},
		{`{"fault":"timeout","times":2}`, "cut cut ok", 3},
		{`{"fault":"lose"}`, "cut ok ok", 2},
		{`{"fault":"limit","per_second":2}`, "ok ok 613", 2},
		{`{"fault":"dead_token","subcode":463}`, "190/463 190/463 190/463", 0},
		{`{"fault":"give_token","token":"another"}`, "190 190 190", 0},
	}
	for _, c := range cases {
		t.Run(c.fault, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, nil)
			b.write("hi")
			b.fault(c.fault)
			var codes []string
			for range 3 {
				answer, err := b.call(http.MethodPost, testPage+"/messages", to(b.zoe, hello))
				switch {
				case err != nil:
					codes = append(codes, "cut")
				case answer.code() == "":
					codes = append(codes, "ok")
				default:
					codes = append(codes, answer.code())
				}
			}
			if got := strings.Join(codes, " "); got != c.codes {
				t.Errorf("answers %q, want %q", got, c.codes)
			}
			if shown := len(b.Chat(b.zoe)) - 1; shown != c.shown {
				t.Errorf("%d messages are shown, want %d", shown, c.shown)
			}
		})
	}
}

// TestTheDeveloperIsTold: a quarter of an hour without a 200.
func TestTheDeveloperIsTold(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	b.status = func(int) int { return 500 }
	b.write("hi")
	b.pass(15*time.Minute - time.Second)
	if v := b.pageState(""); !v.Failing.IsZero() {
		t.Errorf("told after less: %s", v.Failing)
	}
	b.pass(time.Second)
	if v := b.pageState(""); !v.Failing.Equal(friday) {
		t.Errorf("failing since %s", v.Failing)
	}
	b.status = nil
	b.ok(b.Flush(t.Context()))
	if v := b.pageState(""); !v.Failing.IsZero() {
		t.Errorf("failing though it answers: %s", v.Failing)
	}
}

// TestTheReadmeListsWhatThereIs: acts and faults, no more and no fewer.
func TestTheReadmeListsWhatThereIs(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ file, in, of string }{
		{"phone_act.go", "(?s)func \\(p \\*Platform\\) phoneAct\\(.*?\n}", "(?s)\\| `act` \\|.*?\n\n"},
		{"phone_fault.go", "(?s)func \\(p \\*Platform\\) phoneFault\\(.*?\n}", "(?s)\\| `fault` \\|.*?\n\n"},
	} {
		source, err := os.ReadFile(c.file)
		if err != nil {
			t.Fatal(err)
		}
		var there, listed []string
		for _, line := range regexp.MustCompile(`(?m)^\tcase (.*):$`).FindAllStringSubmatch(regexp.MustCompile(c.in).FindString(string(source)), -1) {
			for _, word := range regexp.MustCompile(`"([a-z_]+)"`).FindAllStringSubmatch(line[1], -1) {
				there = append(there, word[1])
			}
		}
		for _, line := range strings.Split(regexp.MustCompile(c.of).FindString(string(readme)), "\n") {
			cell, _, _ := strings.Cut(strings.TrimPrefix(line, "| "), " |")
			find := "`([a-z_]+)`"
			if c.file == "phone_fault.go" {
				find = `"fault":"([a-z_]+)"`
				cell = line
			}
			for _, word := range regexp.MustCompile(find).FindAllStringSubmatch(cell, -1) {
				listed = append(listed, word[1])
			}
		}
		slices.Sort(there)
		slices.Sort(listed)
		listed = slices.Compact(slices.DeleteFunc(listed, func(w string) bool { return w == "act" || w == "fault" }))
		if len(there) < 10 || !slices.Equal(there, listed) {
			t.Errorf("%s has\n%v\nand the README lists\n%v", c.file, there, listed)
		}
	}
}
