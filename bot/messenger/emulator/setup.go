package emulator

import (
	"cmp"
	"context"
	"crypto/hmac"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// App is how the app and the access token stand on the platform: what set-up verbs look
// at, and may find wrong.
type App struct {
	Name string // "" is "App"

	// Of the access token. Owner is the id that GET /me answers with; "" is the Page.
	// Scopes are the permissions it was given; nil: all that a bot may need. Zero times:
	// it does not end.
	Kind                 string // "" is PAGE
	Owner                string
	Scopes               []string
	Expires, DataExpires time.Time

	// Linked is the Page through which an account of Instagram is reached: access token and
	// paths are that Page's. Empty: its owner logged in with it. Account is whom that Page
	// is linked to; "" is the account itself, "none" nobody.
	Linked, Account string

	// The app's own webhook of the object page, or instagram. Fields nil: all of them.
	Webhook  string
	Inactive bool // the platform switched it off
	Fields   []string

	// Ask is how the platform reaches an address to have it verified: it returns what a
	// GET of it answers. Nil: every address that is https passes.
	Ask func(ctx context.Context, address string) (status int, body []byte, err error)
}

// allScopes are the permissions that a bot on a Page may need.
var allScopes = []string{
	"pages_messaging", "pages_manage_metadata", "pages_show_list", "pages_utility_messaging", "paid_marketing_messages",
}

// SetApp changes how the app stands.
func (p *Platform) SetApp(change func(*App)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change(&p.app)
}

// Fields are the webhook fields that the Page is subscribed to; nil if nobody has said
// which: then all.
func (p *Platform) Fields() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.fields)
}

// may refuses a call for which the access token lacks the permission.
func (p *Platform) may(scope string) *Refusal {
	if p.app.Scopes == nil || slices.Contains(p.app.Scopes, scope) {
		return nil
	}
	return refuse(18, codeScope, 0, "Requires "+scope+" permission to manage the object", "The access token lacks the permission %s.", scope)
}

// codeScope is the code of a permission that is missing.
const codeScope = 200

// subscribedApps connects and disconnects the bot. A POST replaces the list of fields, and
// must have one.
func (p *Platform) subscribedApps(method string, in params) answer {
	if refusal := p.may(p.scopeOf("subscribed_apps")); refusal != nil {
		return answer{refusal: refusal}
	}
	known := pageFields
	if p.loggedIn() {
		known = accountFields
	}
	switch method {
	case http.MethodPost:
		fields := listed(in["subscribed_fields"])
		if len(fields) == 0 {
			return answer{refusal: wrong("The parameter subscribed_fields is required", "A subscription says which fields it is to: one at least.")}
		}
		for _, field := range fields {
			if !slices.Contains(known, field) {
				return answer{refusal: wrong("Param subscribed_fields must be one of {"+strings.Join(known, ", ")+"} - got "+begin(field), "%q is no field of such webhooks.", begin(field))}
			}
		}
		p.fields = fields
		p.subscribe()
	case http.MethodDelete:
		p.subscribed, p.fields = false, nil
	default:
		data := []map[string]any{}
		if p.subscribed {
			fields := p.fields
			if fields == nil {
				fields = known
			}
			data = append(data, map[string]any{"id": p.cfg.AppID, "name": p.appName(), "subscribed_fields": fields})
		}
		return answer{value: map[string]any{"data": data}}
	}
	return answer{value: map[string]any{"success": true}}
}

// pageFields are the webhook fields that a bot may ask for.
var pageFields = []string{
	"feed", "inbox_labels", "marketing_message_clicks", "marketing_message_deliveries", "marketing_message_delivery_failed",
	"marketing_message_echoes", "marketing_message_reads", "message_deliveries", "message_echoes", "message_edits", "message_reactions",
	"message_reads", "message_template_status_update", "messages", "messaging_account_linking", "messaging_feedback", "messaging_game_plays",
	"messaging_handovers", "messaging_optins", "messaging_policy_enforcement", "messaging_postbacks", "messaging_referrals",
	"messenger_template_status_update", "response_feedback", "send_cart", "standby",
}

