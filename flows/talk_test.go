package flows

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the expectations of testdata/talk")

// A talk is a file of testdata/talk: a small bot, its files behind "-- name --"
// lines, and behind "-- talk --" what happens and what Advance makes of it. Lines
// of the talk:
//
//	# …                       a comment
//	== title                  begins another talk with the same bot
//	> text                    the person writes
//	> [Label]                 they tap it, on the newest message that has it
//	> (start) (react) (image) (referral REF) (ad REF: text) (postback NAME) (payload JSON: label)
//	> (accept) (accept 1)     the newest opt-in request, or the n-th, is accepted
//	! opted_in TOPIC          consent was given, or withdrawn (opted_out), elsewhere
//	! event NAME k=v …        an event names the person
//	! notify FLOW k=v … about k=v …   a notification of the flow's first trigger with a topic
//	! returned JSON           the handler that the session calls has answered; failed ERROR, it has not;
//	                          late JSON, one that nobody waits for has
//	@ +3d                     time passes, and wakes what comes due on the way
//	given k=v …               field=…, locale=…, timezone=…, consent TOPIC=active, asking TOPIC=pointer
//
// and what comes of it:
//
//	< text  [Label] …         a message; (notification) in front of one
//	* …                       another effect
//	= step …                  where the session stands, and how many flows wait beside
//
// The session is written and read again between any two lines.
func TestTalks(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/talk/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no talks: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			bot, talk, ok := strings.Cut(string(text), "-- talk --\n")
			if !ok {
				t.Fatal("no -- talk -- line")
			}
			p, data := compileTalk(t, bot)
			got := playAll(t, p, data, talk)
			if got == talk {
				return
			}
			if *update {
				if err := os.WriteFile(file, []byte(bot+"-- talk --\n"+got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			t.Errorf("%s (-want +got):\n%s", file, cmp.Diff(strings.Split(talk, "\n"), strings.Split(got, "\n")))
		})
	}
}

// compileTalk makes a program of "-- name --" files. bot.yaml may be left out.
func compileTalk(t testing.TB, files string) (*Program, *Data) {
	t.Helper()
	fsys := fstest.MapFS{}
	name := ""
	for _, line := range strings.SplitAfter(files, "\n") {
		if inner, ok := strings.CutPrefix(line, "-- "); ok {
			name = strings.TrimSuffix(strings.TrimSpace(inner), " --")
			fsys[name] = &fstest.MapFile{}
			continue
		}
		if name != "" {
			fsys[name].Data = append(fsys[name].Data, line...)
		}
	}
	if fsys["bot.yaml"] == nil {
		fsys["bot.yaml"] = &fstest.MapFile{Data: []byte("name: Test\nlocale: en\n")}
	}
	p, data, found := Load(fsys)
	if found.HasErrors() {
		var b strings.Builder
		found.Render(&b, false)
		t.Fatalf("the bot has errors:\n%s", b.String())
	}
	return p, data
}

// playAll plays the talks of a file, each from the beginning.
func playAll(t testing.TB, p *Program, data *Data, talk string) string {
	var out strings.Builder
	s := newStage(p, data)
	for _, line := range strings.Split(strings.TrimSuffix(talk, "\n"), "\n") {
		switch {
		case strings.HasPrefix(line, "<"), strings.HasPrefix(line, "* "):
			continue // made anew
		case strings.HasPrefix(line, "== "):
			s = newStage(p, data)
		}
		s.out = &out
		if strings.HasPrefix(line, "= ") {
			fmt.Fprintln(&out, s.standing())
			continue
		}
		fmt.Fprintln(&out, line)
		if err := s.play(line); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
	}
	return out.String()
}

