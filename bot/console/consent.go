package console

import (
	"context"
	"net/http"

	"github.com/relance-bot/relance/bot"
)

const consentPart = "/console/consent"

// verdict is what a look at the whole ledger found.
type verdict struct {
	Asked  bool
	Sound  bool
	Chains []bot.Chain
	Cut    bool
}

// consent is GET /console/consent.
func (c *console) consent(context.Context, *http.Request) (answer, error) {
	return answer{page: "consent", title: "Consent", part: consentPart, data: verdict{}}, nil
}

// verify is POST /console/consent: it reads the whole ledger, one page at a time.
func (c *console) verify(ctx context.Context, _ *http.Request) (answer, error) {
	v := verdict{Asked: true, Sound: true}
	err := c.counting.alone(ctx, func() (err error) {
		v.Chains, err = c.Bot.VerifyLedger(ctx, nil)
		return err
	})
	if err != nil {
		return answer{}, err
	}
	for i := range v.Chains {
		found := &v.Chains[i].Findings
		v.Sound = v.Sound && len(*found) == 0
		if len(*found) > maxFindings {
			*found, v.Cut = (*found)[:maxFindings], true
		}
	}
	return answer{page: "consent", title: "Consent", part: consentPart, data: v}, nil
}
