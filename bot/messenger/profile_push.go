package messenger

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/relance-bot/relance/flows"
)

// PageProfile is what the Page shows beside conversations: its Messenger Profile
// ("Messenger Profile API" of the Messenger Platform). Of each list one entry has the
// locale "default", for everybody whose own is not there.
type PageProfile struct {
	GetStarted  string     `json:"get_started,omitempty"` // payload of the Get Started button
	Greeting    []Greeting `json:"greeting,omitempty"`
	IceBreakers []Menu     `json:"ice_breakers,omitempty"`
	Menu        []Menu     `json:"menu,omitempty"` // the persistent menu
	// Commands says that the Page has slash commands. They are not ours, and hide the menu.
	Commands bool `json:"commands,omitempty"`
}

// Greeting is what people read before their first message, in one locale ("fr_FR").
type Greeting struct {
	Locale string `json:"locale"`
	Text   string `json:"text"`
}

// Menu is a list of entries in one locale.
type Menu struct {
	Locale string      `json:"locale"`
	Items  []MenuEntry `json:"items"`
	Closed bool        `json:"closed,omitempty"` // people cannot write, only tap
}

// MenuEntry sends a payload when it is tapped, or opens an address.
type MenuEntry struct {
	Label   string `json:"label"`
	Payload string `json:"payload,omitempty"`
	URL     string `json:"url,omitempty"`
}

// everybody is the locale of what those see whose own locale has nothing.
const everybody = "default"

// profileLocales are those in which the platform shows profiles ("Supported Locales",
// its pages for the web and for Android).
var profileLocales = []string{
	"af_ZA", "ar_AR", "bn_IN", "cs_CZ", "da_DK", "de_DE", "el_GR", "en_GB", "en_US", "es_ES", "es_LA", "fi_FI", "fr_FR", "gu_IN", "he_IL",
	"hi_IN", "hr_HR", "hu_HU", "id_ID", "it_IT", "ja_JP", "kn_IN", "ko_KR", "ml_IN", "mr_IN", "ms_MY", "nb_NO", "nl_NL", "pa_IN", "pl_PL",
	"pt_BR", "pt_PT", "ro_RO", "ru_RU", "sk_SK", "sv_SE", "ta_IN", "te_IN", "th_TH", "tr_TR", "vi_VN", "zh_CN", "zh_HK", "zh_TW",
}

// ProfileOf is the profile that bot.yaml gives a channel: in each of the platform's
// locales the texts that a person of that locale reads in the conversation too. left
// names what the platform has no place for.
func ProfileOf(program *flows.Program, channel string) (p PageProfile, left []string) {
	p.GetStarted = flows.Payload{Start: true}.Encode()
	profiles := program.Profiles(channel)
	if len(profiles) == 0 {
		return p, nil
	}
	used := map[string]bool{profiles[0].Language: true}
	p.add(everybody, profiles[0])
	for _, b := range profiles[0].Menu {
		if b.Phone != "" {
			left = append(left, fmt.Sprintf("the menu entry %q: the platform's menu calls no number", b.Label))
		}
	}
	for _, locale := range profileLocales {
		language := program.Language(flows.Contact{Locale: locale})
		at := slices.IndexFunc(profiles, func(one flows.Profile) bool { return one.Language == language })
		if at > 0 {
			used[language] = true
			p.add(locale, profiles[at])
		}
	}
	for _, one := range profiles {
		if !used[one.Language] {
			left = append(left, fmt.Sprintf("the language %s: the platform shows profiles in none of its locales", one.Language))
		}
	}
	return p, left
}

// add shows a profile in a locale.
func (p *PageProfile) add(locale string, from flows.Profile) {
	if from.Greeting != "" {
		p.Greeting = append(p.Greeting, Greeting{Locale: locale, Text: from.Greeting})
	}
	if items := menuEntries(from.IceBreakers); len(items) > 0 {
		p.IceBreakers = append(p.IceBreakers, Menu{Locale: locale, Items: items})
	}
	if items := menuEntries(from.Menu); len(items) > 0 {
		p.Menu = append(p.Menu, Menu{Locale: locale, Items: items})
	}
}

func menuEntries(buttons []flows.Button) (out []MenuEntry) {
	for _, b := range buttons {
		if b.Payload != "" || b.Open != "" {
			out = append(out, MenuEntry{Label: b.Label, Payload: b.Payload, URL: b.Open})
		}
	}
	return out
}

// Lines writes a profile as people read it, a line for each thing that is shown.
func (p PageProfile) Lines() (out []string) {
	if p.GetStarted != "" {
		out = append(out, "get started: "+payloadWords(p.GetStarted))
	}
	named := func(what, locale string) string {
		if locale == everybody {
			return what + ": "
		}
		return what + " " + locale + ": "
	}
	for _, g := range p.Greeting {
		out = append(out, named("greeting", g.Locale)+oneLine(g.Text))
	}
	out = append(out, menuLines("ice breaker", p.IceBreakers, named)...)
	return append(out, menuLines("menu", p.Menu, named)...)
}

func menuLines(what string, menus []Menu, named func(what, locale string) string) (out []string) {
	for _, menu := range menus {
		if menu.Closed {
			out = append(out, named(what, menu.Locale)+"people cannot write")
		}
		for _, item := range menu.Items {
			does := item.URL
			if does == "" {
				does = payloadWords(item.Payload)
			}
			out = append(out, named(what, menu.Locale)+oneLine(item.Label)+" → "+oneLine(does))
		}
	}
	return out
}

