package bot

import (
	"strings"
	"sync"
)

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

// regions keeps what RegionOf said: to look through its table costs more than all the
// rest of a decision. There are as many as there are zones.
type regions struct {
	mu    sync.RWMutex
	known map[[2]string]string // by zone and fallback
}

func (r *regions) of(zone, fallback string) string {
	key := [2]string{zone, fallback}
	r.mu.RLock()
	region, ok := r.known[key]
	r.mu.RUnlock()
	if ok {
		return region
	}
	region = RegionOf(zone, fallback)
	r.mu.Lock()
	defer r.mu.Unlock()
	jot(&r.known, key, region)
	return region
}
