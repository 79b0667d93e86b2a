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
