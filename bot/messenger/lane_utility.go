package messenger

import (
	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/flows"
)

// utility is the lane of utility messages: news of an order, an account or an
// appointment of that person, by a template the platform approved before. It is free
// and needs no permit of the platform; the bot's own consent is asked all the same.
//
// The pages disagree about the regions it works in, and about the permission it needs
// (page_utility_messaging or pages_utility_messaging): the Page has the lane if its
// author lists it, and a refusal tells the operator.
type utility struct{}

var _ bot.TraitLane = utility{}

func (utility) Name() string { return laneUtility }

// Traits implements bot.TraitLane: it needs no permit.
func (utility) Traits() bot.LaneTraits { return bot.LaneTraits{Free: true} }

// Asks says that there is nothing to ask for.
func (utility) Asks(bot.LaneFacts) bool { return false }

// Open takes approved templates, and nothing else.
func (utility) Open(f bot.LaneFacts) bot.LaneAnswer {
	if why := law(laneUtility, f.Region, f.PersonRegion, f.Now); why != "" {
		return bot.LaneAnswer{Why: why}
	}
	if !f.Template {
		return bot.LaneAnswer{Why: whyContent}
	}
	return bot.LaneAnswer{Open: true}
}

// utilityTo addresses an approved template to a person.
func utilityTo(b []byte, d *bot.Delivery) ([]byte, error) {
	if d.Message.Kind != flows.TemplateKind {
		return nil, contentError("utility")
	}
	return encodePerson(b, d)
}
