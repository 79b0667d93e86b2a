package emulator

import (
	"cmp"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"time"
)

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

// profileParts are what a profile may hold; one on Instagram less.
func (p *Platform) profileParts() []string {
	if p.cfg.Instagram {
		return []string{"ice_breakers", "persistent_menu"}
	}
	return profileParts
}

// profileCall answers calls of PAGE/messenger_profile.
func (p *Platform) profileCall(method string, in params) answer {
	now := p.cfg.Now()
	p.profiled = lately(p.profiled, now, profileSpan)
	if len(p.profiled) >= profileCalls {
		return answer{refusal: refuse(17, codeCustomLimit, 0, "", "More than %d calls to the Messenger Profile within ten minutes.", profileCalls)}
	}
	p.profiled = append(p.profiled, now)
	if refusal := p.may(p.scopeOf("messenger_profile")); refusal != nil {
		return answer{refusal: refusal}
	}
	if platform := in.take("platform"); p.cfg.Instagram && platform != "instagram" {
		return answer{refusal: wrong("Param platform must be instagram", "Without platform=instagram the profile is that of a Page on Messenger.")}
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
		if menus, ok := one["ice_breakers"].([]any); ok && p.cfg.Instagram && len(one) == 1 {
			return answer{value: map[string]any{"data": menus}} // the menus themselves
		}
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
		r.only(top, p.profileParts()...)
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
	if p.shown["get_started"] == nil && !top.has("get_started") && !p.cfg.Instagram {
		r.wrong("persistent_menu", "needs a get started button", "A persistent menu needs the Get Started button.")
	}
	list := r.list(top, "persistent_menu", 1, maxProfileLangs, "menus")
	locales(list)
	for _, o := range list {
		r.flag(o, "composer_input_disabled")
		if p.cfg.Instagram && o.has("composer_input_disabled") {
			r.wrong(o.at("composer_input_disabled"), "is not available on Instagram", "A menu on Instagram cannot keep people from writing.")
		}
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

// phoneProfile is what everybody sees of the Messenger Profile on the phone.
type phoneProfile struct {
	start             string // payload of the Get Started button
	greeting          string
	menu, iceBreakers []Item
}

// items are the entries of the menu, then the ice breakers.
func (s *phoneProfile) items() []Item { return slices.Concat(s.menu, s.iceBreakers) }

// showProfile lets the phone show what was set for everybody.
func (p *Platform) showProfile() {
	var shown struct {
		GetStarted struct{ Payload string } `json:"get_started"`
		Greeting   []struct{ Locale, Text string }
		Ice        []localMenu `json:"ice_breakers"`
		Menu       []localMenu `json:"persistent_menu"`
	}
	raw, err := json.Marshal(p.shown)
	if err != nil || json.Unmarshal(raw, &shown) != nil {
		return // what checkProfile let pass is of that shape
	}
	p.phone = phoneProfile{
		start: cmp.Or(shown.GetStarted.Payload, p.cfg.GetStarted, defaultStart), menu: entries(shown.Menu), iceBreakers: entries(shown.Ice),
	}
	for _, g := range shown.Greeting {
		if g.Locale == "default" {
			p.phone.greeting = g.Text
		}
	}
	p.changed()
}

// defaultStart is the payload of a Get Started button that nobody gave one.
const defaultStart = "GET_STARTED"

// firstProfile is the profile that Config gives the Page before the first call, for
// everybody: a menu brings the Get Started button that it needs.
func (p *Platform) firstProfile() map[string]any {
	everybody := func(entry map[string]any) []any {
		entry["locale"] = "default"
		return []any{entry}
	}
	list := func(items []Item, label string) []any {
		var out []any
		for _, item := range items {
			entry := map[string]any{label: item.Label}
			if item.URL != "" {
				entry["type"], entry["url"] = "web_url", item.URL
			} else {
				entry["payload"] = item.Payload
				if label == "title" {
					entry["type"] = "postback"
				}
			}
			out = append(out, entry)
		}
		return everybody(map[string]any{"call_to_actions": out})
	}
	shown := map[string]any{}
	if p.cfg.GetStarted != "" || len(p.cfg.Menu) > 0 {
		shown["get_started"] = map[string]any{"payload": cmp.Or(p.cfg.GetStarted, defaultStart)}
	}
	if p.cfg.Greeting != "" {
		shown["greeting"] = everybody(map[string]any{"text": p.cfg.Greeting})
	}
	if len(p.cfg.IceBreakers) > 0 {
		shown["ice_breakers"] = list(p.cfg.IceBreakers, "question")
	}
	if len(p.cfg.Menu) > 0 {
		shown["persistent_menu"] = list(p.cfg.Menu, "title")
	}
	maps.DeleteFunc(shown, func(part string, _ any) bool { return !slices.Contains(p.profileParts(), part) })
	return shown
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
