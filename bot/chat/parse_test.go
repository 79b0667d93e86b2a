package chat

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// parseOne parses a line that stands below a person line.
func parseOne(t *testing.T, text string) statement {
	t.Helper()
	s, found := Parse("a.chat", []byte("person Zoé\n"+text))
	if len(found) > 0 {
		t.Fatalf("%s", found[0])
	}
	return s.lines[1].do
}

func TestEveryForm(t *testing.T) {
	t.Parallel()
	tests := []struct {
		line  string
		canon string // as we would write it; empty: the line itself
	}{
		{"person Zoé", ""},
		{"person Jean Paul", ""},
		{"person Zoé (locale=fr_FR, timezone=Europe/Paris)", ""},
		{"person Zoé ( locale=fr_FR,size=42 )", "person Zoé (locale=fr_FR, size=42)"},
		{"person Zoé (last_name=De la Tour)", `person Zoé (last_name="De la Tour")`},
		{`person Zoé (note="a, \"b\" (c) \\")`, ""},
		{"given consent restock", ""},
		{"given consent restock weekly", ""},
		{"given consent restock weekly model=Gazelle size=42", ""},
		{`given consent restock model="Stan Smith"`, ""},
		{"> stock", ""},
		{">stock", "> stock"},
		{"  >   stock  ", "> stock"},
		{"> :)", ""},
		{"> (oui) bon", ""},
		{"> un⏎deux", ""},
		{`> \(oui)`, ""},
		{`> \[42]`, ""},
		{`> \\o/`, `> \o/`},
		{`> \o/`, ""},
		{"> # un", ""},
		{"> [42]", ""},
		{"> [ Chaque semaine ]", "> [Chaque semaine]"},
		{"> (accept)", ""},
		{"> (stop Ta pointure est de retour)", ""},
		{"> (resume Ta pointure est de retour)", ""},
		{"> (start)", ""},
		{"> (referral restock)", ""},
		{"> (image https://foulee.example/moi.png)", ""},
		{"> (location 48.8566,2.3522)", ""},
		{"> (location -33.9, 18.4)", "> (location -33.9,18.4)"},
		{"> (react ❤)", ""},
		{"> (comment Encore en 42 ?)", ""},
		{"> (comment super :))", ""},
		{"> (block)", ""},
		{"> (open J'achète)", ""},
		{"< C'est noté !", ""},
		{"< Un⏎deux", ""},
		{"< Quelle pointure ?  [39] [40]", ""},
		{"< Quelle pointure ?    [39]   [40] ", "< Quelle pointure ?  [39] [40]"},
		{"< Une note [en bas]", ""},
		{"< Une  [note] en bas  [Oui]", ""},
		{"< …", ""},
		{"< /^Bonjour .*/", ""},
		{"< /a  \\[/  [/[0-9]+/] [Non]", ""},
		{"< Commande /\\d+/ reçue", ""},
		{"< et/ou (1/2)", ""},
		{"< (pas un genre) mais un texte", ""},
		{"< (opt-in) Ta pointure est de retour  [Non merci]", ""},
		{"< (card) Gazelle — 89,90 €  [Acheter] [Voir]", ""},
		{"< (image) https://foulee.example/g42.png", ""},
		{"< (template)", ""},
		{"< nothing", ""},
		{"@ +3d", ""},
		{"@ +59h59m", ""},
		{"@ +1w2d3h4m5s", "@ +9d3h4m5s"},
		{"@ +90m", "@ +1h30m"},
		{"@ +0m", ""},
		{"@ 2026-03-30 09:00", ""},
		{"@ 2026-03-30 09:00:05", ""},
		{"@ MON 09:01", ""},
		{"@ fri 23:59", "@ FRI 23:59"},
		{"! event restock", ""},
		{"! event restock model=Gazelle size=42 url=https://foulee.example/g42?a=b", ""},
		{`! event restock model="Stan Smith" note="il a dit \"oui\""`, ""},
		{"! event restock size=42 contact=Zoé", ""},
		{"! event restock contact=Zoé size=42", "! event restock size=42 contact=Zoé"},
		{`! call stock.find returns {"available": 3, "model": "Stan Smith"}`, ""},
		{"! call stock.find returns null", ""},
		{"! call stock.find fails", ""},
		{"! error 613", ""},
		{"! error 10/2018278", ""},
		{"! error 2 x3", ""},
		{"! error 551/1545041 x12", ""},
		{"! timeout", ""},
		{"! echo", ""},
		{"! crash", ""},
		{"! hand_back", ""},
		{"! take_over", ""},
		{"! down 6h", ""},
		{"! down +1d", "! down 1d"},
		{"! deploy ../v2", ""},
		{"= size 42", ""},
		{"= ville La Rochelle", ""},
		{`= ville "La Rochelle"`, "= ville La Rochelle"},
		{`= size ""`, ""},
		{"= size /^4\\d$/", ""},
		{"= note un…", ""},
		{"= consent restock stopped", ""},
		{"= consent restock active weekly", ""},
		{"= consent restock none", ""},
		{"= decision sent lane=recurring", ""},
		{"= decision held rule=cadence", ""},
		{"= decision held lane=window rule=quiet_hours", "= decision held rule=quiet_hours lane=window"},
		{"= decision none", ""},
		{"= step restock#size", ""},
		{"= step promo/monday#3.else.1", ""},
		{"= step none", ""},
		{"= goal bought", ""},
	}
	for _, tt := range tests {
		t.Run(tt.line, func(t *testing.T) {
			t.Parallel()
			want := tt.canon
			if want == "" {
				want = tt.line
			}
			got := parseOne(t, tt.line).String()
			if got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
			if again := parseOne(t, got).String(); again != got {
				t.Errorf("read again it is %s", again)
			}
		})
	}
}

