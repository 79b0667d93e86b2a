package messenger

import "github.com/relance-bot/relance/bot"

// Words of bot.LaneAnswer.Why.
const (
	whyPermit      = "no permit"
	whyRegion      = "region"
	whyRest        = "rest"
	whyExpired     = "expired"
	whyUnsupported = "unsupported"
)

const laneWindow = "window"

// shut is a lane the Page has and this version cannot carry: it says so in every
// decision instead of being left out in silence.
type shut struct{ name string }

func (s shut) Name() string                      { return s.name }
func (s shut) Open(bot.LaneFacts) bot.LaneAnswer { return bot.LaneAnswer{Why: whyUnsupported} }
