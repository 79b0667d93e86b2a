package bot

import (
	"net/netip"
	"slices"
	"testing"

	"github.com/relance-bot/relance/flows"
)

func TestWhichAddressesArePublic(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]bool{
		"93.184.216.34": true, "1.1.1.1": true, "2606:2800:220:1::1": true,
		"127.0.0.1": false, "127.9.9.9": false, "10.1.2.3": false, "172.16.0.1": false, "192.168.1.1": false, "169.254.169.254": false,
		"100.64.0.1": false, "0.0.0.0": false, "0.1.2.3": false, "224.0.0.1": false, "255.255.255.255": false, "198.18.0.1": false, "240.0.0.1": false,
		"::1": false, "::": false, "fe80::1": false, "fc00::1": false, "ff02::1": false, "::ffff:10.0.0.1": false, "::ffff:1.1.1.1": true,
		"64:ff9b::a00:1": false, "2002:a00:1::1": false, "::7f00:1": false,
	} {
		if got := public(netip.MustParseAddr(address)); got != want {
			t.Errorf("%s is public: %v, want %v", address, got, want)
		}
	}
}

// A handler whose secret is not set is named before the bot runs, unless a Go function
// stands for it.
func TestMissingSecrets(t *testing.T) {
	t.Parallel()
	header := func(name, env string) flows.Handler {
		return flows.Handler{Name: name, Headers: []flows.Header{{Name: "Authorization", Env: env}}}
	}
	program := &flows.Program{Bot: flows.Bot{Timezone: "UTC", Handlers: []flows.Handler{header("a", "ONE"), header("b", "TWO"), header("c", "TWO"), header("d", "GIVEN"), header("e", "GO")}}}
	b := &Bot{handlers: map[string]goHandler{"e": {}}, endpoints: newEndpoints(Config{Secret: func(name string) string {
		return map[string]string{"GIVEN": "x"}[name]
	}})}
	if err := b.become(program); err != nil {
		t.Fatal(err)
	}
	if got := b.MissingSecrets(); !slices.Equal(got, []string{"ONE", "TWO"}) {
		t.Errorf("missing are %q", got)
	}
}