func TestTop(t *testing.T) {
	t.Parallel()
	for _, src := range []string{
		"at 2026-03-27 18:00",
		"at 2026-03-27 18:00 Europe/Paris",
		"at 2026-03-27 18:00:30 UTC",
		"seed 7",
	} {
		s, found := Parse("a.chat", []byte("# a comment\n\n"+src+"\n> stock\n"))
		if len(found) > 0 {
			t.Errorf("%s", found[0])
			continue
		}
		if got := s.lines[2].do.String(); got != src {
			t.Errorf("got %s, want %s", got, src)
		}
	}
	for _, src := range []string{"at 2026-03-27 18:00\nseed 7\n", "seed 7\nat 2026-03-27 18:00\n"} {
		if _, found := Parse("a.chat", []byte(src)); len(found) > 0 {
			t.Errorf("%s", found[0])
		}
	}
}

func TestDesignExample(t *testing.T) {
	t.Parallel()
	src, err := os.ReadFile("testdata/flagship.chat")
	if err != nil {
		t.Fatal(err)
	}
	s, found := Parse("flagship.chat", src)
	if len(found) > 0 {
		t.Fatalf("%s", found[0])
	}
	for _, l := range s.lines {
		if l.do != nil && l.do.String() != l.text {
			t.Errorf("%s is written back as %s", l.text, l.do)
		}
	}
}

