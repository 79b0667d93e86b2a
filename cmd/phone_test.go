package cmd

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// browse opens the phone of a bot in a browser of its own.
func browse(t *testing.T, url string) context.Context {
	t.Helper()
	return browseTo(t, chromium(t), url, "#composer")
}

// browseTo opens a page, and waits until it shows something.
func browseTo(t *testing.T, browser, url, shows string) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx, chromedp.WithAllocatorOptions(
		chromedp.ExecPath(browser), chromedp.NoSandbox, chromedp.Headless, chromedp.DisableGPU, chromedp.NoFirstRun,
		chromedp.UserDataDir(t.TempDir()), chromedp.WindowSize(1280, 940),
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true), chromedp.Flag("disable-quic", true),
	))
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx, chromedp.Navigate(url), chromedp.WaitVisible(shows)); err != nil {
		t.Fatalf("opening %s: %v", url, err)
	}
	return ctx
}

// page is a phone in a browser, spoken to like a person does.
type page struct {
	t   *testing.T
	ctx context.Context
}

func (p page) do(what string, steps ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	if err := chromedp.Do(p.ctx, steps...); err != nil {
		text, _ := chromedp.Run(p.ctx, chromedp.Evaluate[string](`document.querySelector('#log').innerText`)) //nolint:errcheck // only to show
		p.t.Fatalf("%s: %v\nthe chat shows:\n%s", what, err, text)
	}
}

func (p page) write(text string) {
	p.t.Helper()
	p.do("writing "+text, chromedp.SendKeys("#composer", text), chromedp.Click("#send"))
}

// sees waits until the chat shows a text.
func (p page) sees(text string) {
	p.t.Helper()
	js := fmt.Sprintf(`document.querySelector('#log').innerText.includes(%q)`, text)
	if _, err := chromedp.Run(p.ctx, chromedp.Poll[bool](js, chromedp.WithPollingTimeout(20*time.Second))); err != nil {
		shown, _ := chromedp.Run(p.ctx, chromedp.Evaluate[string](`document.querySelector('#log').innerText`)) //nolint:errcheck // only to show
		p.t.Fatalf("the chat does not show %q: %v\nit shows:\n%s", text, err, shown)
	}
}

// taps taps the newest quick reply or button with a label.
func (p page) taps(label string) {
	p.t.Helper()
	p.do("tapping "+label, chromedp.WaitVisible(fmt.Sprintf(`[data-label=%q]`, label)))
	js := fmt.Sprintf(`(() => { const all = [...document.querySelectorAll('[data-label=%q]')]; all[all.length-1].click(); return true })()`, label)
	if _, err := chromedp.Run(p.ctx, chromedp.Evaluate[bool](js)); err != nil {
		p.t.Fatalf("tapping %s: %v", label, err)
	}
}

// photograph keeps a picture of the page in a file, if there is to be one.
func (p page) photograph(file string) {
	p.t.Helper()
	if file == "" {
		return
	}
	p.do("letting the message fade in", chromedp.Sleep(time.Second))
	picture, err := chromedp.Run(p.ctx, chromedp.CaptureScreenshot())
	if err == nil {
		err = os.WriteFile(file, picture, 0o644)
	}
	if err != nil {
		p.t.Fatal(err)
	}
}

// TestThePhoneShowsEveryKind lets the bot of the transcripts show what it can.
// RELANCE_SCREENSHOTS is a folder to keep pictures in.
func TestThePhoneShowsEveryKind(t *testing.T) {
	t.Parallel()
	dir := copyBot(t, "testdata/language/show")
	b := startBot(t, dir, nil)
	p := page{t, browse(t, b.base+"/phone")}
	for _, kind := range []struct {
		word string
		sees []string
	}{
		{"files", []string{"Video · laces.mp4", "Audio · hello.mp3", "File · sizes.pdf"}},
		{"cards", []string{"Gull", "€99.90"}},
		{"media", []string{"facebook.com/tern/videos/42", "Files"}},
		{"receipt", []string{"Tern & sons", "Order T-1", "€99.90", "× 2", "Second pair", "-€10.00", "Total", "€304.70", "Paid with Visa 1234", "YO21 3PU Whitby"}},
		{"coupon", []string{"For you, Zoé!", "Ten percent off", "Terms may apply.", "To the shop"}},
		{"template", []string{"order_update", "customer", "T-1", "My order", "3 parcels"}},
	} {
		p.write(kind.word)
		for _, text := range kind.sees {
			p.sees(text)
		}
		if folder := os.Getenv("RELANCE_SCREENSHOTS"); folder != "" {
			p.photograph(filepath.Join(folder, kind.word+".png"))
		}
	}
	p.taps("reveal")
	p.sees("LACES")
	if code := b.stop(); code != exitFine {
		t.Errorf("the bot exits %d:\n%s", code, b.out)
	}
}

// TestTheFlagshipOnThePhone is the whole way in a browser: asked, agreed, told
// after the clock was moved, and stopped with one tap.
func TestTheFlagshipOnThePhone(t *testing.T) {
	t.Parallel()
	dir := copyBot(t, exampleRestock)
	b := startBot(t, dir, nil)
	p := page{t, browse(t, b.base+"/phone")}

	p.write("stock")
	p.sees("Quelle pointure cherches-tu ?")
	p.taps("42")
	p.sees("Plus de 42 pour le moment, Zoé.")
	p.taps("Chaque semaine")
	p.sees("Ta pointure est de retour")
	p.do("accepting", chromedp.Click(`[data-act="accept"]`))
	p.sees("C'est noté ! Je t'écris dès que le 42 revient.")

	toMorning(t, b)
	if code, out := cli(t, b.env, "event", "restock", "model=Gazelle", "size=42", "url=https://foulee.example/g42", "--dir", dir); code != exitFine {
		t.Fatalf("relance event exits %d: %s", code, out)
	}
	p.sees("Zoé : la Gazelle en 42 est de retour !")
	if code, out := cli(t, b.env, "why", "--dir", dir, contactOf(t, b)); code != exitFine || !strings.Contains(out, "back_in_stock") {
		t.Errorf("relance why exits %d and says:\n%s", code, out)
	}
	p.photograph(os.Getenv("RELANCE_SCREENSHOT"))
	p.taps("Stop")
	p.sees("C'est fait : plus de messages « Ta pointure est de retour ».")

	if code, out := cli(t, b.env, "event", "restock", "model=Gazelle", "size=42", "url=https://foulee.example/g42", "--dir", dir); code != exitFine {
		t.Fatalf("relance event exits %d: %s", code, out)
	}
	p.do("a day later", chromedp.Click("#clock-day"))
	shown, err := chromedp.Run(p.ctx, chromedp.Evaluate[string](`document.querySelector('#log').innerText`))
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(shown, "est de retour !"); n != 1 {
		t.Errorf("%d notifications after the stop, want the one before it:\n%s", n, shown)
	}
	if code := b.stop(); code != exitFine {
		t.Errorf("the bot exits %d:\n%s", code, b.out)
	}
}