// payloadWords says what a payload of ours does, as bot.yaml has it; another one is
// quoted.
func payloadWords(payload string) string {
	p, ours := flows.DecodePayload(payload)
	switch {
	case ours && p.Start:
		return "start"
	case ours && p.OptOut != "":
		return "opt_out " + p.OptOut
	case ours && p.Go != "" && len(p.With) > 0:
		with, err := json.Marshal(p.With)
		if err != nil {
			return "go " + p.Go
		}
		return "go " + p.Go + " with " + string(with)
	case ours && p.Go != "":
		return "go " + p.Go
	}
	return fmt.Sprintf("payload %q", payload)
}

// oneLine keeps a text from breaking the line it stands in.
func oneLine(text string) string {
	return strings.Join(strings.FieldsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f }), " ⏎ ")
}

// profileFieldsOfOurs are the parts of the Messenger Profile that bot.yaml decides
// about, in the order they are asked for.
var profileFieldsOfOurs = []string{"get_started", "greeting", "ice_breakers", "persistent_menu"}

// PageProfile asks the platform what the Page shows now. The error names a code.
func (c *Channel) PageProfile(ctx context.Context) (PageProfile, error) {
	if c.dialect.ProfilePlatform != "" {
		return c.accountProfile(ctx)
	}
	body, err := c.profileCall(ctx, http.MethodGet, url.Values{"fields": {strings.Join(profileFieldsOfOurs, ",") + ",commands"}}, nil)
	if err != nil {
		return PageProfile{}, err
	}
	return readPageProfile(body)
}

// profileCall makes one call of the profile. On another platform it says of which: a Page
// that an account is linked to has a profile on Messenger too, at the same address.
func (c *Channel) profileCall(ctx context.Context, method string, query url.Values, set map[string]any) ([]byte, error) {
	if platform := c.dialect.ProfilePlatform; platform != "" {
		if query == nil {
			query = url.Values{}
		}
		query.Set("platform", platform)
		if set != nil {
			set["platform"] = platform
		}
	}
	call := request{method: method, path: c.edge("messenger_profile"), query: query}
	if set != nil {
		body, err := json.Marshal(set)
		if err != nil {
			return nil, fmt.Errorf("profile: %w", err)
		}
		call.kind, call.body = kindJSON, body
	}
	r := c.graph.call(ctx, call)
	return r.body, callError("profile", r)
}

func readPageProfile(body []byte) (p PageProfile, err error) {
	var answer struct {
		Data []struct {
			GetStarted struct {
				Payload string `json:"payload"`
			} `json:"get_started"`
			Greeting []Greeting        `json:"greeting"`
			Ice      []wireMenu        `json:"ice_breakers"`
			Menu     []wireMenu        `json:"persistent_menu"`
			Commands []json.RawMessage `json:"commands"`
		} `json:"data"`
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return PageProfile{}, errors.New("profile: the answer is not understood")
	}
	var ice, menus []wireMenu
	for _, one := range answer.Data { // usually one entry, with all that is set
		if one.GetStarted.Payload != "" {
			p.GetStarted = clean(one.GetStarted.Payload, maxWord)
		}
		for _, g := range one.Greeting {
			p.Greeting = append(p.Greeting, Greeting{Locale: clean(g.Locale, maxWord), Text: clean(g.Text, maxWord)})
		}
		ice, menus = append(ice, one.Ice...), append(menus, one.Menu...)
		p.Commands = p.Commands || len(one.Commands) > 0
	}
	slices.SortStableFunc(p.Greeting, func(a, b Greeting) int { return inOrder(a.Locale, b.Locale) })
	p.IceBreakers, p.Menu = readMenus(ice), readMenus(menus)
	return p, nil
}

// PushProfile makes the Page show what is wanted where it has something else, as
// PageProfile told, and asks nothing of the platform where it has not. What is wanted no
// more is deleted; what bot.yaml says nothing about, such as slash commands, stays.
func (c *Channel) PushProfile(ctx context.Context, have, want PageProfile) error {
	set, gone := c.profileChanges(have, want)
	if len(gone) > 0 {
		if _, err := c.profileCall(ctx, http.MethodDelete, nil, map[string]any{"fields": gone}); err != nil {
			return err
		}
	}
	if len(set) == 0 {
		return nil
	}
	_, err := c.profileCall(ctx, http.MethodPost, nil, set)
	return err
}

// profileChanges are the parts to be set, in the platform's form, and those to be
// deleted.
func (c *Channel) profileChanges(have, want PageProfile) (set map[string]any, gone []string) {
	set = map[string]any{}
	part := func(name string, had, wanted int, same bool, value any) {
		switch {
		case same:
		case wanted > 0:
			set[name] = value
		case had > 0:
			gone = append(gone, name)
		}
	}
	part("get_started", len(have.GetStarted), len(want.GetStarted), have.GetStarted == want.GetStarted, map[string]string{"payload": want.GetStarted})
	part("greeting", len(have.Greeting), len(want.Greeting), slices.Equal(have.Greeting, want.Greeting), want.Greeting)
	part("ice_breakers", len(have.IceBreakers), len(want.IceBreakers), sameMenus(have.IceBreakers, want.IceBreakers), iceBreakers(want.IceBreakers))
	part("persistent_menu", len(have.Menu), len(want.Menu), sameMenus(have.Menu, want.Menu), persistentMenu(want.Menu, c.dialect.ProfilePlatform == ""))
	return set, gone
}