func TestMistakes(t *testing.T) {
	t.Parallel()
	const wide = "%d-%d %s %s | %s"
	tests := []struct{ line, want string }{
		{"perosn Zoé", `1-7 chat-line no line begins with "perosn" | did you mean "person"?`},
		{"Person Zoé", `1-7 chat-line no line begins with "Person" | did you mean "person"?`},
		{"Bonjour", `1-8 chat-line no line begins with "Bonjour" | a line begins with #, at, seed, person, given, >, <, @, !, =; a line break in a message is written ⏎`},
		{"- salut", `1-2 chat-line no line begins with "-" | a line begins with #, at, seed, person, given, >, <, @, !, =; a line break in a message is written ⏎`},
		{"person", `7-8 chat-person a person has a name, of at most 100 characters | person Zoé (locale=fr_FR, timezone=Europe/Paris)`},
		{"person (size=42)", `8-9 chat-person a person has a name, of at most 100 characters | person Zoé (locale=fr_FR, timezone=Europe/Paris)`},
		{"person Zoé (size)", `13-17 chat-value "size" is not key=value | a person is described by key=value: a field, locale, timezone or last_name`},
		{"person Zoé ()", `13-14 chat-value "" is not key=value | a person is described by key=value: a field, locale, timezone or last_name`},
		{"person Zoé (size=42", `12-20 chat-value a bracket that is not closed | close it with )`},
		{`person Zoé (a="b" c=d)`, `19-20 chat-value a comma is missing | write (key=value, key=value)`},
		{"person Zoé (size=42, size=43)", `22-29 chat-value "size" stands twice | keep one of them`},
		{"person Zoé (size=42) et toi", `22-28 chat-line "et toi" is too much here | take it out, or quote a value that has blanks`},
		{"given permit restock", `7-13 chat-line only consent can be given | given consent TOPIC [CADENCE] [k=v …]`},
		{"given consent", `14-15 chat-value the topic is missing | given consent TOPIC [CADENCE] [k=v …]`},
		{"given consent restock weakly", `23-29 chat-value "weakly" is no cadence | did you mean "weekly"?; an interest is written k=v`},
		{"given consent restock weekly Gazelle", `30-37 chat-value "Gazelle" is not key=value | an interest is written k=v`},
		{">", `1-2 chat-act an empty act | write what the person says, [Label] or (act)`},
		{"> []", `3-5 chat-act a tap has one label | each tap stands on a line of its own`},
		{"> [A] [B]", `3-10 chat-act a tap has one label | each tap stands on a line of its own`},
		{"> (acept)", `3-10 chat-act nobody can do "acept" | did you mean "accept"?; to write it as text, put \ before it`},
		{"> (bonjour)", `3-12 chat-act nobody can do "bonjour" | one of accept, stop, resume, start, referral, image, location, react, comment, block, open, postback; to write it as text, put \ before it`},
		{"> (stop)", `3-9 chat-act this is not how "stop" is written | write it (stop TITLE)`},
		{"> (accept weekly)", `3-18 chat-act this is not how "accept" is written | write it (accept)`},
		{"> (location Paris)", `3-19 chat-act "Paris" is no place | degrees, latitude first: (location 48.8566,2.3522)`},
		{"> (location 91,0)", `3-18 chat-act "91,0" is no place | degrees, latitude first: (location 48.8566,2.3522)`},
		{"> (location NaN,0)", `3-19 chat-act "NaN,0" is no place | degrees, latitude first: (location 48.8566,2.3522)`},
		{"<", `1-2 chat-said an empty message | write what the bot says, or "< nothing"`},
		{"< /a(/", "3-7 chat-pattern not a regular expression: missing closing ): `a(` | the syntax is that of Go's regexp package"},
		{"< Bon  [/*/]", "9-12 chat-pattern not a regular expression: missing argument to repetition operator: `*` | the syntax is that of Go's regexp package"},
		{"@", `1-2 chat-clock the clock is moved to nowhere | @ +3d, @ +59h59m, @ 2026-03-30 09:00 or @ MON 09:01`},
		{"@ +3 days", `3-5 chat-clock "+3" is no length of time | weeks, days, hours, minutes and seconds: 1w, 3d, 59h59m, 30s; ten years at most`},
		{"@ +1d1d", `3-8 chat-clock "+1d1d" is no length of time | weeks, days, hours, minutes and seconds: 1w, 3d, 59h59m, 30s; ten years at most`},
		{"@ +99999d", `3-10 chat-clock "+99999d" is no length of time | weeks, days, hours, minutes and seconds: 1w, 3d, 59h59m, 30s; ten years at most`},
		{"@ -3d", `3-6 chat-clock "-3d" is no date, no day of the week and no length of time | @ +3d, @ +59h59m, @ 2026-03-30 09:00 or @ MON 09:01`},
		{"@ 2026-02-30 09:00", `3-13 chat-clock "2026-02-30" is no date, no day of the week and no length of time | @ +3d, @ +59h59m, @ 2026-03-30 09:00 or @ MON 09:01`},
		{"@ MON", `6-7 chat-clock the time is missing | the time stands behind the date: 2026-03-30 09:00`},
		{"@ MON 9:01", `7-11 chat-clock "9:01" is no time of day | a time is written 09:00, with 24 hours to the day`},
		{"@ 2026-03-30 25:00", `14-19 chat-clock "25:00" is no time of day | a time is written 09:00, with 24 hours to the day`},
		{"@ +3d # plus tard", `7-18 chat-line "# plus tard" is too much here | a comment stands on a line of its own`},
		{"!", `2-3 chat-world "" cannot happen | one of event, call, error, timeout, echo, crash, down, deploy, hand_back, take_over`},
		{"! evnet restock", `3-8 chat-world "evnet" cannot happen | did you mean "event"?`},
		{"! event size=42", `9-16 chat-world the event's name is missing | ! event restock model=Gazelle size=42`},
		{"! event restock model=Stan Smith", `28-33 chat-value "Smith" is not key=value | data is written k=v, with quotes around a value that has blanks`},
		{`! event restock model="Stan Smith`, `23-34 chat-value a quote that is not closed | close it with "`},
		{`! event restock model="Stan"Smith`, `29-34 chat-value text behind a closing quote | inside quotes a quote is written \"`},
		{"! event restock contact=Zoe", `17-28 chat-person nobody is called "Zoe" so far | did you mean "Zoé"?`},
		{"! call", `7-8 chat-world the handler's name is missing | ! call stock.find returns {"available": 3} or ! call stock.find fails`},
		{"! call stock.find retruns {}", `19-26 chat-world a call returns or fails | did you mean "returns"?`},
		{"! call stock.find returns {available: 3}", `27-41 chat-json what stock.find returns is not JSON | names and texts stand in double quotes: ! call stock.find returns {"available": 3}`},
		{"! error", `8-9 chat-world "" is no error of the platform | ! error 613, ! error 10/2018278 or ! error 2 x3`},
		{"! error 613/x", `9-14 chat-world "613/x" is no error of the platform | ! error 613, ! error 10/2018278 or ! error 2 x3`},
		{"! error 613 3", `13-14 chat-world "3" says not how often | ! error 613, ! error 10/2018278 or ! error 2 x3; x1000 at most`},
		{"! error 613 x0", `13-15 chat-world "x0" says not how often | ! error 613, ! error 10/2018278 or ! error 2 x3; x1000 at most`},
		{"! timeout 3s", `11-13 chat-line "3s" is too much here | take it out, or quote a value that has blanks`},
		{"! down", `7-8 chat-clock "" is no length of time | ! down 6h`},
		{"! deploy", `9-10 chat-world the folder is missing | ! deploy FOLDER`},
		{"=", `2-3 chat-check a check names what it is about | = size 42, = consent restock active, = decision held rule=cadence, = step restock#size or = goal bought`},
		{"= size", `7-8 chat-check the value of "size" is missing | = size 42, or = size "" when it is not set`},
		{"= size=42", `3-10 chat-check a check names what it is about | = size 42, = consent restock active, = decision held rule=cadence, = step restock#size or = goal bought`},
		{"= 42 size", `3-5 chat-check "42" is no field | = size 42`},
		{"= consent restock actif", `19-24 chat-check "actif" is no status of a consent | did you mean "active"?`},
		{"= consent restock", `18-19 chat-check "" is no status of a consent | one of asked, active, snoozed, stopped, none`},
		{"= consent restock active week", `26-30 chat-check "week" is no cadence | did you mean "weekly"?`},
		{"= decision send", `12-16 chat-check "send" is no kind of decision | did you mean "sent"?`},
		{"= decision held cadence", `17-24 chat-check "cadence" says nothing about a decision | = decision held rule=cadence, = decision sent lane=recurring or = decision none`},
		{"= decision none rule=where", `17-27 chat-check "rule=where" says nothing about a decision | = decision held rule=cadence, = decision sent lane=recurring or = decision none`},
		{"= step", `7-8 chat-check something is missing here | = step restock#size, or = step none`},
		{"= goal a b", `10-11 chat-line "b" is too much here | take it out, or quote a value that has blanks`},
		{"at 2026-03-27 18:00", `1-20 chat-order "at" stands at the top, before anything happens | move it up`},
		{"seed 7", `1-7 chat-order "seed" stands at the top, before anything happens | move it up`},
		{"> \xff", `1-4 chat-text this is not UTF-8 | save the file as UTF-8`},
		{"> a\x10b", `4-5 chat-text a character that nobody can see (U+0010) | take it out`},
		{"> " + strings.Repeat("a", maxLine), `1-2 chat-limit a line of more than 16000 characters | `},
	}
	for _, tt := range tests {
		t.Run(clip(strings.ToValidUTF8(tt.line, "?")), func(t *testing.T) {
			t.Parallel()
			s, found := Parse("a.chat", []byte("person Zoé\n"+tt.line+"\n"))
			if len(found) != 1 {
				t.Fatalf("%d findings: %v", len(found), found)
			}
			d := found[0]
			if got := fmt.Sprintf(wide, d.Column, d.EndColumn, d.Code, d.Message, d.Hint); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
			if d.Line != 2 || d.EndLine != 2 || d.File != "a.chat" {
				t.Errorf("it is placed at %s:%d-%d", d.File, d.Line, d.EndLine)
			}
			if s.lines[1].do != nil {
				t.Errorf("it is read as %v all the same", s.lines[1].do)
			}
		})
	}
}

