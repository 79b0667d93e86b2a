package messenger

import (
	"errors"
	"net/url"
)

// ErrHandshake says that a handshake did not come from the app's settings: the
// mode is not subscribe, the verify token is another, or there is no challenge.
var ErrHandshake = errors.New("handshake refused")

const maxChallenge = 1024

// Handshake answers the GET by which the platform checks that a webhook address
// is ours. The challenge goes back as it is, as plain text, with 200; ErrHandshake
// is a 403.
func (c *Channel) Handshake(query url.Values) (challenge string, err error) {
	invited := c.keys.invite(query.Get("hub.verify_token"))
	challenge = query.Get("hub.challenge")
	if !invited || query.Get("hub.mode") != "subscribe" || challenge == "" || len(challenge) > maxChallenge {
		return "", ErrHandshake
	}
	return challenge, nil
}
