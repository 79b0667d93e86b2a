package messenger

import (
	"net/url"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestAPlainAddressIsOneForTheLibrary(t *testing.T) {
	t.Parallel()
	for address, plain := range map[string]bool{
		"https://foulee.example":                                true,
		"http://foulee.example/":                                true,
		"https://foulee.example/l/AbC-1_2.html?a=b&c=d+e,f;g~h": true,
		"https://foulee.example?a=b":                            true,
		"https://foulee.example:8080/":                          false, // for the library to judge, all of these
		"https://foulee.example/%41":                            false,
		"https://foulee.example/#a":                             false,
		"https://foulée.example/":                               false,
		"https://[::1]/":                                        false,
		"https://a@foulee.example/":                             false,
		"https:///a":                                            false,
		"https://?a":                                            false,
		"https://":                                              false,
		"HTTPS://foulee.example/":                               false,
		"ftp://foulee.example/":                                 false,
		"foulee.example/":                                       false,
		"https://foulee.example/a b":                            false,
		"https://foulee.example/a\nb":                           false,
		"":                                                      false,
	} {
		if got := isPlainURL(address); got != plain {
			t.Errorf("%q: %v", address, got)
		}
	}
	part := rapid.SampledFrom([]string{"https://", "http://", "a.example", "a-b_c", "/", "?", "&", "=", "+", ",", ";", "~", ".", "..", ":", "#", "@", "%", "%41", "[", "]", " ", "\x7f", "é", "8"})
	rapid.Check(t, func(t *rapid.T) {
		address := strings.Join(rapid.SliceOf(part).Draw(t, "parts"), "")
		if !isPlainURL(address) {
			return
		}
		u, err := url.Parse(address)
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			t.Fatalf("%q is plain, and the library says %v, %v", address, u, err)
		}
	})
}