// wanted says whether both the Page and the app are subscribed to the field that an entry
// is of. Nobody who was never asked leaves anything out.
func (p *Platform) wanted(e entry) bool {
	field := e.field()
	switch {
	case field == "":
		return true
	case p.cfg.Instagram: // an account subscribes to one field, and gets those of the app
		return p.app.Fields == nil || slices.Contains(p.app.Fields, accountField(field))
	}
	return (p.fields == nil || slices.Contains(p.fields, field)) && (p.app.Fields == nil || slices.Contains(p.app.Fields, field))
}

// field is the webhook field of an entry, which holds one thing.
func (e entry) field() string {
	switch {
	case len(e.Changes) > 0:
		return e.Changes[0].Field
	case len(e.Standby) > 0:
		return "standby"
	case len(e.Messaging) == 0:
		return ""
	}
	switch one := e.Messaging[0]; {
	case one.Message != nil && one.Message.IsEcho:
		return "message_echoes"
	case one.Message != nil:
		return "messages"
	case one.Postback != nil:
		return "messaging_postbacks"
	case one.Referral != nil:
		return "messaging_referrals"
	case one.Reaction != nil:
		return "message_reactions"
	case one.OptIn != nil:
		return "messaging_optins"
	case one.Delivery != nil:
		return "message_deliveries"
	case one.Read != nil:
		return "message_reads"
	case one.Edit != nil:
		return "message_edits"
	case one.Feedback != nil:
		return "messaging_feedback"
	case one.Linking != nil:
		return "messaging_account_linking"
	case one.Pass != nil, one.Take != nil:
		return "messaging_handovers"
	}
	return ""
}

// listed reads a list that is written with commas, or as one.
func listed(v any) []string {
	out := []string{}
	switch v := v.(type) {
	case string:
		for word := range strings.SplitSeq(v, ",") {
			if word = strings.TrimSpace(word); word != "" {
				out = append(out, word)
			}
		}
	case []any:
		for _, item := range v {
			out = append(out, fmt.Sprint(item))
		}
	}
	return out
}

func (p *Platform) appName() string { return cmp.Or(p.app.Name, "App") }

// me answers for whoever the access token is of.
func (p *Platform) me(asked string) answer {
	if p.cfg.Instagram {
		return p.account(asked)
	}
	return answer{value: map[string]any{"id": p.who(asked, p.cfg.PageID), "name": p.cfg.Name}}
}

// who is the id that a call for somebody answers with: me is whose the access token is,
// which may be another than it should.
func (p *Platform) who(asked, id string) string {
	if asked == "me" {
		return cmp.Or(p.app.Owner, id)
	}
	return id
}

// byApp says whether a call goes with the app's own token, ID|SECRET, and not with the
// Page's.
func (p *Platform) byApp(r *http.Request) bool {
	path := strings.Trim(r.URL.Path, "/")
	return !p.loggedIn() && (strings.HasSuffix("/"+path, "/debug_token") || strings.HasSuffix("/"+path, "/"+p.cfg.AppID+"/subscriptions"))
}

// appCall answers what the app asks about itself.
func (p *Platform) appCall(r *http.Request, in params) (proved bool, a answer) {
	bearer, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	token := in.take("access_token")
	if token == "" {
		token = bearer
	}
	proof := in.take("appsecret_proof")
	if !hmac.Equal([]byte(token), []byte(p.cfg.AppID+"|"+p.cfg.AppSecret)) {
		return false, answer{refusal: refuse(18, codeToken, 0, "Invalid OAuth access token - Cannot parse access token", "The call needs the app's token: its id, a bar, its secret.")}
	}
	if proved = hmac.Equal([]byte(proof), []byte(keyed(p.cfg.AppSecret, token))); proof != "" && !proved {
		return false, answer{refusal: refuse(18, codeParameter, 0, "Invalid appsecret_proof provided in the API argument", "The appsecret_proof does not fit the app's token.")}
	}
	if strings.HasSuffix(r.URL.Path, "debug_token") {
		return proved, p.debugToken(r.Method, in.take("input_token"))
	}
	return proved, p.appWebhook(r, in)
}

