package messenger

import (
	"testing"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/bot/channeltest"
)

func TestTheChannelKeepsTheContract(t *testing.T) {
	t.Parallel()
	channeltest.Run(t, channeltest.Subject{
		New: func(t *testing.T, endpoint string) bot.Channel {
			return newTestChannel(t, Config{GraphURL: endpoint, Lanes: LaneNames()})
		},
		Bodies: fixtureBodies(t),
		Sign:   signed,
		Accept: ok,
		MID:    "m_1",
		Refuse: says(400, `{"error":{"message":"(#551) not available","type":"OAuthException","code":551,"error_subcode":1545041}}`),
	})
}