func TestMistakesAtTheTop(t *testing.T) {
	t.Parallel()
	tests := []struct{ src, want string }{
		{"at 27.3.2026 18:00", `a.chat:1:4: "27.3.2026" is no date`},
		{"at 2026-03-27", `a.chat:1:14: the time is missing`},
		{"at 2026-03-27 18:00 Paris", `a.chat:1:21: "Paris" is no time zone`},
		{"at 2026-03-27 18:00 Local", `a.chat:1:21: "Local" is no time zone`},
		{"at 2026-03-27 18:00\nat 2026-03-28 18:00", `a.chat:2:1: "at" stands twice`},
		{"seed -1", `a.chat:1:6: "-1" is no seed`},
		{"> stock\nperson Zoé\n< …", `a.chat:2:1: line 1 stands above the first person`},
		{"seed", `a.chat:1:5: "" is no seed`},
		{"< nothing\n< Bonjour", `a.chat:2:1: the bot says this, and line 1 says that it says nothing`},
		{strings.Repeat("\n", maxLines+1), `a.chat:20001:1: a transcript of more than 20000 lines`},
		{strings.Repeat("a", maxFile+1), `a.chat:1:1: a transcript of more than 1048576 bytes`},
	}
	for _, tt := range tests {
		_, found := Parse("a.chat", []byte(tt.src))
		if len(found) != 1 {
			t.Errorf("%s: %d findings: %v", clip(tt.src), len(found), found)
			continue
		}
		d := found[0]
		if got := fmt.Sprintf("%s:%d:%d: %s", d.File, d.Line, d.Column, d.Message); got != tt.want {
			t.Errorf("got %s, want %s", got, tt.want)
		}
	}
}

