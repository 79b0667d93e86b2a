package messenger

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
)

// accountProfile asks what an account of another platform shows: ice breakers and the
// menu are all that it has. Each is asked for alone: Instagram's pages answer for ice
// breakers with the menus themselves, which do not say of what they are, and for the menu
// as Messenger does ("Ice Breakers", "The Persistent Menu" of Instagram Messaging). Either
// is read of either.
func (c *Channel) accountProfile(ctx context.Context) (p PageProfile, err error) {
	for _, ask := range []struct {
		field string
		into  *[]Menu
	}{{"ice_breakers", &p.IceBreakers}, {"persistent_menu", &p.Menu}} {
		body, err := c.profileCall(ctx, http.MethodGet, url.Values{"fields": {ask.field}}, nil)
		if err != nil {
			return PageProfile{}, err
		}
		if *ask.into, err = readAccountMenus(body); err != nil {
			return PageProfile{}, err
		}
	}
	return p, nil
}

// readAccountMenus reads an answer about one field.
func readAccountMenus(body []byte) ([]Menu, error) {
	var answer struct {
		Data []struct {
			wireMenu
			Ice  []wireMenu `json:"ice_breakers"`
			Menu []wireMenu `json:"persistent_menu"`
		} `json:"data"`
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return nil, errors.New("profile: the answer is not understood")
	}
	var menus []wireMenu
	for _, one := range answer.Data {
		menus = append(append(menus, one.Ice...), one.Menu...)
		if len(one.Items) > 0 || one.Question != "" {
			menus = append(menus, one.wireMenu)
		}
	}
	return readMenus(menus), nil
}
