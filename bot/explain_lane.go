package bot

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

func (s sentence) lane() string {
	if code := s.because("code"); code != "" {
		return fmt.Sprintf("the platform refused it for now%s, and no other way was open", code)
	}
	if ways := s.refused(); ways != "" {
		return fmt.Sprintf("their last message is more than 24 hours ago, and no other way was open: %s", ways)
	}
	return "their last message is more than 24 hours ago, and the Page has no other way to reach them"
}

// refused says why lanes were closed, in order of name.
func (s sentence) refused() string {
	refused, _ := s.values["refused"].(map[string]any)
	var ways []string
	for _, lane := range slices.Sorted(maps.Keys(refused)) {
		why := LaneReason(fmt.Sprint(refused[lane]), s.word("region"), s.word("person_region"))
		ways = append(ways, fmt.Sprintf("%s (%s)", lane, why))
	}
	return strings.Join(ways, ", ")
}

// LaneReason says in words why a lane is closed: the word of a LaneAnswer, with the
// regions of the Page and of the person, if they are known.
func LaneReason(why, region, person string) string {
	switch why {
	case "no permit":
		return "the platform gave no permission"
	case "expired":
		return "the platform's permission has run out"
	case laneRegion:
		if region != "" {
			return "not offered to Pages in " + region
		}
		return "not allowed in their region"
	case lanePersonRegion:
		if person != "" {
			return "not offered to people in " + person
		}
		return "not allowed in their region"
	case laneEnded:
		return "the platform has ended it there"
	case "rest":
		return "the platform wants a rest after the last one"
	case "not yet":
		return "the platform did not have it yet"
	case "used":
		return "the one message they allowed was sent"
	case "content":
		return "it carries messages of another kind"
	case laneShut:
		return "the platform closed it for the Page for a time"
	case "not set up":
		return "the Page has not set it up"
	case "by hand":
		return "only what a person writes by hand in the inbox may go by it, for seven days after their last act"
	}
	return why
}
