package flows

import (
	"testing"
	"testing/fstest"
)

// A Page "in FR" had no recurring notifications: those are for the region EU.
func TestACountryOfTheUnionIsTheRegionEU(t *testing.T) {
	t.Parallel()
	for written, want := range map[string]string{"EU": "EU", "FR": "EU", "NO": "EU", "GB": "UK", "UK": "UK", "CH": "CH", "US": "US"} {
		p, _, found := Load(fstest.MapFS{
			"bot.yaml":     {Data: []byte("name: Foulée\nregion: " + quoted(written) + "\nchannels:\n  messenger: {}\n  paris: {type: messenger, region: " + quoted(written) + "}\n")},
			"flows/a.yaml": {Data: []byte("triggers: [{start: true}]\nsteps: [{say: Bonjour}]\n")},
		})
		if p == nil {
			t.Fatal(found[0].Render(false))
		}
		if p.Bot.Region != want || p.Bot.Channels[1].Region != want {
			t.Errorf("region: %s is %s, and of a channel %s, want %s", written, p.Bot.Region, p.Bot.Channels[1].Region, want)
		}
	}
}
