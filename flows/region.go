package flows

import (
	"slices"
	"strings"
)

// european are the countries that are the region EU: the Union, and the rest of the
// European Economic Area.
var european = strings.Fields("AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IS IT LI LT LU LV MT NL NO PL PT RO SE SI SK")

// RegionOfCountry is the region that a country, in two letters, lies in: EU of FR, UK of GB, and
// of any other the country itself.
func RegionOfCountry(country string) string {
	switch {
	case slices.Contains(european, country):
		return "EU"
	case country == "GB":
		return "UK"
	}
	return country
}

// legacyRegions are those in which recurring notifications go on, and in which paid
// messages reach nobody.
var legacyRegions = strings.Fields("AU EU JP KR UK")

// laneRegions are the regions whose Pages have a lane today, as the platform's FAQ of
// April 2026 lists them; a lane that is not here is barred nowhere.
var laneRegions = map[string][]string{
	"recurring": legacyRegions,
	"marketing": strings.Fields("AU BR CL CO HK IN ID IL MY MX NZ PE PH SA SG TW TH AE US VN"),
}

// LaneRegions are the regions whose Pages have a lane today; nil: all.
func LaneRegions(lane string) []string { return laneRegions[lane] }
