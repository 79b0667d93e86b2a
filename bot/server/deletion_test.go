package server

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/relance-bot/relance/bot"
)

// fakeDeletions knows one request.
type fakeDeletions struct{ err error }

func (f fakeDeletions) Delete(_ context.Context, channel, signed string) (string, error) {
	if f.err == nil && (channel != "messenger" || signed != "sig.payload") {
		return "", fmt.Errorf("asked %s for %q", channel, signed)
	}
	return "c0de", f.err
}

func (f fakeDeletions) Deletion(_ context.Context, code string) (time.Time, error) {
	if code != "c0de" {
		return time.Time{}, bot.ErrUnknownDeletion
	}
	return time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC), f.err
}

func (f fakeDeletions) Deauthorised(ctx context.Context, channel, signed string) error {
	_, err := f.Delete(ctx, channel, signed)
	return err
}

// TestTheDeauthoriseCallback answers nothing but that it was heard.
func TestTheDeauthoriseCallback(t *testing.T) {
	t.Parallel()
	form := url.Values{"signed_request": {"sig.payload"}}.Encode()
	for name, tc := range map[string]struct {
		err    error
		body   string
		status int
	}{
		"heard":         {nil, form, 200},
		"forged":        {bot.ErrSignature, form, 403},
		"about nobody":  {bot.ErrBody, form, 400},
		"nothing in it": {nil, "", 400},
		"broken":        {errors.New("planted-detail"), form, 503},
	} {
		s := build(t, Config{Deletions: fakeDeletions{tc.err}})
		got := test(t, s, newRequest("POST", "/webhooks/messenger/deauthorise", tc.body, "Content-Type: application/x-www-form-urlencoded"))
		if got.status != tc.status || strings.Contains(got.body, "planted") {
			t.Errorf("%s: %d %s, want %d", name, got.status, got.body, tc.status)
		}
	}
}

func TestTheDeletionCallback(t *testing.T) {
	t.Parallel()
	form := url.Values{"signed_request": {"sig.payload"}}.Encode()
	for name, tc := range map[string]struct {
		err    error
		public string
		body   string
		status int
		want   string
	}{
		"done":          {nil, "https://bot.example/", form, 200, `{"url":"https://bot.example/deletion/c0de","confirmation_code":"c0de"}`},
		"by its host":   {nil, "", form, 200, `{"url":"https://shop.example/deletion/c0de","confirmation_code":"c0de"}`},
		"forged":        {bot.ErrSignature, "", form, 403, `"signature"`},
		"about nobody":  {fmt.Errorf("%w: no user_id", bot.ErrBody), "", form, 400, `"bad_body"`},
		"not stored":    {fmt.Errorf("%w: full", bot.ErrUnavailable), "", form, 503, `"unavailable"`},
		"broken":        {errors.New("planted-detail"), "", form, 503, `"unavailable"`},
		"not a form":    {nil, "", "%zz", 400, `"bad_body"`},
		"nothing in it": {nil, "", "", 400, `"bad_body"`},
		"two of them":   {nil, "", form + "&" + form, 400, `"bad_body"`},
	} {
		s := build(t, Config{Deletions: fakeDeletions{tc.err}, PublicURL: tc.public})
		got := test(t, s, newRequest("POST", "/webhooks/messenger/deletion", tc.body, "Host: shop.example", "Content-Type: application/x-www-form-urlencoded"))
		if got.status != tc.status || !strings.Contains(got.body, tc.want) || strings.Contains(got.body, "planted") {
			t.Errorf("%s: %d %s, want %d %s", name, got.status, got.body, tc.status, tc.want)
		}
	}
}

func TestTheDeletionPage(t *testing.T) {
	t.Parallel()
	s := build(t, Config{Deletions: fakeDeletions{}})
	for path, status := range map[string]int{
		"/deletion/c0de": 200, "/deletion/beef": 404, "/deletion/" + strings.Repeat("a", 65): 404, "/deletion/%3Cscript%3E": 404, "/deletion/": 404,
	} {
		got := test(t, s, newRequest("GET", path, ""))
		if got.status != status || strings.Contains(got.body, "<script") {
			t.Errorf("%s: %d, want %d:\n%s", path, got.status, status, got.body)
		}
		if status == 200 && (!strings.Contains(got.body, "22 November 2026, 09:00 UTC") || !strings.HasPrefix(got.header.Get("Content-Type"), "text/html")) {
			t.Errorf("the page is %s: %s", got.header.Get("Content-Type"), got.body)
		}
	}
}
