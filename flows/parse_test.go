package flows

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// readByReflection is ParseSession as encoding/json does it.
func readByReflection(data []byte) (Session, error) {
	if len(data) > maxSession {
		return Session{}, errors.New("too long")
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	var stored struct {
		Stack  []thread `json:"s,omitempty"`
		Beside []thread `json:"b,omitempty"`
	}
	if err := dec.Decode(&stored); err != nil {
		return Session{}, err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return Session{}, errors.New("there is something behind it")
	}
	for _, list := range [...][]thread{stored.Stack, stored.Beside} {
		for _, t := range list {
			if len(t.Frames) == 0 {
				return Session{}, errors.New("a thread without a flow")
			}
		}
	}
	return Session{stack: stored.Stack, beside: stored.Beside}, nil
}

// payloadByReflection is DecodePayload as encoding/json does it.
func payloadByReflection(body string) (p Payload, ok bool) {
	if err := json.Unmarshal([]byte(body), &p); err != nil {
		return Payload{}, false
	}
	return p, p.Start || p.Go != "" || p.OptOut != "" || p.isChoice()
}

// neverWritten says that a JSON text has what no program of ours writes, and what
// encoding/json takes nevertheless: a key twice, which it merges, a key in another case,
// or a number that no float64 holds.
func neverWritten(text string) bool {
	dec := json.NewDecoder(strings.NewReader(text))
	odd := false
	var value func() error
	value = func() error {
		t, err := dec.Token()
		if err != nil {
			return err
		}
		switch t {
		case json.Delim('{'):
			seen := map[string]bool{}
			for dec.More() {
				key, err := dec.Token()
				if err != nil {
					return err
				}
				name, _ := key.(string)
				odd = odd || seen[name] || strings.ToLower(name) != name || strings.ContainsRune(name, 0x17f)
				seen[name] = true
				if err := value(); err != nil {
					return err
				}
			}
			_, err = dec.Token()
		case json.Delim('['):
			for dec.More() {
				if err := value(); err != nil {
					return err
				}
			}
			_, err = dec.Token()
		}
		return err
	}
	return value() != nil || odd
}

// readsAlike fails where our reading of a text says something else than that of
// encoding/json.
func readsAlike(t *testing.T, text string) {
	t.Helper()
	if neverWritten(text) {
		// It must not hurt, and a text that is no JSON at all is not read.
		if _, err := ParseSession([]byte(text)); err == nil && text != "" && !json.Valid([]byte(text)) {
			t.Errorf("%q was read, and is no JSON", text)
		}
		if _, ok := DecodePayload(payloadMark + text); ok && !json.Valid([]byte(text)) {
			t.Errorf("%q is a payload, and no JSON", text)
		}
		return
	}
	options := cmp.Options{
		cmp.AllowUnexported(Session{}, thread{}, frame{}, wait{}, cause{}),
		cmpopts.IgnoreFields(thread{}, "program"), cmpopts.IgnoreFields(frame{}, "at"), cmpopts.EquateEmpty(),
	}
	if text != "" {
		got, err := ParseSession([]byte(text))
		want, other := readByReflection([]byte(text))
		if (err == nil) != (other == nil) {
			t.Errorf("session %q: error %v, of encoding/json %v", text, err, other)
		} else if diff := cmp.Diff(want, got, options); diff != "" {
			t.Errorf("session %q: -encoding/json +ours\n%s", text, diff)
		}
	}
	if len(text) > maxPayload/4 {
		return
	}
	got, ok := DecodePayload(payloadMark + text)
	want, other := payloadByReflection(text)
	if ok != other {
		t.Errorf("payload %q: ok is %v, of encoding/json %v", text, ok, other)
	} else if diff := cmp.Diff(want, got, options); ok && diff != "" {
		t.Errorf("payload %q: -encoding/json +ours\n%s", text, diff)
	}
}

// readSeeds are sessions and payloads, and what looks like them.
var readSeeds = []string{
	``, `null`, ` { } `, `{}x`, `{"s":null,"b":[]}`, `[]`, `5`, `{"x":1}`, `{"s":[{}]}`, `{"s":[null]}`, `{"s":[{"f":[null]}]}`,
	`{"s":[{"f":[{"f":"restock","s":"size"}],"w":{"k":"answer","u":1767603600000,"t":1}}]}`,
	"\t{\"s\" : [\r\n{ \"f\":[{\"f\":\"a\",\"n\":{\"size\":42.5,\"found\":[{\"x\":true},[],{},null,false,\"\"]}},{\"f\":\"b\"}],\"w\":{\"k\":\"yes\",\"u\":5,\"t\":2,\"r\":\"r\",\"d\":\"daily\",\"a\":{\"m\":\"G\"},\"q\":\"May I?\",\"p\":\"menu\"},\"p\":\"hash\",\"h\":3}]} ",
	`{"b":[{"f":[{"f":"c","s":"2.else.1"}],"w":{"k":"act","u":-9},"c":{"g":"c/event:e","t":"t","e":{"n":1},"es":[{"n":0},null,{"n":1}],"i":{"n":1}}}]}`,
	`{"s":[{"f":[{"f":"é\"\\\/\b\f\n\r\tA","s":"\ud83d\ude00\ud83d \udc00x"}]}]}`, "{\"s\":[{\"f\":[{\"f\":\"\xff\xc3\"}]}]}", "{\"s\":[{\"f\":[{\"f\":\"a\nb\"}]}]}",
	`{"s":[{"f":[{"f":"\x"}]}]}`, `{"s":[{"f":[{"f":"\u12"}]}]}`, `{"s":[{"f":[{"f":"a"}],}]}`, `{"s":[{"f":[{"f":"a"},]}]}`, `{"s":[,]}`, `{,}`, `{"s"}`, `{"s":}`, `{s:1}`, `{"s":[{"f":[{"f":"a"}]}]`,
	`{"s":[{"f":[{"f":"a"}],"w":{"k":"time","u":1.5}}]}`, `{"s":[{"f":[{"f":"a"}],"w":{"k":"time","u":1e3}}]}`, `{"s":[{"f":[{"f":"a"}],"w":{"u":99999999999999999999}}]}`,
	`{"s":[{"f":[{"f":"a"}],"h":-0}]}`, `{"s":[{"f":[{"f":"a"}],"h":01}]}`, `{"s":[{"f":[{"f":"a"}],"h":"1"}]}`, `{"s":[{"f":[{"f":1}]}]}`, `{"s":[{"f":[{"f":"a","n":[]}]}]}`,
	`{"s":[{"f":[{"f":"a","n":{"a":-0.5e-3,"b":1E+2,"c":-,"d":1}}]}]}`, `{"s":[{"f":[{"f":"a","n":{"a":1.}}]}]}`, `{"s":[{"f":[{"f":"a","n":{"a":1e400}}]}]}`, `{"s":[{"f":[{"f":"a","n":{"a":nul}}]}]}`, `{"s":[{"f":[{"f":"a","n":{"a":truex}}]}]}`,
	`{"start":true}`, `{"start":1}`, `{"go":"menu"}`, `{"go":"menu","with":{"size":42,"of":{"a":["b",null]}}}`, `{"opt_out":"all"}`, `{"flow":"a","step":"1","choice":42.5}`, `{"flow":"a","step":"1","choice":{"x":[1]}}`,
	`{"go":"menu","later":[{"x":"y"},1]}`, `{"go":null,"start":null,"with":null,"choice":null}`, `{"go":"a\u003cb"}`,
	strings.Repeat(`[`, 300),
}

func TestJSONIsReadAsByReflection(t *testing.T) {
	t.Parallel()
	for _, text := range readSeeds {
		readsAlike(t, text)
		for i := range len(text) { // each part left out, doubled, or another
			readsAlike(t, text[:i])
			readsAlike(t, text[:i]+text[i+1:])
			readsAlike(t, text[:i+1]+text[i:])
			for _, c := range `{}[]":,0-e\ntx ` {
				readsAlike(t, text[:i]+string(c)+text[i+1:])
			}
		}
	}
}

// Lists in each other are bounded: encoding/json draws the line there too.
func TestNestingIsBounded(t *testing.T) {
	t.Parallel()
	for _, n := range []int{100, maxInside, maxInside + 1} {
		r := reader{text: strings.Repeat("[", n) + strings.Repeat("]", n)}
		r.value()
		if got, want := r.end(), json.Valid([]byte(r.text)); got != want {
			t.Errorf("%d lists in each other: read %v, by encoding/json %v", n, got, want)
		}
	}
}

func FuzzReadJSON(f *testing.F) {
	for _, text := range readSeeds {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) { readsAlike(t, text) })
}