// debugToken tells what an access token is, and what may be done with it.
func (p *Platform) debugToken(method, token string) answer {
	if method != http.MethodGet || token == "" {
		return answer{refusal: wrong("Param input_token is required", "debug_token wants GET and input_token.")}
	}
	dead := func(code, subcode int, text string) answer {
		fault := map[string]any{"code": code, "message": text}
		if subcode != 0 {
			fault["subcode"] = subcode
		}
		return answer{value: map[string]any{"data": map[string]any{"app_id": p.cfg.AppID, "is_valid": false, "error": fault, "scopes": []string{}}}}
	}
	switch {
	case p.faults.accessToken == "":
		return dead(codeToken, p.faults.deadSubcode, usual(codeToken, p.faults.deadSubcode).text)
	case token != p.faults.accessToken:
		return dead(codeToken, 0, "Invalid OAuth access token.")
	}
	scopes, kind := p.app.Scopes, cmp.Or(p.app.Kind, "PAGE")
	if scopes == nil {
		scopes = p.scopes()
	}
	data := map[string]any{
		"app_id": p.cfg.AppID, "application": p.appName(), "type": kind, "is_valid": true, "scopes": scopes,
		"expires_at": seconds(p.app.Expires), "data_access_expires_at": seconds(p.app.DataExpires),
	}
	if kind == "PAGE" {
		data["profile_id"] = p.me("me").value.(map[string]any)["id"]
	}
	return answer{value: map[string]any{"data": data}}
}

// seconds is a time as the platform writes it; 0: never.
func seconds(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Unix()
}

// appWebhook reads and sets where the app's webhooks go.
func (p *Platform) appWebhook(r *http.Request, in params) answer {
	switch r.Method {
	case http.MethodGet:
		data := []map[string]any{}
		if p.app.Webhook != "" {
			names := p.app.Fields
			if names == nil {
				names = p.appFields()
			}
			fields := []map[string]any{}
			for _, name := range names {
				fields = append(fields, map[string]any{"name": name, "version": "v25.0"})
			}
			data = append(data, map[string]any{"object": p.object(), "callback_url": p.app.Webhook, "active": !p.app.Inactive, "fields": fields})
		}
		return answer{value: map[string]any{"data": data}}
	case http.MethodPost:
		return p.setWebhook(r.Context(), in.take("object"), in.take("callback_url"), in.take("verify_token"), listed(in["fields"]))
	case http.MethodDelete:
		p.app.Webhook, p.app.Fields = "", nil
		return answer{value: map[string]any{"success": true}}
	}
	return answer{refusal: wrong("Unsupported method", "subscriptions knows GET, POST and DELETE.")}
}

// codeCallback is the code of an address that did not return the challenge.
const codeCallback = 2200

// setWebhook asks the address first, as the platform does.
func (p *Platform) setWebhook(ctx context.Context, object, address, verify string, fields []string) answer {
	if object != p.object() || !strings.HasPrefix(address, "https://") && p.app.Ask == nil || len(fields) == 0 {
		return answer{refusal: wrong("Invalid parameter", "subscriptions wants its object, an https callback_url, verify_token and fields.")}
	}
	if ask := p.app.Ask; ask != nil {
		challenge := p.digits("challenge")
		query := url.Values{"hub.mode": {"subscribe"}, "hub.verify_token": {verify}, "hub.challenge": {challenge}}
		p.mu.Unlock() // who is asked may call the platform
		status, body, err := ask(ctx, address+"?"+query.Encode())
		p.mu.Lock()
		if err != nil || status != http.StatusOK || string(body) != challenge {
			return answer{refusal: refuse(1, codeCallback, 0, "Callback verification failed", "The webhook address did not return the challenge (status %d).", status)}
		}
	}
	p.app.Webhook, p.app.Fields, p.app.Inactive = address, fields, false
	return answer{value: map[string]any{"success": true}}
}
