package messenger

import "github.com/relance-bot/relance/bot"

const laneHumanAgent = "human_agent"

// HumanAgent is the lane of what a person writes by hand: under the tag HUMAN_AGENT it may
// go for seven days after somebody's last act, for support and nothing else ("Message tags"
// and "Human agent" of the platform's pages, on Messenger and Instagram). A Page's people
// write in its inbox, which needs no app of ours, so nothing here sends by it: it is never
// open, and says why to whoever asks which ways a notification has.
func HumanAgent() bot.Lane { return humanAgent{} }

type humanAgent struct{}

func (humanAgent) Name() string { return laneHumanAgent }

// Open takes nothing that a flow has made.
func (humanAgent) Open(bot.LaneFacts) bot.LaneAnswer { return bot.LaneAnswer{Why: whyByHand} }
