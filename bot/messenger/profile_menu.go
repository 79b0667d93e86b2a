package messenger

import (
	"slices"
	"strings"
)

// wireMenu is a menu as the platform writes it. Ice breakers made before there were
// locales have no list inside: they are one entry themselves.
type wireMenu struct {
	Locale string      `json:"locale"`
	Closed *bool       `json:"composer_input_disabled,omitempty"`
	Items  []wireEntry `json:"call_to_actions,omitempty"`

	Question string `json:"question,omitempty"`
	Payload  string `json:"payload,omitempty"`
}

type wireEntry struct {
	Kind     string `json:"type,omitempty"`
	Title    string `json:"title,omitempty"`
	Question string `json:"question,omitempty"`
	Payload  string `json:"payload,omitempty"`
	URL      string `json:"url,omitempty"`
}

// readMenus puts the menus of an answer in order, those of one locale together.
func readMenus(menus []wireMenu) (out []Menu) {
	for _, w := range menus {
		if w.Question != "" {
			w.Items = append(w.Items, wireEntry{Question: w.Question, Payload: w.Payload})
		}
		menu := Menu{Locale: clean(w.Locale, maxWord), Closed: w.Closed != nil && *w.Closed}
		if menu.Locale == "" {
			menu.Locale = everybody
		}
		for _, item := range w.Items {
			menu.Items = append(menu.Items, MenuEntry{Label: clean(item.Title+item.Question, maxWord), Payload: clean(item.Payload, maxWord), URL: clean(item.URL, maxURL)})
		}
		if last := len(out) - 1; last >= 0 && out[last].Locale == menu.Locale {
			out[last].Items = append(out[last].Items, menu.Items...)
			continue
		}
		out = append(out, menu)
	}
	slices.SortStableFunc(out, func(a, b Menu) int { return inOrder(a.Locale, b.Locale) })
	return out
}

// inOrder puts locales in the order of ProfileOf: that of everybody first.
func inOrder(a, b string) int {
	if (a == everybody) != (b == everybody) {
		if a == everybody {
			return -1
		}
		return 1
	}
	return strings.Compare(a, b)
}

// sameMenus compares menus that are in order.
func sameMenus(a, b []Menu) bool {
	return slices.EqualFunc(a, b, func(a, b Menu) bool {
		return a.Locale == b.Locale && a.Closed == b.Closed && slices.Equal(a.Items, b.Items)
	})
}

func iceBreakers(menus []Menu) (out []wireMenu) {
	for _, menu := range menus {
		one := wireMenu{Locale: menu.Locale}
		for _, item := range menu.Items {
			one.Items = append(one.Items, wireEntry{Question: item.Label, Payload: item.Payload})
		}
		out = append(out, one)
	}
	return out
}

// persistentMenu writes menus, with whether people may write where a menu decides that.
func persistentMenu(menus []Menu, mayClose bool) (out []wireMenu) {
	for _, menu := range menus {
		one := wireMenu{Locale: menu.Locale}
		if mayClose {
			one.Closed = new(bool)
		}
		for _, item := range menu.Items {
			kind := "postback"
			if item.URL != "" {
				kind = "web_url"
			}
			one.Items = append(one.Items, wireEntry{Kind: kind, Title: item.Label, Payload: item.Payload, URL: item.URL})
		}
		out = append(out, one)
	}
	return out
}
