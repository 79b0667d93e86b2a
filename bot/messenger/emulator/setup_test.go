package emulator

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestTheProfileIsHeldAgainstTheRules sets a Messenger Profile in every wrong way.
func TestTheProfileIsHeldAgainstTheRules(t *testing.T) {
	t.Parallel()
	entry := func(title string) m { return m{"type": "postback", "title": title, "payload": "P"} }
	menu := func(items ...m) m {
		return m{"get_started": m{"payload": "S"}, "persistent_menu": []m{{"locale": "default", "call_to_actions": items}}}
	}
	question := m{"question": "Q", "payload": "P"}
	for name, tt := range map[string]struct {
		body m
		code string
	}{
		"all of it": {m{
			"get_started": m{"payload": "S"}, "greeting": []m{{"locale": "default", "text": strings.Repeat("é", 160)}, {"locale": "fr_FR", "text": "Bonjour"}},
			"ice_breakers":    []m{{"locale": "default", "call_to_actions": slices.Repeat([]m{question}, 4)}},
			"persistent_menu": []m{{"locale": "default", "composer_input_disabled": false, "call_to_actions": []m{entry(strings.Repeat("é", 30)), {"type": "web_url", "title": "Shop", "url": "https://foulee.example"}}}},
		}, ""},
		"greeting too long":       {m{"greeting": []m{{"locale": "default", "text": strings.Repeat("é", 161)}}}, "100"},
		"greeting for some only":  {m{"greeting": []m{{"locale": "fr_FR", "text": "Bonjour"}}}, "100"},
		"a locale twice":          {m{"greeting": []m{{"locale": "default", "text": "a"}, {"locale": "default", "text": "b"}}}, "100"},
		"five ice breakers":       {m{"ice_breakers": []m{{"locale": "default", "call_to_actions": slices.Repeat([]m{question}, 5)}}}, "100"},
		"a menu alone":            {m{"persistent_menu": menu(entry("A"))["persistent_menu"]}, "100"},
		"title too long":          {menu(entry(strings.Repeat("é", 31))), "100"},
		"21 entries":              {menu(slices.Repeat([]m{entry("A")}, 21)...), "100"},
		"a number to call":        {menu(m{"type": "phone_number", "title": "Call", "payload": "+33123456789"}), "100"},
		"an address without web":  {menu(m{"type": "web_url", "title": "Shop", "url": "foulee.example"}), "100"},
		"home_url, which is gone": {m{"home_url": m{"url": "https://foulee.example"}}, "100"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, nil)
			r, err := b.call(http.MethodPost, testPage+"/messenger_profile", tt.body)
			if err != nil || r.code() != tt.code {
				t.Errorf("code %q, want %q: %v %s", r.code(), tt.code, err, r.Error.Message)
			}
		})
	}
}

// TestGetStartedGoesLast and ten calls within ten minutes.
func TestGetStartedGoesLast(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	call := func(method string, body m) string {
		t.Helper()
		r, err := b.call(method, "me/messenger_profile", body)
		if err != nil {
			t.Fatal(err)
		}
		return r.code()
	}
	set := m{"get_started": m{"payload": "S"}, "persistent_menu": []m{{"locale": "default", "call_to_actions": []m{{"type": "postback", "title": "A", "payload": "P"}}}}}
	for i, step := range []struct {
		method string
		body   m
		code   string
	}{
		{http.MethodPost, set, ""},
		{http.MethodDelete, m{"fields": []string{"get_started"}}, "100"},
		{http.MethodDelete, m{"fields": []string{"get_started", "persistent_menu"}}, ""},
		{http.MethodDelete, m{}, "100"},
	} {
		if got := call(step.method, step.body); got != step.code {
			t.Errorf("%d: code %q, want %q", i, got, step.code)
		}
	}
	for range 6 {
		call(http.MethodPost, set)
	}
	if got := call(http.MethodPost, set); got != "613" {
		t.Errorf("the eleventh call: code %q", got)
	}
	b.pass(10 * time.Minute)
	if got := call(http.MethodPost, set); got != "" {
		t.Errorf("ten minutes later: code %q", got)
	}
}

