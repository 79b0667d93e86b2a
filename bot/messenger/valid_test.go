package messenger

import (
	"encoding/json"
	"strings"
	"testing"
)

// What is JSON and what is almost JSON.
var nearJSON = []string{
	"", " ", "{}", "[]", " {} ", "{} x", "{}{}", "[1,2]", "[1,]", "[,1]", "[1 2]", "[", "]", "{", "}", `{"a"}`, `{"a":}`, `{"a":1,}`, `{,"a":1}`,
	`{"a":1 "b":2}`, `{"a" : 1 , "b" : [ ] }`, `{a:1}`, `{1:1}`, `{"a":1]`, `[1}`, "\ufeff{}", "\v{}", "{}\x00", "\x00",
	"0", "-0", "00", "01", "-", "-1", "+1", "1.", ".1", "1.5", "1.5.5", "1e5", "1E+5", "1e-05", "1e", "1e+", "1.e5", "1e5.5", "0e0", "0.0", "-01", "0x1", "1 ", "1a",
	"9999999999999999999999999999", "true", "false", "null", "tru", "truex", "True", "nul", "nulll", "NaN", "Infinity",
	`""`, `"a`, `"`, `"a"b`, `"\""`, `"\`, `"\\`, `"\\"`, `"\/\b\f\n\r\t"`, `"\x"`, `"\'"`, `"\u"`, `"\u12"`, `"\u123g"`, `"\u00e9"`, `"\uD83D\uDE00"`, `"\uD83D"`, `"\U00e9"`,
	"\"a\nb\"", "\"a\tb\"", "\"a\x1fb\"", "\"a\x7fb\"", "\"\xff\"", "\"\xc3\x28\"", `"é"`, `'a'`, "// a\n1", "1 // a", "/**/1",
	`{"object":"page","entry":[{"id":"1","time":1,"messaging":[{"sender":{"id":"2"},"message":{"mid":"m","text":"\"é\" \\"}}]}]}`,
	strings.Repeat("[", maxNesting) + strings.Repeat("]", maxNesting), strings.Repeat("[", maxNesting+1) + strings.Repeat("]", maxNesting+1),
	strings.Repeat(`{"a":`, maxNesting) + "1" + strings.Repeat("}", maxNesting), strings.Repeat(`{"a":`, maxNesting+1) + "1" + strings.Repeat("}", maxNesting+1),
	strings.Repeat("[", maxNesting-1) + "{}" + strings.Repeat("]", maxNesting-1), strings.Repeat("[", maxNesting) + "{}" + strings.Repeat("]", maxNesting),
	strings.Repeat("[", 1<<20),
}

func TestValidSaysWhatTheStandardLibrarySays(t *testing.T) {
	t.Parallel()
	for _, text := range nearJSON {
		sameVerdict(t, []byte(text))
		if len(text) > 200 {
			continue
		}
		for i := range text { // each byte left out, and each made another
			sameVerdict(t, []byte(text[:i]))
			sameVerdict(t, []byte(text[:i]+text[i+1:]))
			for _, other := range "\"\\{}[],:0-+.eEu \n\x01\xffat" {
				sameVerdict(t, []byte(text[:i]+string(other)+text[i+1:]))
				sameVerdict(t, []byte(text[:i]+string(other)+text[i:]))
			}
		}
	}
}

func sameVerdict(t *testing.T, text []byte) {
	t.Helper()
	if got, want := valid(text), json.Valid(text); got != want {
		t.Fatalf("%.200q: %v, the library says %v", text, got, want)
	}
}

func FuzzValid(f *testing.F) {
	for _, text := range nearJSON {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) { sameVerdict(t, text) })
}

func BenchmarkValid(b *testing.B) {
	body := []byte(`{"object":"page","entry":[{"id":"108024531","time":1788258600123,"messaging":[{"sender":{"id":"24012345678901234"},"recipient":{"id":"108024531"},"timestamp":1788258600000,"message":{"mid":"m_AbCdEfGhIjKlMnOpQrStUvWxYz0123456789","text":"Bonjour, avez-vous la taille 42 ?","quick_reply":{"payload":"P42"}}}]}]}`)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if !valid(body) {
			b.Fatal("not valid")
		}
	}
}
