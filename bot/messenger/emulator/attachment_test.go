package emulator

import (
	"net/http"
	"path/filepath"
	"testing"
	"time"
)

func file(kind string, payload m) m {
	return m{"attachment": m{"type": kind, "payload": payload}}
}

// TestUploadedFiles: a file is uploaded by itself or with the message that shows it first,
// and sent by its id for ninety days.
func TestUploadedFiles(t *testing.T) {
	t.Parallel()
	const address = "https://foulee.example/a.png"
	upload := func(b *bench, message m) graphReply {
		b.t.Helper()
		r, err := b.call(http.MethodPost, testPage+"/message_attachments", m{"message": message})
		b.ok(err)
		return r
	}
	id := func(b *bench) string {
		b.t.Helper()
		name, ok := upload(b, file("image", m{"url": address, "is_reusable": true})).body["attachment_id"].(string)
		if !ok {
			b.t.Fatal("there is no id")
		}
		return name
	}
	cases := []struct {
		name string
		play func(b *bench) graphReply
		code string
	}{
		{"by its id", func(b *bench) graphReply {
			return b.send(to(b.zoe, file("image", m{"attachment_id": id(b)})))
		}, ""},
		{"in media", func(b *bench) graphReply {
			return b.send(to(b.zoe, template(m{"template_type": "media", "elements": []m{{"media_type": "image", "attachment_id": id(b)}}})))
		}, ""},
		{"uploaded with a message", func(b *bench) graphReply {
			first := b.must(to(b.zoe, file("image", m{"url": address, "is_reusable": true})))
			return b.send(to(b.zoe, file("image", m{"attachment_id": first.body["attachment_id"]})))
		}, ""},
		{"on the last of ninety days", func(b *bench) graphReply {
			name := id(b)
			b.pass(90*24*time.Hour - time.Second)
			b.write("hi")
			return b.send(to(b.zoe, file("image", m{"attachment_id": name})))
		}, ""},
		{"after ninety days", func(b *bench) graphReply {
			name := id(b)
			b.pass(90 * 24 * time.Hour)
			b.write("hi")
			return b.send(to(b.zoe, file("image", m{"attachment_id": name})))
		}, "100/2018074"},
		{"an id nobody gave", func(b *bench) graphReply {
			return b.send(to(b.zoe, file("image", m{"attachment_id": "5"})))
		}, "100/2018074"},
		{"as another type", func(b *bench) graphReply {
			return b.send(to(b.zoe, file("video", m{"attachment_id": id(b)})))
		}, "100/2018074"},
		{"lost by the platform", func(b *bench) graphReply {
			name := id(b)
			b.fault(`{"fault":"lose_files"}`)
			return b.send(to(b.zoe, file("image", m{"attachment_id": name})))
		}, "100/2018074"},
		{"by both", func(b *bench) graphReply {
			return b.send(to(b.zoe, file("image", m{"attachment_id": id(b), "url": address})))
		}, "100"},
		{"an upload for one message", func(b *bench) graphReply {
			return upload(b, file("image", m{"url": address}))
		}, "100"},
		{"an upload of a template", func(b *bench) graphReply {
			return upload(b, template(m{"template_type": "button", "text": "x", "buttons": []m{{"type": "postback", "title": "x", "payload": "x"}}}))
		}, "100"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, nil)
			b.write("hi")
			if got := c.play(b); got.code() != c.code {
				t.Errorf("code %q (%s), want %q", got.code(), got.Error.Message, c.code)
			}
			if c.code != "" {
				return
			}
			chat := b.Chat(b.zoe)
			if last := chat[len(chat)-1]; last.URL != address || last.From != FromPage {
				t.Errorf("shown %+v", last)
			}
		})
	}
}

// TestUploadsOutliveTheProcess: and so does their loss.
func TestUploadsOutliveTheProcess(t *testing.T) {
	t.Parallel()
	state := filepath.Join(t.TempDir(), "state.json")
	begin := func() *bench { return newBench(t, func(c *Config) { c.State = state }) }
	b := begin()
	b.write("hi")
	picture := b.must(to(b.zoe, file("image", m{"url": "https://foulee.example/a.png", "is_reusable": true}))).body["attachment_id"]
	again := begin()
	again.must(to(again.zoe, file("image", m{"attachment_id": picture})))
	again.LoseFiles()
	last := begin()
	if got := last.send(to(last.zoe, file("image", m{"attachment_id": picture}))); got.code() != "100/2018074" {
		t.Errorf("code %q", got.code())
	}
}