// TestThePhoneShowsTheProfileThatCallsTell: what Config gives the Page is there from the
// start, and a call changes what it names.
func TestThePhoneShowsTheProfileThatCallsTell(t *testing.T) {
	t.Parallel()
	b := newBench(t, func(c *Config) {
		c.GetStarted, c.Greeting = "S", "Hello"
		c.Menu = []Item{{Label: "Mine", Payload: "M"}, {Label: "Shop", URL: "https://foulee.example"}}
		c.IceBreakers = []Item{{Label: "Open?", Payload: "O"}}
	})
	call := func(method, path string, body m) graphReply {
		t.Helper()
		r, err := b.call(method, testPage+"/messenger_profile"+path, body)
		if err != nil || r.code() != "" {
			t.Fatalf("%s %v: %v, code %q", method, body, err, r.code())
		}
		return r
	}
	const all = "?fields=get_started,greeting,ice_breakers,persistent_menu"
	want := `{"data":[{"get_started":{"payload":"S"},"greeting":[{"locale":"default","text":"Hello"}],` +
		`"ice_breakers":[{"call_to_actions":[{"payload":"O","question":"Open?"}],"locale":"default"}],` +
		`"persistent_menu":[{"call_to_actions":[{"payload":"M","title":"Mine","type":"postback"},{"title":"Shop","type":"web_url","url":"https://foulee.example"}],"locale":"default"}]}]}`
	if got := jsonOf(call(http.MethodGet, all, nil).body); got != want {
		t.Errorf("before any call:\n got %s\nwant %s", got, want)
	}
	call(http.MethodPost, "", m{"greeting": []m{{"locale": "default", "text": "Welcome"}}})
	if page := b.view(b.zoe).Page; page.Greeting != "Welcome" || len(page.Menu) != 2 || len(page.IceBreakers) != 1 {
		t.Errorf("after a greeting the phone shows %+v", page)
	}
	call(http.MethodPost, "", m{"persistent_menu": []m{{"locale": "default", "call_to_actions": []m{{"type": "postback", "title": "New", "payload": "N"}}}}})
	if page := b.view(b.zoe).Page; len(page.Menu) != 1 || page.Menu[0].Label != "New" || page.Greeting != "Welcome" {
		t.Errorf("after a menu the phone shows %+v", page)
	}
	call(http.MethodDelete, "", m{"fields": []string{"persistent_menu", "ice_breakers", "greeting"}})
	if page := b.view(b.zoe).Page; len(page.Menu)+len(page.IceBreakers) != 0 || page.Greeting != "" {
		t.Errorf("after all was deleted the phone shows %+v", page)
	}
}

