package server

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/relance-bot/relance/bot"
)

// fakeLinks knows one code.
type fakeLinks struct {
	err    error // of keeping a click
	clicks *int
}

func (f fakeLinks) Link(_ context.Context, code string) (string, error) {
	if code != "c0de" {
		return "", bot.ErrUnknownLink
	}
	return "https://foulee.example/g42?a=1&rl=c0de#top", nil
}

func (f fakeLinks) Click(ctx context.Context, code string) (string, error) {
	target, err := f.Link(ctx, code)
	if err != nil {
		return "", err
	}
	*f.clicks++
	return target, f.err
}

func TestATrackedLink(t *testing.T) {
	t.Parallel()
	const phone = "User-Agent: Mozilla/5.0 (iPhone; CPU iPhone OS 18_2 like Mac OS X) Mobile/15E148 [FBAN/MessengerForiOS;FBAV/480.0.0.0]"
	for name, tc := range map[string]struct {
		method, path, header string
		err                  error
		status, clicks       int
	}{
		"a person":            {"GET", "/l/c0de", phone, nil, 302, 1},
		"without a name":      {"GET", "/l/c0de", "Accept: */*", nil, 302, 1},
		"HEAD":                {"HEAD", "/l/c0de", phone, nil, 302, 0},
		"the platform looks":  {"GET", "/l/c0de", "User-Agent: facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)", nil, 302, 0},
		"its other crawler":   {"GET", "/l/c0de", "User-Agent: meta-externalagent/1.1", nil, 302, 0},
		"a search engine":     {"GET", "/l/c0de", "User-Agent: Mozilla/5.0 (compatible; Googlebot/2.1)", nil, 302, 0},
		"a phone called so":   {"GET", "/l/c0de", "User-Agent: Mozilla/5.0 (Linux; Android 13; CUBOT P80)", nil, 302, 1},
		"fetched ahead":       {"GET", "/l/c0de", "Sec-Purpose: prefetch;prerender", nil, 302, 0},
		"shown as a preview":  {"GET", "/l/c0de", "X-Purpose: preview", nil, 302, 0},
		"forged":              {"GET", "/l/c0df", phone, nil, 404, 0},
		"cut short":           {"GET", "/l/c0d", phone, nil, 404, 0},
		"nothing":             {"GET", "/l/", phone, nil, 404, 0},
		"a page below it":     {"GET", "/l/c0de/more", phone, nil, 404, 0},
		"another method":      {"POST", "/l/c0de", phone, nil, 405, 0},
		"it cannot be stored": {"GET", "/l/c0de", phone, errors.New("planted-detail"), 302, 1},
	} {
		clicks := 0
		s := build(t, Config{Links: fakeLinks{tc.err, &clicks}})
		got := test(t, s, newRequest(tc.method, tc.path, "", "Host: bot.example", tc.header))
		if got.status != tc.status || clicks != tc.clicks || strings.Contains(got.body, "planted") {
			t.Errorf("%s: %d and %d clicks, want %d and %d (%s)", name, got.status, clicks, tc.status, tc.clicks, got.body)
		}
		if want := "https://foulee.example/g42?a=1&rl=c0de#top"; tc.status == 302 && got.header.Get("Location") != want {
			t.Errorf("%s: leads to %q, want %q", name, got.header.Get("Location"), want)
		}
	}
}
