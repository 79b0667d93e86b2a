package emulator

import (
	"strings"
	"testing"
)

func TestEncode(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, want string }{
		{"plain", `"plain"`},
		{"é à ç", `"\u00e9 \u00e0 \u00e7"`},
		{"👟", `"\ud83d\udc5f"`},
		{"a/b", `"a\/b"`},
		{`a\b"c`, `"a\\b\"c"`},
		{"<b>&amp;", `"<b>&amp;"`},
		{"tab\tline\n", `"tab\tline\n"`},
		{"\u2028", `"\u2028"`},
	} {
		got, err := encode(c.text)
		if err != nil || string(got) != c.want {
			t.Errorf("%q: %s %v, want %s", c.text, got, err, c.want)
		}
	}
}

// TestBytesOnTheWire pins one webhook to the byte, and its signatures to values
// computed elsewhere (openssl dgst -hmac).
func TestBytesOnTheWire(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	b.write("ça va / 👟")
	want := `{"object":"page","entry":[{"time":1774630800000,"id":"1112223334445","messaging":[{` +
		`"sender":{"id":"7100000000000001"},"recipient":{"id":"1112223334445"},"timestamp":1774630800000,` +
		`"message":{"mid":"` + b.Chat(b.zoe)[0].MID + `","text":"\u00e7a va \/ \ud83d\udc5f"}}]}]}`
	got := b.told()
	if len(got) != 1 || got[0] != want {
		t.Fatalf("told\n%s\nwant\n%s", strings.Join(got, "\n"), want)
	}
	header := b.Header([]byte(`{"object":"page"}`))
	for name, want := range map[string]string{
		"Content-Type":        "application/json",
		"X-Hub-Signature":     "sha1=9acef12412a8bbb8af07382d8be9d38fbacddd7f",
		"X-Hub-Signature-256": "sha256=ae958d6f00b134dd32b95a9a76bedaaeb068c0949769358355023f7d1a0c580b",
	} {
		if header.Get(name) != want {
			t.Errorf("%s: %s, want %s", name, header.Get(name), want)
		}
	}
}
