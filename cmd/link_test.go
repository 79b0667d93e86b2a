package cmd

import (
	"bytes"
	"image/png"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

var linkedBot = map[string]string{
	"bot.yaml":          "name: Foulée\nlocale: en\nchannels:\n  messenger: {notifications: [recurring]}\n  insta: {type: instagram}\n",
	"flows/hello.yaml":  "triggers: [start: true]\nsteps: [{say: Hi}]\n",
	"flows/summer.yaml": "triggers: [{referral: summer26}, {referral: été}]\nsteps: [{say: Sun}]\n",
	"flows/promo.yaml":  "triggers: [{referral: promo-*}]\nsteps: [{say: Less}]\n",
}

// TestLinksStartFlows by a ref or a flow, and say when they would start nothing.
func TestLinksStartFlows(t *testing.T) {
	t.Parallel()
	dir := writeBot(t, linkedBot, "")
	env := map[string]string{"MESSENGER_PAGE_ID": "104052009337321"}
	for name, tt := range map[string]struct {
		args string
		env  map[string]string
		code int
		want string
	}{
		"a ref":                     {"summer26", env, exitFine, "https://m.me/104052009337321?ref=summer26\nIt starts the flow summer.\n"},
		"a flow":                    {"summer", env, exitFine, "https://m.me/104052009337321?ref=summer26\nIt starts the flow summer.\n"},
		"the beginning of a ref":    {"promo-poster", env, exitFine, "https://m.me/104052009337321?ref=promo-poster\nIt starts the flow promo.\n"},
		"a Page by its name":        {"summer --page foulee.shop", nil, exitFine, "https://m.me/foulee.shop?ref=summer26\nIt starts the flow summer.\n"},
		"an account of Instagram":   {"summer --channel insta --page foulee", nil, exitFine, "https://ig.me/m/foulee?ref=summer26\nIt starts the flow summer.\n"},
		"as JSON":                   {"summer --json", env, exitFine, "{\n  \"link\": \"https://m.me/104052009337321?ref=summer26\",\n  \"ref\": \"summer26\",\n  \"flow\": \"summer\"\n}\n"},
		"letters that may be lost":  {"été", env, exitFine, "ref: warning: the ref \"été\" holds more than letters, digits, - _ and = [ref-letters]\n   hint: some apps lose such a ref on the way; a plainer one is safer\nhttps://m.me/104052009337321?ref=%C3%A9t%C3%A9\nIt starts the flow summer.\n"},
		"a flow without a ref":      {"hello", env, exitFindings, "flows/hello.yaml: error: no link starts the flow: it has no referral: trigger [ref-missing]\n   hint: add to its triggers: - referral: hello\n"},
		"a flow of many refs":       {"promo", env, exitFindings, "flows/promo.yaml: error: the flow knows every ref that begins with \"promo-\", and none by name [ref-open]\n   hint: name one: relance link promo-poster\n"},
		"a ref that nobody knows":   {"winter", env, exitFindings, "ref: error: no flow knows the ref \"winter\": the link would start nothing of its own [ref-unknown]\n   hint: add a trigger to the flow that it is to start: - referral: winter; known are promo-*, summer26, été\n"},
		"a misspelt ref":            {"sumer26", env, exitFindings, "ref: error: no flow knows the ref \"sumer26\": the link would start nothing of its own [ref-unknown]\n   hint: did you mean \"summer26\"?\n"},
		"a ref that is too long":    {"promo-" + strings.Repeat("x", 2083), env, exitFindings, "ref: error: the ref has 2089 characters; the platform takes 2083 [ref-long]\n   hint: choose a shorter one\n"},
		"no Page":                   {"summer", nil, exitUsage, "relance: name the Page with --page, or set MESSENGER_PAGE_ID\n"},
		"no account":                {"summer --channel insta", nil, exitUsage, "relance: name the account with --page: ig.me links go by its user name\n"},
		"no such channel":           {"summer --channel paris", env, exitUsage, "relance: bot.yaml has no channel of the name \"paris\"\n"},
		"an address for a name":     {"summer --page https://facebook.com/foulee", nil, exitUsage, "relance: --page wants the id or the name of the Page, as its address has it, not \"https://facebook.com/foulee\"\n"},
		"a picture of another kind": {"summer --qr poster.jpg", env, exitUsage, "relance: --qr wants the name of a file that ends in .svg or .png\nSee 'relance help link'.\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			words := strings.Fields(tt.args)
			code, out := cli(t, tt.env, append([]string{"link", words[0], dir}, words[1:]...)...)
			if code != tt.code || out != tt.want {
				t.Errorf("exit %d, want %d:\n got %q\nwant %q", code, tt.code, out, tt.want)
			}
		})
	}
}

// TestARefThatIsTooLongIsSaid whether it is named itself or by its flow.
func TestARefThatIsTooLongIsSaid(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("y", 2090)
	dir := writeBot(t, map[string]string{
		"bot.yaml": linkedBot["bot.yaml"], "flows/long.yaml": "triggers: [{referral: " + long + "}]\nsteps: [{say: Sun}]\n",
	}, "")
	for _, word := range []string{"long", long} {
		code, out := cli(t, nil, "link", word, dir, "--page", "foulee.shop")
		if want := "the ref has 2090 characters; the platform takes 2083"; code != exitFindings || !strings.Contains(out, want) {
			t.Errorf("%.10s: exit %d: %.300s", word, code, out)
		}
	}
}

// TestTheTwoPicturesOfALink have the same squares, with the three corners by which readers
// find a code, and a margin of four around it.
func TestTheTwoPicturesOfALink(t *testing.T) {
	t.Parallel()
	dir := writeBot(t, linkedBot, "")
	draw := func(name string) []byte {
		t.Helper()
		file := filepath.Join(t.TempDir(), name)
		if code, out := cli(t, nil, "link", "summer", dir, "--page", "foulee.shop", "--qr", file); code != exitFine {
			t.Fatalf("exit %d: %s", code, out)
		}
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	picture, err := png.Decode(bytes.NewReader(draw("a.png")))
	if err != nil {
		t.Fatal(err)
	}
	n := picture.Bounds().Dx() / 16
	black := map[[2]int]bool{}
	for _, run := range regexp.MustCompile(`M(\d+) (\d+)h(\d+)v1`).FindAllStringSubmatch(string(draw("a.SVG")), -1) {
		x, _ := strconv.Atoi(run[1])
		y, _ := strconv.Atoi(run[2])
		wide, _ := strconv.Atoi(run[3])
		for i := range wide {
			black[[2]int{x + i, y}] = true
		}
	}
	for y := range n {
		for x := range n {
			if r, _, _, _ := picture.At(16*x+8, 16*y+8).RGBA(); (r == 0) != black[[2]int{x, y}] {
				t.Fatalf("the square %d,%d of %d is black in one picture and not in the other", x, y, n)
			}
		}
	}
	for _, corner := range [][2]int{{4, 4}, {n - 11, 4}, {4, n - 11}} {
		for y := -1; y < 8; y++ {
			for x := -1; x < 8; x++ {
				ring := max(abs(x-3), abs(y-3))
				if got := black[[2]int{corner[0] + x, corner[1] + y}]; got != (ring == 3 || ring <= 1) {
					t.Fatalf("the corner at %v is not whole", corner)
				}
			}
		}
	}
}

func abs(n int) int { return max(n, -n) }
