package bot_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/flows"
	"github.com/relance-bot/relance/storage"
)

// What a developer's program left out is said by the first call, and not by a message
// that the platform refuses.
func TestConfigsThatMakeNoBot(t *testing.T) {
	t.Parallel()
	program, _, found := flows.Load(fstest.MapFS{
		"bot.yaml": {Data: []byte("name: Fern & Fig\n")}, "flows/hello.yaml": {Data: []byte("triggers: [{start: true}]\nsteps: [{say: Hello}]\n")},
	})
	if program == nil {
		t.Fatal(found)
	}
	whole := bot.Config{Program: program, Store: abilities{}, Channels: []bot.Channel{postcards{}}}
	for name, tt := range map[string]struct {
		change func(*bot.Config)
		want   string
	}{
		"nothing is missing":       {func(*bot.Config) {}, ""},
		"no program":               {func(c *bot.Config) { c.Program = nil }, "needs a program"},
		"no store":                 {func(c *bot.Config) { c.Store = nil }, "needs a program, a store"},
		"no channel":               {func(c *bot.Config) { c.Channels = nil }, "and a channel"},
		"a channel that is nil":    {func(c *bot.Config) { c.Channels = []bot.Channel{nil} }, "and a channel"},
		"one channel twice":        {func(c *bot.Config) { c.Channels = []bot.Channel{postcards{}, postcards{}} }, "postcard:7 stands twice"},
		"an account of no channel": {func(c *bot.Config) { c.Accounts = map[string]bot.Account{"postcard:8": {}} }, "of no channel"},
		"an address":               {func(c *bot.Config) { c.PublicURL = "https://bot.example/" }, ""},
		"a name for an address":    {func(c *bot.Config) { c.PublicURL = "bot.example" }, "PublicURL"},
		"an address with a query":  {func(c *bot.Config) { c.PublicURL = "https://bot.example?x=1" }, "PublicURL"},
	} {
		c := whole
		tt.change(&c)
		_, err := bot.Inspect(c)
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", name, err, tt.want)
		}
	}
}

// abilities is a store that is not asked for anything.
type abilities struct{ storage.Store }

func (abilities) Abilities() storage.Abilities { return storage.Abilities{} }