// render writes an effect as a line; that a flow started goes without saying.
func render(e Effect) string {
	switch e := e.(type) {
	case Say:
		return renderMessage(e.Message, e.Notification)
	case SetField:
		return fmt.Sprintf("* set %s %s", e.Name, spell(e.Value))
	case Ask:
		return fmt.Sprintf("* ask %s %s%s\n%s", e.Topic, e.Cadence, renderAbout(e.About), renderMessage(e.Message, false))
	case Declined:
		return fmt.Sprintf("* declined %s %q", e.Topic, e.Button)
	case Grant:
		return fmt.Sprintf("* grant %s %s%s %q %q", e.Topic, e.Cadence, renderAbout(e.About), e.Wording, e.Button)
	case HandOver:
		return strings.TrimSpace(fmt.Sprintf("* hand over %s %q", e.ResumeAfter, e.Note))
	case Chose:
		return fmt.Sprintf("* chose %s %s", e.Split, e.Variant)
	case Track:
		return strings.TrimSuffix(fmt.Sprintf("* track %s %v", e.Goal, e.Value), " 0")
	case Watch:
		return "* watch " + e.Topic + renderAbout(e.About)
	case Unwatch:
		return "* unwatch " + e.Topic + renderAbout(e.About)
	case SetCadence:
		return fmt.Sprintf("* cadence %s %s", e.Topic, e.Cadence)
	case Withdraw:
		topic := e.Topic
		if topic == "" {
			topic = "everything"
		}
		return strings.TrimSpace(fmt.Sprintf("* withdraw %s by %s %s", topic, e.Source, e.Wording))
	case Silent:
		return "* silent " + e.Flow
	case Fault:
		return fmt.Sprintf("* fault %s#%s: %s", e.Flow, e.Step, e.Message)
	case Call:
		return strings.TrimSpace(fmt.Sprintf("* call %s %s by %s, %d retries", e.Handler, spell(e.With), e.Deadline.Format("15:04:05"), e.Retries))
	case Called:
		return strings.TrimSpace(fmt.Sprintf("* called %s in %s %s %s", e.Handler, e.Took, e.Error, e.Detail))
	case Started, Offered:
		return ""
	}
	return fmt.Sprintf("* %T", e)
}

func renderAbout(about map[string]any) string {
	if len(about) == 0 {
		return ""
	}
	return " {" + strings.Join(InterestTerms(about), " ") + "}"
}

func renderMessage(m Message, notification bool) string {
	var b strings.Builder
	b.WriteString("< ")
	if notification {
		b.WriteString("(notification) ")
	}
	switch m.Kind {
	case Image:
		b.WriteString("(image) " + m.URL)
	case OptInRequest:
		b.WriteString("(opt-in) " + m.Text)
		if m.OptIn.Cadence != "" {
			b.WriteString(", " + m.OptIn.Cadence)
		}
	case Cards:
		for i, c := range m.Cards {
			if i > 0 {
				b.WriteString("\n< ")
			}
			b.WriteString("(card) " + c.Title)
			if c.Subtitle != "" {
				b.WriteString(" — " + c.Subtitle)
			}
			b.WriteString(labels(c.Buttons, nil))
		}
	default:
		b.WriteString(strings.ReplaceAll(m.Text, "\n", "⏎"))
	}
	return b.String() + labels(m.Buttons, m.QuickReplies)
}

func labels(buttons []Button, quick []QuickReply) string {
	var all []string
	for _, x := range buttons {
		all = append(all, "["+x.Label+"]")
	}
	for _, x := range quick {
		all = append(all, "["+x.Label+"]")
	}
	if len(all) == 0 {
		return ""
	}
	return "  " + strings.Join(all, " ")
}

// TestTalksCoverEveryVerb keeps a talk for each verb this version runs.
func TestTalksCoverEveryVerb(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/talk/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	used := make(map[string]bool)
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		bot, _, _ := strings.Cut(string(text), "-- talk --\n")
		p, _ := compileTalk(t, bot)
		for _, f := range p.flows {
			for _, st := range f.steps {
				used[st.kind] = true
			}
		}
	}
	for _, k := range kinds() {
		if !used[k.verb] {
			t.Errorf("no talk uses %q; those used are %v", k.verb, slices.Sorted(maps.Keys(used)))
		}
	}
}