func TestAllMistakesAreFound(t *testing.T) {
	t.Parallel()
	src, err := os.ReadFile("testdata/mistakes.chat")
	if err != nil {
		t.Fatal(err)
	}
	_, found := Parse("mistakes.chat", src)
	var b strings.Builder
	if err := found.Render(&b, false); err != nil {
		t.Fatal(err)
	}
	golden(t, "testdata/mistakes.out", b.String())

	many := strings.Repeat("oups\n", maxFindings+50)
	if _, found := Parse("a.chat", []byte(many)); len(found) != maxFindings {
		t.Errorf("%d findings are kept, want %d", len(found), maxFindings)
	}
}

// golden compares with a file; UPDATE_GOLDEN=1 rewrites it.
func golden(t *testing.T, file, got string) {
	t.Helper()
	if os.Getenv("UPDATE_GOLDEN") != "" {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
}

// TestAFileOfAnotherEncodingIsOneMistake: each line with an accent was one of its own.
func TestAFileOfAnotherEncodingIsOneMistake(t *testing.T) {
	t.Parallel()
	_, found := Parse("a.chat", []byte("person Eve\n> caf\xe9\n< th\xe9\n< \xe9\n"))
	if len(found) != 1 || found[0].Line != 2 {
		t.Errorf("found %v, want one of line 2", found)
	}
}
