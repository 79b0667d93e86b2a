package bot_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestWhatShopsAnswer lets a shop answer in every bad way there is.
func TestWhatShopsAnswer(t *testing.T) {
	t.Parallel()
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		t.Error("a redirect to another host was followed")
	}))
	t.Cleanup(elsewhere.Close)
	say := func(kind, text string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", kind)
			_, _ = io.WriteString(w, text)
		}
	}
	status := func(code int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
	}
	const asJSON = "application/json; charset=utf-8"
	for _, tt := range []struct {
		name   string
		answer http.HandlerFunc
		tries  int
		want   string
		cause  string // which the log tells; empty: no matter
	}{
		{"an answer", say(asJSON, `{"left": 3}`), 1, "3 left.", ""},
		{"another kind of JSON", say("application/vnd.hobnail+json", `{"left": "3", "more": [1]}`), 1, "3 left.", ""},
		{"a page", say("text/html", "<html>Hello</html>"), 1, "No: bad answer.", "answered without Content-Type: application/json"},
		{"a page that says it is JSON", say(asJSON, "<html>Hello</html>"), 1, "No: bad answer.", "its answer cannot be read as JSON"},
		{"JSON that says it is a page", say("text/html", `{"left": 3}`), 1, "No: bad answer.", "answered without Content-Type: application/json"},
		{"nothing", say(asJSON, ""), 1, "No: bad answer.", ""},
		{"no content", status(http.StatusNoContent), 1, "No: bad answer.", "answered without Content-Type: application/json"},
		{"null", say(asJSON, "null"), 1, "No: bad answer.", "it must be a record"},
		{"a list", say(asJSON, `[{"left": 3}]`), 1, "No: bad answer.", "it must be a record"},
		{"two answers", say(asJSON, `{"left": 3} {"left": 4}`), 1, "No: bad answer.", "there is something behind the JSON of its answer"},
		{"a brace too many", say(asJSON, `{"left": 3}}`), 1, "No: bad answer.", ""},
		{"another type", say(asJSON, `{"left": "many"}`), 1, "No: bad answer.", "left must be"},
		{"another record", say(asJSON, `{"error": "no such size"}`), 1, "No: bad answer.", "it has no left"},
		{"a huge number", say(asJSON, `{"left": 1e400}`), 1, "No: bad answer.", ""},
		{"too deep", say(asJSON, `{"left": `+strings.Repeat("[", 20_000)+strings.Repeat("]", 20_000)+`}`), 1, "No: bad answer.", ""},
		{"huge", say(asJSON, `{"left": 3, "x": "`+strings.Repeat("x", 70<<10)+`"}`), 1, "No: bad answer.", "answered more than 64 KiB"},
		{"without end", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", asJSON)
			for r.Context().Err() == nil {
				if _, err := io.WriteString(w, strings.Repeat(" ", 4096)); err != nil {
					return
				}
			}
		}, 1, "No: bad answer.", "answered more than 64 KiB"},
		{"half of it", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", asJSON)
			w.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(w, `{"left": 3`)
		}, 3, "No: bad answer.", "its answer breaks off"},
		{"cut off", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, 3, "No: unreachable.", "could not be reached: the connection was closed"},
		{"not found", status(http.StatusNotFound), 1, "No: refused.", "answered 404"},
		{"too many requests", status(http.StatusTooManyRequests), 3, "No: refused.", "answered 429"},
		{"trouble", status(http.StatusBadGateway), 3, "No: failed.", "answered 502"},
		{"a redirect elsewhere", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, elsewhere.URL, http.StatusTemporaryRedirect)
		}, 1, "No: refused.", "answered 307: it sends elsewhere, where it is not followed"},
		{"a redirect that forgets what it was told", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/other", http.StatusFound)
		}, 1, "No: refused.", ""},
		{"redirects without end", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, r.URL.Path+"x", http.StatusTemporaryRedirect)
		}, 4, "No: refused.", ""},
		{"slow", func(w http.ResponseWriter, r *http.Request) {
			select {
			case <-r.Context().Done():
			case <-time.After(10 * time.Second):
			}
		}, 1, "No: timeout.", "took longer than 2s"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var mu sync.Mutex
			tries, ids := 0, map[string]bool{}
			shop := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				mu.Lock()
				tries++
				ids[r.Header.Get("Idempotency-Key")+r.Header.Get("Relance-Call-Id")] = true
				mu.Unlock()
				body, err := io.ReadAll(r.Body)
				if string(body) != `{"size":9}` || r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/json" {
					t.Errorf("%s of %q, %s (%v)", r.Method, body, r.Header, err)
				}
				tt.answer(w, r)
			}))
			defer shop.Close()
			w := newShopAt(t, shop.URL, true)
			w.does(w.writes("zoe", "stock"))
			shown := w.home.shown("zoe")
			mu.Lock()
			defer mu.Unlock()
			if got := shown[len(shown)-1].Message.Text; got != tt.want || tries != tt.tries || len(ids) != 1 {
				t.Errorf("%q after %d tries with %d ids, want %q after %d with 1\n%s", got, tries, len(ids), tt.want, tt.tries, w.log)
			}
			if !strings.Contains(w.log.String(), tt.cause) {
				t.Errorf("the log does not say %q:\n%s", tt.cause, w.log)
			}
			if strings.Contains(w.log.String(), shop.URL) {
				t.Errorf("the log holds the address:\n%s", w.log)
			}
		})
	}
}

