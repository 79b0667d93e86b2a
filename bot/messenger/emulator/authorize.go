package emulator

import (
	"crypto/hmac"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// authorize checks the access token and the proof that the caller knows the app
// secret, and takes both out of the parameters.
func (p *Platform) authorize(r *http.Request, in params) (proved bool, refusal *Refusal) {
	bearer, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	given := in.take("access_token")
	if given == "" {
		given = bearer
	}
	proof, stamp := in.take("appsecret_proof"), in.take("appsecret_time")
	switch {
	case p.faults.accessToken == "":
		return false, refuse(18, codeToken, p.faults.deadSubcode, "", "The access token is dead. Give the Page a new one.")
	case given == "":
		return false, refuse(18, codeToken, 0, "An access token is required to request this resource.", "The call carries no access token.")
	case !hmac.Equal([]byte(given), []byte(p.faults.accessToken)) && (p.cfg.AdToken == "" || given != p.cfg.AdToken):
		return false, refuse(18, codeToken, 0, "", "The access token is not the Page's.")
	case proof == "" && p.cfg.NoProof:
		return false, nil
	case proof == "":
		return false, refuse(18, codeParameter, 0, "API calls from the server require an appsecret_proof argument",
			"The call carries no appsecret_proof: the hex HMAC-SHA256 of the access token under the app secret.")
	}
	signed := given
	if stamp != "" {
		seconds, err := strconv.ParseInt(stamp, 10, 64)
		if age := p.cfg.Now().Sub(time.Unix(seconds, 0)).Abs(); err != nil || age > proofAge {
			return false, refuse(18, codeParameter, 0, "Invalid appsecret_proof provided in the API argument",
				"The appsecret_time is more than five minutes away from the platform's clock.")
		}
		signed += "|" + stamp
	}
	if !hmac.Equal([]byte(proof), []byte(keyed(p.cfg.AppSecret, signed))) {
		return false, refuse(18, codeParameter, 0, "Invalid appsecret_proof provided in the API argument",
			"The appsecret_proof does not fit the access token and the app secret.")
	}
	return true, nil
}

// take removes a text parameter and returns it.
func (in params) take(key string) string {
	text, _ := in[key].(string)
	delete(in, key)
	return text
}

// secrets are the parameters that no log shows.
var secrets = []string{"access_token", "appsecret_proof", "input_token", "verify_token"}

func blankQuery(q url.Values) url.Values {
	for _, key := range secrets {
		if q.Has(key) {
			q.Set(key, "…")
		}
	}
	return q
}

// blank is a body as Call shows it. in has lost the secrets already.
func blank(body []byte, in params) string {
	for _, key := range secrets {
		if strings.Contains(string(body), key) {
			rest, err := json.Marshal(in)
			if err != nil {
				return ""
			}
			return string(rest)
		}
	}
	return string(body)
}
