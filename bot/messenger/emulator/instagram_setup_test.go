package emulator

import (
	"net/http"
	"testing"
)

// TestAnAccountIsSetUp within the rules of Instagram.
func TestAnAccountIsSetUp(t *testing.T) {
	t.Parallel()
	menu := m{"locale": "default", "call_to_actions": []m{{"type": "postback", "title": "A", "payload": "P"}}}
	closed := m{"locale": "default", "composer_input_disabled": false, "call_to_actions": menu["call_to_actions"]}
	breakers := []m{{"locale": "default", "call_to_actions": []m{{"question": "Q", "payload": "P"}}}}
	lacks := func(scopes ...string) func(*App) { return func(a *App) { a.Scopes = scopes } }
	const linked = "555"
	for name, tt := range map[string]struct {
		app          func(*App)
		method, path string
		body         m
		code         string
	}{
		"ice breakers and a menu without Get Started": {nil, http.MethodPost, "me/messenger_profile", m{"platform": "instagram", "ice_breakers": breakers, "persistent_menu": []m{menu}}, ""},
		"a profile that is Messenger's":               {nil, http.MethodPost, "me/messenger_profile", m{"ice_breakers": breakers}, "100"},
		"a greeting":                                  {nil, http.MethodPost, "me/messenger_profile", m{"platform": "instagram", "greeting": []m{{"locale": "default", "text": "Hi"}}}, "100"},
		"a menu that closes the conversation":         {nil, http.MethodPost, "me/messenger_profile", m{"platform": "instagram", "persistent_menu": []m{closed}}, "100"},
		"a profile without the permission":            {lacks("instagram_business_basic"), http.MethodPost, "me/messenger_profile", m{"platform": "instagram", "ice_breakers": breakers}, "200"},
		"fields of the account":                       {nil, http.MethodPost, testPage + "/subscribed_apps", m{"subscribed_fields": "messages,messaging_seen"}, ""},
		"a field of Pages":                            {nil, http.MethodPost, testPage + "/subscribed_apps", m{"subscribed_fields": "feed"}, "100"},
		"a field of the linked Page":                  {func(a *App) { a.Linked = linked }, http.MethodPost, linked + "/subscribed_apps", m{"subscribed_fields": "feed"}, ""},
		"the account's own path beside a Page":        {func(a *App) { a.Linked = linked }, http.MethodPost, testPage + "/subscribed_apps", m{"subscribed_fields": "feed"}, "100/33"},
		"an app of a login tells nothing of itself":   {nil, http.MethodGet, "app", nil, "100/33"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, func(c *Config) {
				c.Instagram = true
				if tt.app != nil {
					tt.app(&c.App)
				}
			})
			r, err := b.call(tt.method, tt.path, tt.body)
			if err != nil || r.code() != tt.code {
				t.Errorf("code %q, want %q: %v %s", r.code(), tt.code, err, r.Error.Message)
			}
		})
	}
}

// TestAnAccountHearsWhatTheAppsWebhookHas, as soon as it is subscribed to anything.
func TestAnAccountHearsWhatTheAppsWebhookHas(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		app   []string
		takes string // fields that the account subscribes to; "": it leaves
		hears bool
	}{
		"all":                  {nil, "messages", true},
		"another field is two": {[]string{"messages"}, "messaging_seen", true},
		"the app lacks it":     {[]string{"messaging_seen"}, "messages", false},
		"the account has left": {nil, "", false},
	} {
		b := newBench(t, func(c *Config) { c.Instagram, c.App.Fields = true, tt.app })
		method := http.MethodPost
		if tt.takes == "" {
			method = http.MethodDelete
		}
		if r, err := b.call(method, "me/subscribed_apps", m{"subscribed_fields": tt.takes}); err != nil || r.code() != "" {
			t.Fatalf("%s: %v %s", name, err, r.code())
		}
		before := len(b.told())
		b.write("hi")
		if heard := len(b.told()) > before; heard != tt.hears {
			t.Errorf("%s: heard is %t, want %t", name, heard, tt.hears)
		}
	}
}
