package cmd

import (
	"context"
	"fmt"
	"maps"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestSomeSettingsOfAPageAreNotEnough(t *testing.T) {
	t.Parallel()
	all := map[string]string{
		"MESSENGER_PAGE_ID": wirePage, "MESSENGER_ACCESS_TOKEN": wireToken, "MESSENGER_APP_SECRET": wireSecret, "MESSENGER_VERIFY_TOKEN": wireVerify,
	}
	dir := copyBot(t, exampleRestock)
	for left := range all {
		for _, only := range []bool{false, true} {
			name := "without " + left
			if only {
				name = "with only " + left
			}
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				env := map[string]string{}
				for name, value := range all {
					if (name == left) == only {
						env[name] = value
					}
				}
				code, out := cli(t, env, "run", dir, "--listen", "127.0.0.1:0", "--database", "sqlite:"+filepath.Join(t.TempDir(), "relance.db"))
				if code != exitFailed {
					t.Errorf("run exits %d, want %d", code, exitFailed)
				}
				for name, value := range all {
					if _, set := env[name]; set == strings.Contains(out, name) {
						t.Errorf("%s is set=%v; the message names what is missing:\n%s", name, set, out)
					}
					if strings.Contains(out, value) {
						t.Errorf("the message shows the value of %s:\n%s", name, out)
					}
				}
			})
		}
	}
}

// TestSettingsComeFromWhereTheyMay starts a bot on settings from each place they may
// stand in. What goes over the wire shows which of them counted.
func TestSettingsComeFromWhereTheyMay(t *testing.T) {
	t.Parallel()
	const wrong = "not-this-one"
	for _, test := range []struct {
		name  string
		place func(t *testing.T, right map[string]string) (env, dotenv map[string]string)
	}{
		{"the environment", func(_ *testing.T, right map[string]string) (env, dotenv map[string]string) { return right, nil }},
		{".env in the bot's folder", func(_ *testing.T, right map[string]string) (env, dotenv map[string]string) { return nil, right }},
		{"files named in the environment", func(t *testing.T, right map[string]string) (env, dotenv map[string]string) {
			return inFiles(t, right), nil
		}},
		{"files named in .env", func(t *testing.T, right map[string]string) (env, dotenv map[string]string) {
			return nil, inFiles(t, right)
		}},
		{"a bit of everything", func(t *testing.T, right map[string]string) (env, dotenv map[string]string) {
			env, dotenv = map[string]string{}, maps.Clone(right)
			env["MESSENGER_PAGE_ID"] = right["MESSENGER_PAGE_ID"]
			maps.Copy(env, inFiles(t, map[string]string{"MESSENGER_ACCESS_TOKEN": right["MESSENGER_ACCESS_TOKEN"]}))
			delete(dotenv, "MESSENGER_PAGE_ID")
			delete(dotenv, "MESSENGER_ACCESS_TOKEN")
			return env, dotenv
		}},
		{"the environment before .env", func(_ *testing.T, right map[string]string) (env, dotenv map[string]string) {
			return right, each(right, wrong)
		}},
		{"a file named in the environment before .env", func(t *testing.T, right map[string]string) (env, dotenv map[string]string) {
			return inFiles(t, right), each(right, wrong)
		}},
		{".env where the environment is empty", func(_ *testing.T, right map[string]string) (env, dotenv map[string]string) {
			return each(right, ""), right
		}},
		{"a value before a file of the same place", func(t *testing.T, right map[string]string) (env, dotenv map[string]string) {
			env = inFiles(t, each(right, wrong))
			maps.Copy(env, right)
			return env, nil
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			graph := newFakeGraph(t)
			env, dotenv := test.place(t, graph.account())
			dir := copyBot(t, exampleRestock)
			writeDotEnv(t, dir, dotenv)
			b := startBot(t, dir, env)
			shake(t, b)
			if status := webhook(t, b.base, wireSecret, hook(wirePage, person, time.Now(), `{"message":{"mid":"m_1","text":"stock"}}`)); status != http.StatusOK {
				t.Fatalf("a webhook is answered with %d", status)
			}
			asRequired(t, graph, graph.sends(t, 1))
		})
	}
}

// TestADotEnvIsReadAsItWasMeant: with what an editor puts in front of it, and with remarks.
func TestADotEnvIsReadAsItWasMeant(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	put(t, filepath.Join(dir, ".env"), "\ufeffA=first\r\nB=word # a remark\r\nC=\"two words\"  # a \"remark\"\nD='a # b'\nE=a#b\nF= # nothing\nG=#b\nH=\"a\"b\"\nI=\"open\n")
	env, err := newApp(nil, &output{}).environment(dir)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"A": "first", "B": "word", "C": "two words", "D": "a # b", "E": "a#b", "F": "", "G": "#b", "H": `a"b`, "I": `"open`}
	if diff := cmp.Diff(want, env.file); diff != "" {
		t.Error(diff)
	}
}