// TestTheAppLooksAtItself with its own token, and with others.
func TestTheAppLooksAtItself(t *testing.T) {
	t.Parallel()
	b := newBench(t, func(c *Config) {
		c.AppID = "77"
		c.App = App{Scopes: []string{"pages_messaging"}, Expires: friday.Add(time.Hour), Webhook: "https://bot.example/webhooks/messenger", Fields: []string{"messages"}}
	})
	get := func(method, path, token string) graphReply {
		t.Helper()
		r := httptest.NewRequest(method, "https://graph.facebook.com/v25.0/"+path, nil)
		r.RequestURI = ""
		r.Header.Set("Authorization", "Bearer "+token)
		out, err := b.do(r)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	app := "77|" + testSecret
	for path, want := range map[string]string{
		"debug_token?input_token=" + testToken: `{"data":{"app_id":"77","application":"App","data_access_expires_at":0,"expires_at":1774634400,"is_valid":true,"profile_id":"1112223334445","scopes":["pages_messaging"],"type":"PAGE"}}`,
		"debug_token?input_token=other":        `{"data":{"app_id":"77","error":{"code":190,"message":"Invalid OAuth access token."},"is_valid":false,"scopes":[]}}`,
		"77/subscriptions":                     `{"data":[{"active":true,"callback_url":"https://bot.example/webhooks/messenger","fields":[{"name":"messages","version":"v25.0"}],"object":"page"}]}`,
	} {
		if got := jsonOf(get(http.MethodGet, path, app).body); got != want {
			t.Errorf("%s:\n got %s\nwant %s", path, got, want)
		}
		if got := get(http.MethodGet, path, testToken).code(); got != "190" {
			t.Errorf("%s with the Page's token: code %q", path, got)
		}
	}
	if r, err := b.call(http.MethodGet, testPage+"/subscribed_apps", nil); err != nil || r.code() != "200" {
		t.Errorf("without pages_manage_metadata: %v, code %q", err, r.code())
	}
	b.RevokeToken(463)
	if got := jsonOf(get(http.MethodGet, "debug_token?input_token="+testToken, app).body); !strings.Contains(got, `"subcode":463`) {
		t.Errorf("a dead token: %s", got)
	}
	to := "77/subscriptions?" + url.Values{"object": {"page"}, "callback_url": {"https://new.example/w"}, "verify_token": {"v"}, "fields": {"messages,feed"}}.Encode()
	if r := get(http.MethodPost, to, app); r.body["success"] != true {
		t.Errorf("a new webhook: %+v", r)
	}
	if got := jsonOf(get(http.MethodGet, "77/subscriptions", app).body); !strings.Contains(got, "new.example") || !strings.Contains(got, `"feed"`) {
		t.Errorf("the new webhook is %s", got)
	}
}

// TestOnlyFieldsThatAreSubscribedAreTold: at the Page, and at the app.
func TestOnlyFieldsThatAreSubscribedAreTold(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	act := func() (told []string) {
		t.Helper()
		if err := errors.Join(b.Write(b.zoe, "hello"), b.Refer(b.zoe, "summer")); err != nil {
			t.Fatal(err)
		}
		b.must(m{"recipient": m{"id": b.zoe}, "messaging_type": "RESPONSE", "message": m{"text": "hi"}})
		if err := b.Echo(); err != nil {
			t.Fatal(err)
		}
		for _, body := range b.told() {
			for _, kind := range []string{"is_echo", "referral", "message"} {
				if _, there := item(t, body)[kind]; there || strings.Contains(body, `"`+kind+`":true`) {
					told = append(told, kind)
					break
				}
			}
		}
		return told
	}
	for i, step := range []struct {
		page, app string
		want      []string
	}{
		{"", "", []string{"message", "referral", "is_echo"}},
		{"messages,message_echoes", "", []string{"message", "is_echo"}},
		{"messages,messaging_referrals", "messaging_referrals,feed", []string{"referral"}},
	} {
		if step.page != "" {
			if r, err := b.call(http.MethodPost, testPage+"/subscribed_apps", m{"subscribed_fields": step.page}); err != nil || r.code() != "" {
				t.Fatalf("%d: %v %s", i, err, r.code())
			}
		}
		if step.app != "" {
			b.SetApp(func(a *App) { a.Fields = strings.Split(step.app, ",") })
		}
		if got := act(); !slices.Equal(got, step.want) {
			t.Errorf("%d: told of %v, want %v", i, got, step.want)
		}
	}
	for name, body := range map[string]m{
		"a field that does not exist": {"subscribed_fields": "messages,smoke_signals"},
		"no fields":                   {},
		"an empty list":               {"subscribed_fields": ","},
	} {
		if r, err := b.call(http.MethodPost, testPage+"/subscribed_apps", body); err != nil || r.code() != "100" {
			t.Errorf("%s: %v, code %q", name, err, r.code())
		}
	}
	if got := b.Fields(); !slices.Equal(got, []string{"messages", "messaging_referrals"}) {
		t.Errorf("what was refused left the fields %v", got)
	}
}
