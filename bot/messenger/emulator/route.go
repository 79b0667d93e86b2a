package emulator

import (
	"net/http"
	"strings"
)

// route finds what a call is for by the end of its path; what stands before is the
// base path and the version.
func (p *Platform) route(r *http.Request, in params) answer {
	parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	last, owner := parts[len(parts)-1], ""
	if len(parts) > 1 {
		owner = parts[len(parts)-2]
	}
	if c := p.campaigns[owner]; c != nil && last == "insights" && r.Method == http.MethodGet {
		return p.campaignCall(c, r.Method, last)
	}
	ours := owner == "me" || owner == p.sender()
	if p.cfg.Instagram && !onInstagram(last) {
		return answer{refusal: refuse(0, codeParameter, subObject, "", "Instagram has no %s.", begin(last))}
	}
	switch r.Method + " " + last {
	case "POST messages":
		if ours {
			return p.messages(in)
		}
		if p.ours(owner) {
			return p.paidMessage(in)
		}
	case "POST message_campaign":
		if p.ours(owner) {
			return p.createCampaign(in)
		}
	case "POST unsubscribe":
		if owner == "messaging_customer_base" && !p.cfg.Now().Before(eraPaid) {
			return p.unsubscribe(in)
		}
	case "POST message_templates", "GET message_templates", "DELETE message_templates":
		if ours && !p.cfg.Now().Before(eraUtility) {
			return p.templateCall(r.Method, in)
		}
	case "POST pass_thread_control", "POST take_thread_control", "GET thread_owner":
		if ours {
			return p.threadCall(last, in)
		}
	case "POST notification_messages_dev_support":
		if ours {
			return p.devSupport(in)
		}
	case "GET notification_message_tokens":
		if ours {
			return p.listTokens(in)
		}
	case "POST message_attachments":
		if ours {
			return p.upload(in)
		}
	case "POST personas", "GET personas":
		if ours {
			return p.personaCall(r.Method, in)
		}
	case "POST subscribed_apps", "GET subscribed_apps", "DELETE subscribed_apps":
		if ours {
			return p.subscribedApps(r.Method, in)
		}
	case "POST messenger_profile", "GET messenger_profile", "DELETE messenger_profile":
		if ours {
			return p.profileCall(r.Method, in)
		}
	default:
		switch {
		case r.Method == http.MethodGet && (last == "me" || last == p.cfg.PageID || last == p.sender()):
			return p.me(last)
		case r.Method == http.MethodGet && last == "app" && !p.loggedIn():
			return answer{value: map[string]any{"id": p.cfg.AppID, "name": p.appName()}}
		case r.Method == http.MethodGet && p.ours(last):
			return p.showAccount()
		case p.campaigns[last] != nil && r.Method != http.MethodPost:
			return p.campaignCall(p.campaigns[last], r.Method, "")
		case r.Method == http.MethodGet && strings.HasPrefix(last, tokenPath):
			return p.showToken(strings.TrimPrefix(last, tokenPath))
		case r.Method == http.MethodGet && p.people[last] != nil:
			return p.profile(p.people[last], in)
		case r.Method == http.MethodDelete && p.personas[last] != (persona{}):
			delete(p.personas, last)
			p.forgetPersona(last)
			return answer{value: map[string]any{"success": true}}
		}
	}
	return answer{refusal: refuse(0, codeParameter, subObject, "",
		"There is nothing for %s %s here. The emulator offers GET PAGE, POST PAGE/messages, GET PSID, GET PAGE/notification_message_tokens, POST PAGE/pass_thread_control, POST PAGE/take_thread_control, GET PAGE/thread_owner, POST PAGE/message_attachments, PAGE/personas, PAGE/message_templates, PAGE/messaging_customer_base/unsubscribe, PAGE/messenger_profile and PAGE/subscribed_apps of its one Page, GET app, debug_token and APP/subscriptions of the app, and act_ACCOUNT/message_campaign, act_ACCOUNT/messages, CAMPAIGN and CAMPAIGN/insights of its ad account.",
		r.Method, r.URL.Path)}
}
