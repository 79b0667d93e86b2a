package emulator

import (
	"context"
	"crypto/hmac"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
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

	// The app's own webhook of the object page. Fields nil: all of them.
	Webhook  string
	Inactive bool // the platform switched it off
	Fields   []string

	// Ask is how the platform reaches an address to have it verified: it returns what a
	// GET of it answers. Nil: every address that is https passes.
	Ask func(ctx context.Context, address string) (status int, body []byte, err error)
}

// Scopes are the permissions that a bot on a Page may need.
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

// subscribedApps connects and disconnects the bot. A POST replaces the list of fields.
func (p *Platform) subscribedApps(method string, in params) answer {
	if refusal := p.may("pages_manage_metadata"); refusal != nil {
		return answer{refusal: refusal}
	}
	switch method {
	case http.MethodPost:
		fields := listed(in["subscribed_fields"])
		for _, field := range fields {
			if !slices.Contains(pageFields, field) {
				return answer{refusal: wrong("Param subscribed_fields must be one of {"+strings.Join(pageFields, ", ")+"} - got "+begin(field), "%q is no field of a Page's webhooks.", begin(field))}
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
				fields = pageFields
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
	if field == "" || p.cfg.Instagram { // which has fields of its own
		return true
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

func (p *Platform) appName() string {
	if p.app.Name == "" {
		return "App"
	}
	return p.app.Name
}

// me answers for whoever the access token is of.
func (p *Platform) me(asked string) answer {
	id := p.cfg.PageID
	if asked == "me" && p.app.Owner != "" {
		id = p.app.Owner
	}
	return answer{value: map[string]any{"id": id, "name": p.cfg.Name}}
}

// byApp says whether a call goes with the app's own token, ID|SECRET, and not with the
// Page's.
func (p *Platform) byApp(r *http.Request) bool {
	path := strings.Trim(r.URL.Path, "/")
	return strings.HasSuffix("/"+path, "/debug_token") || strings.HasSuffix("/"+path, "/"+p.cfg.AppID+"/subscriptions")
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
	scopes, kind := p.app.Scopes, p.app.Kind
	if scopes == nil {
		scopes = allScopes
	}
	if kind == "" {
		kind = "PAGE"
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
				names = pageFields
			}
			fields := []map[string]any{}
			for _, name := range names {
				fields = append(fields, map[string]any{"name": name, "version": "v25.0"})
			}
			data = append(data, map[string]any{"object": "page", "callback_url": p.app.Webhook, "active": !p.app.Inactive, "fields": fields})
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
	if object != "page" || !strings.HasPrefix(address, "https://") && p.app.Ask == nil || len(fields) == 0 {
		return answer{refusal: wrong("Invalid parameter", "subscriptions wants object page, an https callback_url, verify_token and fields.")}
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

// Bounds of the Messenger Profile.
const (
	profileCalls    = 10 // within profileSpan
	profileSpan     = 10 * time.Minute
	maxGreeting     = 160
	maxIceBreakers  = 4
	maxQuestion     = 80
	maxMenuItems    = 20
	maxMenuTitle    = 30
	maxTopPayload   = 1_000
	maxProfileLangs = 200
)

// profileParts are what a Messenger Profile may hold.
var profileParts = []string{"get_started", "greeting", "ice_breakers", "persistent_menu", "commands", "whitelisted_domains", "account_linking_url"}

// profileCall answers calls of PAGE/messenger_profile.
func (p *Platform) profileCall(method string, in params) answer {
	now := p.cfg.Now()
	p.profiled = slices.DeleteFunc(p.profiled, func(t time.Time) bool { return now.Sub(t) >= profileSpan || t.After(now) })
	if len(p.profiled) >= profileCalls {
		return answer{refusal: refuse(17, codeCustomLimit, 0, "", "More than %d calls to the Messenger Profile within ten minutes.", profileCalls)}
	}
	p.profiled = append(p.profiled, now)
	if refusal := p.may("pages_messaging"); refusal != nil {
		return answer{refusal: refusal}
	}
	switch method {
	case http.MethodGet:
		one := map[string]any{}
		for _, field := range listed(in["fields"]) {
			if v, ok := p.shown[field]; ok {
				one[field] = v
			}
		}
		data := []map[string]any{}
		if len(one) > 0 {
			data = append(data, one)
		}
		return answer{value: map[string]any{"data": data}}
	case http.MethodDelete:
		fields := listed(in["fields"])
		switch {
		case len(fields) == 0:
			return answer{refusal: wrong("Param fields is required", "A DELETE of the Messenger Profile names its fields.")}
		case slices.Contains(fields, "get_started") && p.shown["persistent_menu"] != nil && !slices.Contains(fields, "persistent_menu"):
			return answer{refusal: wrong("You must remove the persistent menu before the get started button", "The persistent menu needs the Get Started button.")}
		}
		for _, field := range fields {
			delete(p.shown, field)
		}
	default:
		r := &reader{}
		top := object{"", in}
		r.only(top, profileParts...)
		p.checkProfile(r, top)
		if r.refusal != nil {
			return answer{refusal: r.refusal}
		}
		for field, v := range in {
			p.shown[field] = v
		}
	}
	p.showProfile()
	return answer{value: map[string]any{"result": "success"}}
}

// checkProfile holds what is set against the platform's rules.
func (p *Platform) checkProfile(r *reader, top object) {
	if top.has("get_started") {
		r.needed(r.object(top, "get_started"), "payload", maxTopPayload)
	}
	locales := func(list []object) {
		seen := map[string]bool{}
		for _, o := range list {
			locale := r.needed(o, "locale", 10)
			if seen[locale] {
				r.wrong(o.at("locale"), "is there twice", "The locale %q is there twice.", begin(locale))
			}
			seen[locale] = true
		}
		if len(list) > 0 && !seen["default"] {
			r.wrong(list[0].path, "must have the locale default", "One entry has the locale default, for everybody else.")
		}
	}
	if top.has("greeting") {
		list := r.list(top, "greeting", 1, maxProfileLangs, "greetings")
		locales(list)
		for _, o := range list {
			r.needed(o, "text", maxGreeting)
		}
	}
	if top.has("ice_breakers") {
		list := r.list(top, "ice_breakers", 1, maxProfileLangs, "ice breakers")
		locales(list)
		for _, o := range list {
			for _, item := range r.list(o, "call_to_actions", 1, maxIceBreakers, "ice breakers") {
				r.needed(item, "question", maxQuestion)
				r.needed(item, "payload", maxTopPayload)
			}
		}
	}
	if !top.has("persistent_menu") {
		return
	}
	if p.shown["get_started"] == nil && !top.has("get_started") {
		r.wrong("persistent_menu", "needs a get started button", "A persistent menu needs the Get Started button.")
	}
	list := r.list(top, "persistent_menu", 1, maxProfileLangs, "menus")
	locales(list)
	for _, o := range list {
		r.flag(o, "composer_input_disabled")
		for _, item := range r.list(o, "call_to_actions", 1, maxMenuItems, "entries") {
			r.needed(item, "title", maxMenuTitle)
			switch r.choice(item, "type", "postback", "web_url") {
			case "postback":
				r.needed(item, "payload", maxTopPayload)
			case "web_url":
				r.needed(item, "url", maxAddress)
				r.address(item, "url")
			default:
				r.wrong(item.at("type"), "is required", "An entry of the menu is a postback or a web_url.")
			}
		}
	}
}

// showProfile lets the phone show what was set for everybody.
func (p *Platform) showProfile() {
	p.cfg.Greeting, p.cfg.IceBreakers, p.cfg.Menu = "", nil, nil
	var shown struct {
		GetStarted struct{ Payload string } `json:"get_started"`
		Greeting   []struct{ Locale, Text string }
		Ice        []localMenu `json:"ice_breakers"`
		Menu       []localMenu `json:"persistent_menu"`
	}
	raw, err := json.Marshal(p.shown)
	if err != nil || json.Unmarshal(raw, &shown) != nil || !utf8.Valid(raw) {
		return // what checkProfile let pass is of that shape
	}
	if shown.GetStarted.Payload != "" {
		p.cfg.GetStarted = shown.GetStarted.Payload
	}
	for _, g := range shown.Greeting {
		if g.Locale == "default" {
			p.cfg.Greeting = g.Text
		}
	}
	p.cfg.IceBreakers, p.cfg.Menu = entries(shown.Ice), entries(shown.Menu)
	p.changed()
}

// localMenu is a menu, or the ice breakers, in one locale.
type localMenu struct {
	Locale string
	Items  []struct{ Title, Question, Payload, URL string } `json:"call_to_actions"`
}

// entries are what everybody sees of a menu.
func entries(menus []localMenu) (out []Item) {
	for _, menu := range menus {
		if menu.Locale != "default" {
			continue
		}
		for _, item := range menu.Items {
			out = append(out, Item{Label: item.Title + item.Question, Payload: item.Payload, URL: item.URL})
		}
	}
	return out
}
