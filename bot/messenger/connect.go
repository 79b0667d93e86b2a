package messenger

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/relance-bot/relance/flows"
)

// CallError is why a call that is no message did not work. It holds numbers and words of
// our own, and nothing of the answer; whose call it was the caller knows.
type CallError struct {
	What          string // what was called: "profile"
	Code, Subcode int    // of the platform's refusal; 0: it gave none
	Meaning       string // of the refusal, in a few words
	Fault         string // why there is no answer: "no_connection"
	Status        int    // HTTP, of an answer: of a refusal too
}

func (e *CallError) Error() string {
	switch {
	case e.Fault != "":
		return fmt.Sprintf("%s: %s", e.What, e.Fault)
	case e.Code != 0:
		return strings.TrimSpace(fmt.Sprintf("%s: error %s %s", e.What, e.Name(), e.Meaning))
	}
	return fmt.Sprintf("%s: status %d", e.What, e.Status)
}

// Name writes the refusal as the platform's pages do: "190/463".
func (e *CallError) Name() string { return graphError{code: e.Code, subcode: e.Subcode}.name() }

// Access is what the platform says of an access token and of the app that it is for.
type Access struct {
	Owner, OwnerName string // whose token it is: a Page's or a person's id
	App, AppName     string // the app's id

	Kind   string // PAGE, USER, SYSTEM_USER
	Valid  bool
	Code   int // why it is not valid, with Subcode
	Sub    int
	Scopes []string // the permissions that go with it

	// When it ends, and when the permissions for people's data do; zero: never.
	Ends, DataEnds time.Time
}

// Access asks the platform about our access token: whose it is, of which app, and what
// may be done with it ("Debug Token" of the Graph API, by the app's own token). What is
// known before an error is returned with it. Of an account that its owner logged in with
// it tells whose it is, and that alone.
func (c *Channel) Access(ctx context.Context) (a Access, err error) {
	if c.LoggedIn() {
		return c.login(ctx)
	}
	var me, app struct {
		ID   string `json:"id"`
		Name string `json:"name"`
	}
	for _, ask := range []struct {
		what, path string
		into       any
		query      url.Values
	}{
		{"me", "me", &me, url.Values{"fields": {"id,name"}}},
		{"app", "app", &app, nil},
	} {
		r := c.graph.call(ctx, request{method: http.MethodGet, path: c.graph.base + ask.path, query: ask.query})
		if err := callError(ask.what, r); err != nil {
			return a, err
		}
		if err := json.Unmarshal(r.body, ask.into); err != nil {
			return a, fmt.Errorf("%s: the answer is not understood", ask.what)
		}
		a.Owner, a.OwnerName = clean(me.ID, maxWord), clean(me.Name, maxPersonInAnswer)
		a.App, a.AppName = clean(app.ID, maxWord), clean(app.Name, maxPersonInAnswer)
	}
	return a, c.debug(ctx, &a)
}

// debug asks the app about the token. The platform takes it in the query alone, as its
// pages have it: this one address holds a secret, and stands in nothing that is written
// down here.
func (c *Channel) debug(ctx context.Context, a *Access) error {
	graph, err := c.byApp(a.App)
	if err != nil {
		return err
	}
	r := graph.call(ctx, request{method: http.MethodGet, path: graph.base + "debug_token", query: url.Values{"input_token": {string(c.graph.access.Load().token)}}})
	if err := callError("debug_token", r); err != nil {
		return err
	}
	var answer struct {
		Data struct {
			Kind   string   `json:"type"`
			Valid  bool     `json:"is_valid"`
			Ends   float64  `json:"expires_at"`
			Data   float64  `json:"data_access_expires_at"`
			Scopes []string `json:"scopes"`
			Error  struct {
				Code    int `json:"code"`
				Subcode int `json:"subcode"`
			} `json:"error"`
		} `json:"data"`
	}
	if err := json.Unmarshal(r.body, &answer); err != nil {
		return errors.New("debug_token: the answer is not understood")
	}
	d := answer.Data
	a.Kind, a.Valid, a.Code, a.Sub = clean(d.Kind, maxWord), d.Valid, d.Error.Code, d.Error.Subcode
	a.Scopes, a.Ends, a.DataEnds = cleanAll(d.Scopes), unixOrNever(d.Ends), unixOrNever(d.Data)
	return nil
}

// cleanAll bounds the words of a list from outside.
func cleanAll(words []string) []string {
	for i := range words {
		words[i] = clean(words[i], maxWord)
	}
	return words
}

func unixOrNever(seconds float64) time.Time {
	if seconds <= 0 || seconds > 1e11 {
		return time.Time{}
	}
	return time.Unix(int64(seconds), 0).UTC()
}

// byApp is a client for calls that the app makes as itself.
func (c *Channel) byApp(app string) (*graph, error) {
	if !digits(app) {
		return nil, errors.New("the platform does not say which app the access token is for")
	}
	return c.asApp(app)
}

// appClient makes clients with the app's own token.
func appClient(base string, dial Dial, secret Secret) func(app string) (*graph, error) {
	return func(app string) (*graph, error) {
		return newGraph(base, dial, Secret(app+"|"+string(secret)), secret)
	}
}

// Meaning is what an error of the platform means, in a few words.
func Meaning(code, subcode int) string {
	row, _ := lookup(code, subcode)
	return row.meaning
}

