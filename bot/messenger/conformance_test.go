package messenger

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/bot/channeltest"
)

func TestTheChannelKeepsTheContract(t *testing.T) {
	t.Parallel()
	bodies := fixtureBodies(t) // of other Pages
	bodies["ours"] = []byte(`{"object":"page","entry":[{"id":"10","time":1761000000000,"messaging":[{"sender":{"id":"20"},"recipient":{"id":"10"},"timestamp":1761000000000,"message":{"mid":"m_1","text":"Bonjour"}}]},` +
		`{"id":"10","time":1761000000001,"messaging":[{"sender":{"id":"20"},"recipient":{"id":"10"},"timestamp":1761000000001,"postback":{"mid":"m_2","title":"Menu","payload":"P"}},` +
		`{"sender":{"id":"21"},"recipient":{"id":"10"},"timestamp":1761000000002,"novelty":{}}]}]}`)
	channeltest.Run(t, channeltest.Subject{
		New: func(t *testing.T, endpoint string) bot.Channel {
			return newTestChannel(t, Config{GraphURL: endpoint, Lanes: LaneNames()})
		},
		Bodies: bodies,
		Events: map[string][]bot.Event{"ours": {
			{Kind: bot.EventMessage, Person: "20", At: time.UnixMilli(1761000000000), MID: "m_1", Text: "Bonjour"},
			{Kind: bot.EventPostback, Person: "20", At: time.UnixMilli(1761000000001), MID: "m_2", Payload: "P"},
			{Kind: bot.EventUnknown, Person: "21"},
		}},
		Sign:   signed,
		Accept: ok,
		MID:    "m_1",
		Refuse: says(400, `{"error":{"message":"(#551) not available","type":"OAuthException","code":551,"error_subcode":1545041}}`),
		Batch:  inBatch,
	})
}

// inBatch writes answers as the entries of one: a status, and the body as a text.
func inBatch(answers []http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		type entry struct {
			Code int    `json:"code"`
			Body string `json:"body"`
		}
		entries := make([]*entry, len(answers))
		for i, answer := range answers {
			if answer != nil {
				one := httptest.NewRecorder()
				answer(one, r)
				entries[i] = &entry{one.Code, one.Body.String()}
			}
		}
		body, err := json.Marshal(entries)
		if err != nil {
			panic(err)
		}
		says(http.StatusOK, string(body))(w, r)
	}
}
