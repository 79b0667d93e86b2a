package bot

import (
	"strings"
	"testing"
)

func TestRegionOf(t *testing.T) {
	t.Parallel()
	tests := []struct{ zone, want string }{
		{"Europe/Paris", "EU"},
		{"Europe/Dublin", "EU"},
		{"Europe/Oslo", "EU"},
		{"Atlantic/Reykjavik", "EU"},
		{"Iceland", "EU"},
		{"Europe/Vaduz", "EU"},
		{"Atlantic/Canary", "EU"},
		{"America/Martinique", "EU"},
		{"Indian/Reunion", "EU"},
		{"Asia/Nicosia", "EU"},
		{"Poland", "EU"},
		{"Europe/Zurich", "CH"},
		{"Europe/London", "UK"},
		{"GB", "UK"},
		{"Europe/Jersey", "UK"},
		{"Asia/Tokyo", "JP"},
		{"Japan", "JP"},
		{"Asia/Seoul", "KR"},
		{"ROK", "KR"},
		{"Australia/Lord_Howe", "AU"},
		{"Australia/NSW", "AU"},
		{"Pacific/Auckland", "NZ"},
		{"America/New_York", "US"},
		{"US/Pacific", "US"},
		{"America/Puerto_Rico", "US"},
		{"America/Argentina/Buenos_Aires", "AR"},
		{"America/Buenos_Aires", "AR"},
		{"America/Sao_Paulo", "BR"},
		{"Asia/Calcutta", "IN"},
		{"Europe/Kiev", "UA"},
		{"Africa/Lagos", "NG"},
		{"UTC", "the Page's"},
		{"Etc/GMT-1", "the Page's"},
		{"CET", "the Page's"},
		{"", "the Page's"},
		{"Paris", "the Page's"},
		{"Europe", "the Page's"},
		{"EU:", "the Page's"},
		{"Europe/Paris Europe/Prague", "the Page's"},
	}
	for _, test := range tests {
		if got := RegionOf(test.zone, "the Page's"); got != test.want {
			t.Errorf("%q: %s, want %s", test.zone, got, test.want)
		}
	}
}

// Every zone of the table exists, and stands there once.
func TestRegionTable(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for line := range strings.Lines(strings.TrimSpace(regionTable)) {
		region, zones, ok := strings.Cut(line, ": ")
		if !ok || len(region) != 2 || !strings.HasSuffix(line, " \n") && !strings.HasSuffix(regionTable, line+" \n") {
			t.Errorf("row %q does not read REGION: ZONE ZONE … with a blank behind each", line)
		}
		for _, name := range strings.Fields(zones) {
			if _, err := Location(name); err != nil {
				t.Error(err)
			}
			if seen[name] {
				t.Errorf("%s stands there twice", name)
			}
			seen[name] = true
			if got := RegionOf(name, ""); got != region {
				t.Errorf("%s: %s, want %s", name, got, region)
			}
		}
	}
	if len(seen) < 500 {
		t.Errorf("only %d zones", len(seen))
	}
}
