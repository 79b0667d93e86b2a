package flows

import (
	"fmt"
	"net/url"
	"strings"
)

// attached is a picture, film, sound or document out of the web:
//
//	show: video
//	url: https://shop.example/laces.mp4
//
// An address that comes out empty shows nothing.
type attached struct {
	kind MessageKind
	url  *template
}

func decodeFile(d *decoder, f *fields) exhibit {
	kind := MessageKind(f.scalar("show", "a kind").text)
	a := &attached{kind: kind, url: f.template("url")}
	if f.lacks("url") {
		d.errorf("key-missing", f.key("show"), "add url: and its address", "%s needs url:", article(string(kind)))
	}
	for _, key := range []string{"buttons", "title", "subtitle"} {
		if f.has(key) {
			d.errorf("key-unknown", f.key(key), "show: cards has a picture with title:, subtitle: and buttons:", "%s has no %s", article(string(kind)), key)
			break
		}
	}
	for _, key := range []string{"title", "subtitle"} {
		f.has(key)
	}
	return a
}

func (a *attached) check(c *checker, s *scope) { c.links(s, a.url) }

func (*attached) taps() []button { return nil }

func (a *attached) build(m *machine, e *env) (Message, bool, error) {
	address, err := m.optional(a.url, e)
	_, fixed := a.url.literal()
	return Message{Kind: a.kind, URL: address, Fixed: fixed && address != ""}, address != "", err
}

// optional is a link that may come out empty.
func (m *machine) optional(t *template, e *env) (string, error) {
	text, err := t.text(e, m.language)
	if err != nil || strings.TrimSpace(text) == "" {
		return "", err
	}
	return linkOf(text)
}

// media is a photo or video on Facebook, with buttons:
//
//	show: media
//	url: https://www.facebook.com/shop/videos/42
//	type: video               # or image; else what the address says
//	buttons: [{label: Buy, go: order}]
type media struct {
	url     *template
	kind    string
	kindAt  Span
	buttons []button
}

func decodeMedia(d *decoder, f *fields) exhibit {
	a := &media{url: f.template("url"), kind: f.oneOf("type", "", "image", "video"), kindAt: f.key("show"), buttons: f.buttons("buttons")}
	if f.lacks("url") {
		d.errorf("key-missing", f.key("show"), "add url: and the address of a photo or video on Facebook", "media needs url:")
	}
	return a
}

func (a *media) check(c *checker, s *scope) {
	c.links(s, a.url)
	c.buttons(a.buttons, s)
	text, fixed := a.url.literal()
	if !fixed || !isLink(strings.TrimSpace(text)) {
		text = ""
	}
	if text != "" && !onFacebook(text) {
		c.errorf("link", a.url.span, "write the address of a photo or video on Facebook, as in https://www.facebook.com/shop/photos/42; show: image and show: video take any address",
			"%q is not on Facebook, and Messenger takes no other media", text)
	}
	switch region := c.bot.Region; {
	case a.of(text) != Video:
	case region == "EU" || region == "UK" || region == "JP":
		c.warnf("media-region", a.kindAt, "use show: video, and say: with the buttons behind it", "people in Europe and Japan are not shown a video with buttons")
	}
}

// of says what an address leads to.
func (a *media) of(address string) MessageKind {
	switch {
	case a.kind != "":
		return MessageKind(a.kind)
	case strings.Contains(address, "/videos/"), strings.Contains(address, "/watch"), strings.Contains(address, "/reel/"):
		return Video
	}
	return Image
}

func (a *media) taps() []button { return a.buttons }

func (a *media) build(m *machine, e *env) (Message, bool, error) {
	address, err := m.optional(a.url, e)
	if err != nil || address == "" {
		return Message{}, false, err
	}
	if !onFacebook(address) {
		return Message{}, false, fmt.Errorf("the address of media is not on Facebook")
	}
	msg := Message{Kind: MediaKind, URL: address, Media: a.of(address)}
	msg.Buttons, err = m.buttons(a.buttons, e)
	return msg, true, err
}

// onFacebook says whether an address is one of Facebook's.
func onFacebook(address string) bool {
	u, err := url.Parse(strings.TrimSpace(address))
	if err != nil {
		return false
	}
	host := strings.ToLower(u.Hostname())
	return host == "facebook.com" || strings.HasSuffix(host, ".facebook.com")
}
