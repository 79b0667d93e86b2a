package flows

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestVersions plays talks (TestTalks says what one is) during which the bot changes. A
// file of testdata/version holds the files of the first program, of further ones behind
// "== deploy NAME" lines, where what is not named stays unless it is "-- gone NAME --", and a talk in which
//
//	! deploy NAME             lets the person's next input find that program
//	! lose                    loses every older program
func TestVersions(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/version/*.txt")
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
			bots, talk, ok := strings.Cut(string(text), "-- talk --\n")
			if !ok {
				t.Fatal("no -- talk -- line")
			}
			parts := strings.Split(bots, "== deploy ")
			p, data := compileTalk(t, parts[0])
			deploys := make(map[string]*Program)
			for _, part := range parts[1:] {
				name, changed, _ := strings.Cut(part, "\n")
				deploys[name], _ = compileTalk(t, leaveOut(parts[0], changed)+changed)
			}
			got := playVersions(t, p, data, deploys, talk)
			if got == talk {
				return
			}
			if *update {
				if err := os.WriteFile(file, []byte(bots+"-- talk --\n"+got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			t.Errorf("%s (-want +got):\n%s", file, cmp.Diff(strings.Split(talk, "\n"), strings.Split(got, "\n")))
		})
	}
}

// leaveOut are the files of a bot without those that a deploy names as gone.
func leaveOut(files, changed string) string {
	for _, line := range strings.Split(changed, "\n") {
		name, gone := strings.CutPrefix(line, "-- gone ")
		if !gone {
			continue
		}
		before, rest, _ := strings.Cut(files, "-- "+name+"\n")
		_, after, more := strings.Cut(rest, "\n-- ")
		if files = before; more {
			files += "-- " + after
		}
	}
	return files
}

// playVersions is playAll for talks in which the program changes.
func playVersions(t testing.TB, first *Program, data *Data, deploys map[string]*Program, talk string) string {
	var out strings.Builder
	s := newStage(first, data)
	for _, line := range strings.Split(strings.TrimSuffix(talk, "\n"), "\n") {
		switch {
		case strings.HasPrefix(line, "<"), strings.HasPrefix(line, "* "):
			continue // made anew
		case strings.HasPrefix(line, "== "):
			s = newStage(first, data)
		}
		s.out = &out
		name, deploy := strings.CutPrefix(line, "! deploy ")
		switch {
		case strings.HasPrefix(line, "= "):
			out.WriteString(s.standing() + "\n")
			continue
		case deploy && deploys[name] != nil:
			if s.old == nil {
				s.old = make(map[string]*Program)
			}
			s.old[s.p.Hash], s.p = s.p, deploys[name]
		case line == "! lose":
			s.old = nil
		}
		out.WriteString(line + "\n")
		if deploy || line == "! lose" {
			continue
		}
		if err := s.play(line); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
	}
	return out.String()
}

// One program is the usual case: its session says nothing of it, and one that names two
// names the second where it runs.
func TestASessionNamesAProgramOnlyWhereItIsNotItsOwn(t *testing.T) {
	t.Parallel()
	const bot = "-- flows/talk.yaml --\ntriggers:\n  - keywords: [talk]\nsteps:\n  - ask: Age?\n    type: number\n    save: age\n  - say: \"{{ age }}!\"\n"
	old, _ := compileTalk(t, bot)
	today, _ := compileTalk(t, bot+"-- flows/size.yaml --\ntriggers:\n  - keywords: [size]\nsteps:\n  - ask: Size?\n    save: size\n  - say: \"{{ size }}!\"\n")
	s := newStage(old, nil)
	s.out = new(strings.Builder)
	if err := s.play("> talk"); err != nil {
		t.Fatal(err)
	}
	if want := `{"s":[{"f":[{"f":"talk","s":"1"}],"w":{"k":"answer"}}]}`; string(s.session) != want || len(s.programs) != 1 {
		t.Errorf("%s on %d programs, want\n%s on one", s.session, len(s.programs), want)
	}
	s.old, s.p = map[string]*Program{old.Hash: old}, today
	if err := s.play("> size"); err != nil {
		t.Fatal(err)
	}
	want := `{"s":[{"f":[{"f":"talk","s":"1"}],"w":{"k":"answer"}},{"f":[{"f":"size","s":"1"}],"w":{"k":"answer"},"p":"` + today.Hash + `"}]}`
	if diff := cmp.Diff(want, string(s.session)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{old.Hash, today.Hash}, s.programs); diff != "" {
		t.Error(diff)
	}
	session, err := ParseSession(s.session)
	if err != nil {
		t.Fatal(err)
	}
	again, err := json.Marshal(session.On(s.programs[0]))
	if err != nil || string(again) != want {
		t.Errorf("read and written again it is\n%s, %v", again, err)
	}
}
