package messenger

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
)

// LoggedIn says whether the account is one of another platform that its owner logged in
// with, and is not reached through a Page.
func (c *Channel) LoggedIn() bool { return c.dialect.Login }

// Object is what the webhooks of the channel are about: "page", "instagram".
func (c *Channel) Object() string { return c.dialect.Object }

// login asks whose the token of a login is. Its user_id is the account's as webhooks have
// it, its id is the app's own for it. The pages write the answer as a list of one, and it
// comes without. No page says how to ask which app the token is of, what may be done with
// it and when it ends.
func (c *Channel) login(ctx context.Context) (a Access, err error) {
	r := c.graph.call(ctx, request{method: http.MethodGet, path: c.graph.base + "me", query: url.Values{"fields": {"user_id,username"}}})
	if err := callError("me", r); err != nil {
		return a, err
	}
	type account struct {
		ID   string `json:"user_id"`
		Name string `json:"username"`
	}
	var answer struct {
		account
		Data []account `json:"data"`
	}
	if err := json.Unmarshal(r.body, &answer); err != nil {
		return a, errors.New("me: the answer is not understood")
	}
	if len(answer.Data) > 0 {
		answer.account = answer.Data[0]
	}
	a.Owner, a.OwnerName, a.Valid = clean(answer.ID, maxWord), clean(answer.Name, maxPersonInAnswer), true
	return a, nil
}

// LinkedAccount asks which account of Instagram the Page is linked to; "" is none.
func (c *Channel) LinkedAccount(ctx context.Context) (id, name string, err error) {
	r := c.graph.call(ctx, request{
		method: http.MethodGet, path: c.graph.base + c.dialect.Sender, query: url.Values{"fields": {"instagram_business_account{id,username}"}},
	})
	if err := callError("page", r); err != nil {
		return "", "", err
	}
	var answer struct {
		Account struct {
			ID   string `json:"id"`
			Name string `json:"username"`
		} `json:"instagram_business_account"`
	}
	if err := json.Unmarshal(r.body, &answer); err != nil {
		return "", "", errors.New("page: the answer is not understood")
	}
	return clean(answer.Account.ID, maxWord), clean(answer.Account.Name, maxPersonInAnswer), nil
}