// newShopAt is a warehouse whose handler is at an address.
func newShopAt(t *testing.T, address string, near bool) *world {
	t.Helper()
	files := with(warehouse, "bot.yaml", strings.Replace(warehouse["bot.yaml"], `"https://hobnail.example/find"`, fmt.Sprintf("%q, timeout: 1s", address+"/find"), 1),
		"flows/stock.yaml", strings.Replace(warehouse["flows/stock.yaml"], "save: stock", "save: stock\n    timeout: 2s", 1))
	if strings.Contains(t.Name(), "slow") { // one try takes all the time there is
		files["bot.yaml"] = strings.Replace(files["bot.yaml"], "timeout: 1s", "timeout: 3s", 1)
	}
	w := newWorld(t, files)
	w.near = near
	w.crash()
	return w
}

// An order's number is longer than a float is exact: where a text is declared its digits stay.
func TestALongNumberInAShopsAnswerKeepsItsDigits(t *testing.T) {
	t.Parallel()
	shop := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"left": 9007199254740993}`)
	}))
	t.Cleanup(shop.Close)
	for of, want := range map[string]string{"text": "9007199254740993 left.", "number": "9007199254740992 left."} {
		w := newShopAt(t, shop.URL, true)
		w.files["bot.yaml"] = strings.Replace(w.files["bot.yaml"], "left: number", "left: "+of, 1)
		w.crash()
		w.does(w.writes("zoe", "stock"))
		shown := w.home.shown("zoe")
		if got := shown[len(shown)-1].Message.Text; got != want {
			t.Errorf("as a %s: %q, want %q", of, got, want)
		}
	}
}

// What is in the machine's own network is not asked, by whatever name.
func TestPrivateAddressesAreNotAsked(t *testing.T) {
	t.Parallel()
	shop := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("it was asked") }))
	t.Cleanup(shop.Close)
	_, port, _ := strings.Cut(strings.TrimPrefix(shop.URL, "http://"), ":")
	for _, host := range []string{"127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0"} {
		t.Run(host, func(t *testing.T) {
			t.Parallel()
			w := newShopAt(t, "http://"+host+":"+port, false)
			w.does(w.writes("zoe", "stock"))
			shown := w.home.shown("zoe")
			if got := shown[len(shown)-1].Message.Text; got != "No: unreachable." {
				t.Errorf("%q\n%s", got, w.log)
			}
		})
	}
}

// expired is a certificate whose time is over, and that nobody has signed.
func expired(t *testing.T) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	made := x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Unix(0, 0), NotAfter: time.Unix(1, 0), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	text, err := x509.CreateCertificate(rand.Reader, &made, &made, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{text}, PrivateKey: key}
}

func TestWhyAShopIsNotReachedIsSaidInWordsForItsAuthor(t *testing.T) {
	t.Parallel()
	fine := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {})
	quiet := log.New(io.Discard, "", 0)
	plain, secure, late := httptest.NewUnstartedServer(fine), httptest.NewUnstartedServer(fine), httptest.NewUnstartedServer(fine)
	endless := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X", strings.Repeat("x", 40<<10))
	}))
	for _, shop := range []*httptest.Server{plain, secure, late, endless} {
		shop.Config.ErrorLog = quiet
		t.Cleanup(shop.Close)
	}
	plain.Start()
	endless.Start()
	secure.StartTLS()
	late.TLS = &tls.Config{Certificates: []tls.Certificate{expired(t)}}
	late.StartTLS()
	for address, want := range map[string]string{
		secure.URL: "its certificate is of no authority that is known",
		late.URL:   "its certificate is over, or not valid yet",
		strings.Replace(plain.URL, "http:", "https:", 1): "it speaks http, and its address says https",
		endless.URL: "what it answers is no HTTP, or its headers are too long",
	} {
		w := newShopAt(t, address, true)
		w.does(w.writes("zoe", "stock"))
		shown := w.home.shown("zoe")
		if got := shown[len(shown)-1].Message.Text; got != "No: unreachable." || !strings.Contains(w.log.String(), "could not be reached: "+want) {
			t.Errorf("%q, want the log to say %q:\n%s", got, want, w.log)
		}
	}
}
