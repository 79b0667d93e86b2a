package messenger

import (
	"bytes"
	"encoding/json"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// read takes a value apart the way encoding/json takes it into an any.
func read(v value) any {
	switch {
	case v.isObject():
		out := map[string]any{}
		for name, field := range v.fields {
			out[string([]rune(string(name)))] = read(field) // each byte that is no UTF-8 is one "\ufffd"
		}
		return out
	case v.isList():
		out := []any{}
		for item := range v.items {
			out = append(out, read(item))
		}
		return out
	case v[0] == '"':
		text, err := v.text()
		if err != nil {
			return err
		}
		return text
	case v[0] == 't', v[0] == 'f':
		flag, err := v.flag()
		if err != nil {
			return err
		}
		return flag
	case v.absent():
		return nil
	}
	return json.Number(v)
}

// FuzzScan: what is JSON is read as the standard library reads it, and written
// without blanks as it writes it.
func FuzzScan(f *testing.F) {
	for _, text := range []string{
		`{}`, `[]`, ` { "a" : [ 1 , -2.5e+7 , null , true , false ] , "b":{"c":"d"}}`, `7`, `"x"`, "\t[{}\r\n,[]]\n", `{"a":1,"a":2}`,
		`"\u00e9\ud83d\ude42\ud83d \ude42\ud83dx\udc00\uD83D\uDE42\ud83d\u00e9"`, `"\"\\\/\b\f\n\r\t"`, "\"\xff\xe2\x82\"", `{"\u0061\n":""}`, "{\"\xc6\xc6\":[]}", `"\ud83d`, `["]","}","\\"]`,
	} {
		f.Add([]byte(text))
	}
	for _, body := range fixtureBodies(f) {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if !json.Valid(text) {
			return
		}
		d := json.NewDecoder(bytes.NewReader(text))
		d.UseNumber()
		var want any
		if err := d.Decode(&want); err != nil {
			t.Skip() // nested too deeply
		}
		v := whole(text)
		if diff := cmp.Diff(want, read(v)); diff != "" {
			t.Errorf("%s\n%s", text, diff)
		}
		var compact bytes.Buffer
		if err := json.Compact(&compact, text); err != nil {
			t.Fatal(err)
		}
		if got := v.compact(nil); !bytes.Equal(got, compact.Bytes()) {
			t.Errorf("compact: %s, want %s", got, compact.Bytes())
		}
	})
}

// FuzzText: what is written is read again, by the standard library too.
func FuzzText(f *testing.F) {
	for _, text := range []string{"", "Plus de 42 ?", "\"\\\n\r\t\x00\x1f\x7f", "é🙂\u2028", "\xff\xe2\x82", "a\ufffdb"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		data := appendText(nil, text)
		var got string
		if err := json.Unmarshal(data, &got); err != nil {
			t.Fatalf("%q: %v", data, err)
		}
		again, err := value(data).text()
		if err != nil || again != got || utf8.ValidString(text) && got != text {
			t.Errorf("%q became %q and %q, error %v", text, got, again, err)
		}
	})
}

func TestAnIDThatIsKnownIsReadAsAnyOther(t *testing.T) {
	t.Parallel()
	words := []string{`10`, `1\b`, `1\\b`, `1\u0062`, `1b`, "1\b", `é`, "\ufffd", "1\xff", `\"`, `"`, ``}
	for _, raw := range words {
		for _, known := range words {
			v := value(`"` + raw + `"`)
			if !valid(v) || !utf8.ValidString(known) { // as ids are that were read
				continue
			}
			want, fault := v.ident()
			if got, err := v.identOf(known); got != want || err != fault {
				t.Errorf("%s where %q is known: %q, %v, want %q, %v", v, known, got, err, want, fault)
			}
		}
	}
}
