package bot

import "strings"

// RegionOf is the region whose law protects a person in a time zone: "EU" for the
// European Union and the European Economic Area, "UK", and elsewhere the country's
// ISO code ("JP", "US"). fallback, the Page's own region, is for zones that name
// no place ("UTC", "Etc/GMT-1", "CET") and for none.
func RegionOf(zone, fallback string) string {
	if !zoneName(zone) {
		return fallback
	}
	at := strings.Index(regionTable, " "+zone+" ")
	if zone == "" || at < 0 {
		return fallback
	}
	line := regionTable[strings.LastIndexByte(regionTable[:at], '\n')+1:]
	region, _, _ := strings.Cut(line, ":")
	return region
}