// TestAMisspeltSettingIsSaidWhenTheBotStarts: with the name of its database misspelt it
// runs on one that may go with its container.
func TestAMisspeltSettingIsSaidWhenTheBotStarts(t *testing.T) {
	t.Parallel()
	dir := copyBot(t, exampleRestock)
	writeDotEnv(t, dir, map[string]string{"RELANCE_SECRET_KY": "planted"})
	var printed output
	ctx, end := context.WithCancel(t.Context())
	a := newApp(nil, &printed)
	a.environ = []string{"RELANCE_DATABASE_URL=postgres://planted", "RELANCE_PORT=tcp://10.0.0.1:80", "MESSENGER_PAGEID=planted", "PATH=/bin", "PUBLIC_URI=x", "=C:=planted"}
	done := make(chan int)
	go func() { done <- a.execute(ctx, []string{"run", dir, "--listen", "127.0.0.1:0"}) }()
	within(t, 20*time.Second, "it runs", func() bool { return strings.Contains(printed.String(), "Stop with Ctrl-C") })
	end()
	<-done
	out := printed.String()
	for _, want := range []string{"nothing reads RELANCE_DATABASE_URL", "did you mean RELANCE_DATABASE?", "nothing reads MESSENGER_PAGEID", "nothing reads RELANCE_SECRET_KY", "nothing reads PUBLIC_URI"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is missing:\n%s", want, out)
		}
	}
	if strings.Count(out, "nothing reads") != 4 || strings.Contains(out, "planted") {
		t.Errorf("too much is said:\n%s", out)
	}
}

// inFiles puts every value into a file, as secrets are mounted, and names those.
func inFiles(t *testing.T, settings map[string]string) map[string]string {
	t.Helper()
	named := map[string]string{}
	dir := t.TempDir()
	for name, value := range settings {
		path := filepath.Join(dir, strings.ToLower(name))
		if err := os.WriteFile(path, []byte(value+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		named[name+"_FILE"] = path
	}
	return named
}

func each(settings map[string]string, value string) map[string]string {
	out := map[string]string{}
	for name := range settings {
		out[name] = value
	}
	return out
}

// writeDotEnv writes settings in the ways people write them.
func writeDotEnv(t *testing.T, dir string, settings map[string]string) {
	t.Helper()
	forms := []string{"%s=%s\n", "export %s=%s\n", "%s = \"%s\"\n", "%s='%s'\n"}
	text, n := "# of this shop only\n\n", 0
	for name, value := range settings {
		text += fmt.Sprintf(forms[n%len(forms)], name, value)
		n++
	}
	if err := os.WriteFile(filepath.Join(dir, ".env"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestAFlagCountsBeforeTheEnvironment walks down the order of precedence for the
// two settings that have a flag.
func TestAFlagCountsBeforeTheEnvironment(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name              string
		flag, env, dotenv bool
		database          string // the file that is used
		listens           int    // by which of the three addresses
	}{
		{"flag", true, true, true, "flag.db", 0},
		{"environment", false, true, true, "env.db", 1},
		{".env", false, false, true, "dotenv.db", 2},
		{"default", false, false, false, "relance.db", 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			dir := copyBot(t, exampleRestock)
			addresses := freeAddresses(t, 3)
			env, dotenv, flags := map[string]string{}, map[string]string{}, []string{"--listen", addresses[0]}
			if test.flag {
				flags = append(flags, "--database", "sqlite:flag.db")
			} else if test.env || test.dotenv {
				flags = nil // the default of an address is one for all tests, and not tried
			}
			if test.env {
				env["RELANCE_DATABASE"], env["RELANCE_LISTEN"] = "sqlite:env.db", addresses[1]
			}
			if test.dotenv {
				dotenv["RELANCE_DATABASE"], dotenv["RELANCE_LISTEN"] = "sqlite:dotenv.db", addresses[2]
			}
			writeDotEnv(t, dir, dotenv)
			b := runBot(t, dir, env, flags...)
			if want := "http://" + addresses[test.listens]; b.base != want {
				t.Errorf("the bot listens at %s, want %s", b.base, want)
			}
			found, err := filepath.Glob(filepath.Join(dir, "*.db"))
			if err != nil || len(found) != 1 || filepath.Base(found[0]) != test.database {
				t.Errorf("the databases are %v, want %s (%v)", found, test.database, err)
			}
		})
	}
}

// TestABotSaysHowEventsFindIt where it does not listen at the usual address.
func TestABotSaysHowEventsFindIt(t *testing.T) {
	t.Parallel()
	address := freeAddresses(t, 1)[0]
	for name, tt := range map[string]struct {
		env   map[string]string
		flags []string
		finds string // in front of the verb
	}{
		"a flag":      {nil, []string{"--listen", address}, "RELANCE_LISTEN=" + address + " "},
		"the setting": {map[string]string{"RELANCE_LISTEN": address}, nil, ""},
	} {
		dir := copyBot(t, exampleRestock)
		b := runBot(t, dir, tt.env, tt.flags...)
		if line := "\nEvents:   " + tt.finds + "relance event NAME k=v … --dir " + dir + "\n"; !strings.Contains(b.out.String(), line) {
			t.Errorf("%s: %q is missing:\n%s", name, line, b.out)
		}
		b.stop()
	}
}

// freeAddresses are different ones that nobody listens at.
func freeAddresses(t *testing.T, n int) []string {
	t.Helper()
	var out []string
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		out = append(out, l.Addr().String())
	}
	return out
}
