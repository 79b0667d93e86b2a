package emulator

import "strings"

// loggedIn says whether the account is one that its owner logged in with. Of those the
// platform's pages know no call that tells about token and app.
func (p *Platform) loggedIn() bool { return p.cfg.Instagram && p.app.Linked == "" }

// sender is who stands in the paths of calls.
func (p *Platform) sender() string {
	if p.cfg.Instagram && p.app.Linked != "" {
		return p.app.Linked
	}
	return p.cfg.PageID
}

// scopeOf is the permission that a call of set-up needs.
func (p *Platform) scopeOf(call string) string {
	subscribes := call == "subscribed_apps"
	switch {
	case p.loggedIn() && subscribes:
		return "instagram_business_basic"
	case p.loggedIn():
		return "instagram_business_manage_messages"
	case subscribes:
		return "pages_manage_metadata"
	case p.cfg.Instagram:
		return "instagram_manage_messages"
	}
	return "pages_messaging"
}

// scopes are the permissions of an access token that has all of them.
func (p *Platform) scopes() []string {
	if p.cfg.Instagram {
		return []string{"instagram_basic", "instagram_manage_messages", "instagram_manage_comments", "pages_manage_metadata", "pages_show_list"}
	}
	return allScopes
}

// accountFields are the webhook fields of the object instagram that have to do with
// conversations, comments and stories, as the call that subscribes an account takes them.
var accountFields = []string{
	"comments", "live_comments", "mentions", "message_edit", "message_reactions", "messages", "messaging_handover", "messaging_optins",
	"messaging_postbacks", "messaging_referral", "messaging_seen", "standby", "story_insights",
}

// appFields are those that an app's webhook may have.
func (p *Platform) appFields() []string {
	if p.cfg.Instagram {
		return accountFields
	}
	return pageFields
}

// accountField is the field on Instagram that brings what another one does on Messenger.
func accountField(field string) string {
	switch field {
	case "message_echoes":
		return "messages"
	case "message_reads":
		return "messaging_seen"
	case "message_edits":
		return "message_edit"
	case "messaging_referrals":
		return "messaging_referral"
	case "messaging_handovers":
		return "messaging_handover"
	}
	return field
}

// account answers for an account: for itself, with the id that the app alone knows it by,
// or for the Page that it is linked to.
func (p *Platform) account(asked string) answer {
	name := strings.ToLower(strings.ReplaceAll(p.cfg.Name, " ", ""))
	owner := p.who(asked, p.cfg.PageID)
	if p.loggedIn() {
		return answer{value: map[string]any{"id": "9" + owner, "user_id": owner, "username": name}}
	}
	if asked == p.cfg.PageID {
		return answer{value: map[string]any{"id": owner, "username": name}}
	}
	value := map[string]any{"id": p.who(asked, p.app.Linked), "name": p.cfg.Name}
	switch p.app.Account {
	case "none":
	case "":
		value["instagram_business_account"] = map[string]any{"id": p.cfg.PageID, "username": name}
	default:
		value["instagram_business_account"] = map[string]any{"id": p.app.Account, "username": "another"}
	}
	return answer{value: value}
}