// Subscription lists the webhook fields that the Page sends our app; connected says
// whether it sends it any.
func (c *Channel) Subscription(ctx context.Context, app string) (fields []string, connected bool, err error) {
	r := c.graph.call(ctx, request{method: http.MethodGet, path: c.edge("subscribed_apps")})
	if err := callError("subscribed_apps", r); err != nil {
		return nil, false, err
	}
	var answer struct {
		Data []struct {
			ID     string   `json:"id"`
			Fields []string `json:"subscribed_fields"`
		} `json:"data"`
	}
	if err := json.Unmarshal(r.body, &answer); err != nil {
		return nil, false, errors.New("subscribed_apps: the answer is no list")
	}
	for _, one := range answer.Data {
		// What an account of a login is asked with is a token of one app, which the
		// platform does not name.
		if one.ID == app || app == "" && len(one.Fields) > 0 {
			return cleanAll(one.Fields), true, nil
		}
	}
	return nil, false, nil
}

// Subscribe makes the Page send our app these webhook fields, and no others.
func (c *Channel) Subscribe(ctx context.Context, fields []string) error {
	form := url.Values{"subscribed_fields": {strings.Join(fields, ",")}}
	return callError("subscribed_apps", c.graph.call(ctx, request{method: http.MethodPost, path: c.edge("subscribed_apps"), kind: kindForm, body: []byte(form.Encode())}))
}

// AppWebhook is where the app's webhooks of Pages go, or of accounts. The zero AppWebhook is none.
type AppWebhook struct {
	URL    string
	Active bool
	Fields []string
}

// AppWebhook asks where the app's webhooks of Pages go.
func (c *Channel) AppWebhook(ctx context.Context, app string) (AppWebhook, error) {
	graph, err := c.byApp(app)
	if err != nil {
		return AppWebhook{}, err
	}
	r := graph.call(ctx, request{method: http.MethodGet, path: graph.base + app + "/subscriptions"})
	if err := callError("subscriptions", r); err != nil {
		return AppWebhook{}, err
	}
	var answer struct {
		Data []struct {
			Object string `json:"object"`
			URL    string `json:"callback_url"`
			Active bool   `json:"active"`
			Fields []struct {
				Name string `json:"name"`
			} `json:"fields"`
		} `json:"data"`
	}
	if err := json.Unmarshal(r.body, &answer); err != nil {
		return AppWebhook{}, errors.New("subscriptions: the answer is no list")
	}
	for _, one := range answer.Data {
		if one.Object != c.dialect.Object {
			continue
		}
		w := AppWebhook{URL: clean(one.URL, maxURL), Active: one.Active}
		for _, field := range one.Fields {
			w.Fields = append(w.Fields, clean(field.Name, maxWord))
		}
		return w, nil
	}
	return AppWebhook{}, nil
}

// SetAppWebhook makes the app's webhooks of Pages go to an address, for all of its Pages.
// The platform asks the address for the verify token first; that it did not get the
// challenge back is error 2200.
func (c *Channel) SetAppWebhook(ctx context.Context, app string, w AppWebhook, verify Secret) error {
	graph, err := c.byApp(app)
	if err != nil {
		return err
	}
	form := url.Values{
		"object": {c.dialect.Object}, "callback_url": {w.URL}, "verify_token": {strings.TrimSpace(string(verify))}, "fields": {strings.Join(w.Fields, ",")},
	}
	return callError("subscriptions", graph.call(ctx, request{method: http.MethodPost, path: graph.base + app + "/subscriptions", kind: kindForm, body: []byte(form.Encode())}))
}

// Sign is the header that the platform proves a webhook with: its name and value.
func (c *Channel) Sign(body []byte) (name, value string) {
	return SignatureHeader, signaturePrefix + hex.EncodeToString(c.keys.sum(string(body)))
}

// neededFields are the webhook fields without which a bot is deaf to something.
var neededFields = []string{
	"messages", "messaging_postbacks", "messaging_optins", "messaging_referrals", "message_deliveries", "message_reads", "message_echoes",
	"message_edits", "message_reactions", "messaging_account_linking", "messaging_feedback", "messaging_game_plays", "messaging_handovers",
	"messaging_policy_enforcement", "response_feedback", "send_cart", "standby",
}

// NeededFields are the webhook fields that a bot is to hear: those of its conversations,
// and what its lanes, templates and comment triggers need beside.
func NeededFields(program *flows.Program, lanes []string) []string {
	out := slices.Clone(neededFields)
	if slices.Contains(lanes, laneMarketing) {
		out = append(out, paidFields...)
	}
	if len(program.Bot.Templates) > 0 {
		out = append(out, "message_template_status_update")
	}
	if hearsComments(program) {
		out = append(out, "feed")
	}
	return out
}

// NeededScopes are the permissions that a bot needs; of each one of several spellings
// does, where the platform's pages have two.
func NeededScopes(program *flows.Program, lanes []string) [][]string {
	out := [][]string{{"pages_messaging"}, {"pages_manage_metadata"}}
	if hearsComments(program) {
		out = append(out, []string{"pages_show_list"})
	}
	if slices.Contains(lanes, laneUtility) {
		out = append(out, []string{"pages_utility_messaging", "page_utility_messaging"})
	}
	if slices.Contains(lanes, laneMarketing) {
		out = append(out, []string{"paid_marketing_messages", "marketing_messages_messenger"})
	}
	return out
}

func hearsComments(program *flows.Program) bool {
	return slices.ContainsFunc(program.Triggers, func(t flows.Trigger) bool { return t.Kind == flows.OnComment })
}
