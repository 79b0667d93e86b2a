package lives

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"time"
)

// The wire between bot and platform, read for a third time: neither by the bot's eyes
// nor by the emulator's.

// conn is a connection to the platform in memory that puts what it carries on the tape.
type conn struct {
	l       *life
	in, out bytes.Buffer
	reader  *bufio.Reader
	cut     bool
}

// dial connects the bot to the platform.
func (l *life) dial(context.Context, string, string) (net.Conn, error) {
	c := &conn{l: l}
	c.reader = bufio.NewReader(&c.in)
	return c, nil
}

func reset() error { return &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET} }

func (c *conn) Write(b []byte) (int, error) {
	if c.cut {
		return 0, reset()
	}
	return c.in.Write(b)
}

func (c *conn) Read(b []byte) (int, error) {
	if c.out.Len() == 0 {
		if err := c.serve(); err != nil {
			c.cut = true
			return 0, err
		}
	}
	return c.out.Read(b)
}

func (c *conn) serve() error {
	if c.cut {
		return reset()
	}
	r, err := http.ReadRequest(c.reader)
	if err != nil {
		return err
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	at := len(c.l.tape.lines)
	answer, err := c.l.platform.RoundTripper().RoundTrip(r)
	if err != nil {
		c.l.calls(at, r, body, nil)
		return err
	}
	defer answer.Body.Close()
	said, err := io.ReadAll(answer.Body)
	if err != nil {
		return err
	}
	c.l.calls(at, r, body, said)
	answer.Body = io.NopCloser(bytes.NewReader(said))
	return answer.Write(&c.out)
}

func (c *conn) Close() error {
	c.cut = true
	return nil
}

func (*conn) LocalAddr() net.Addr              { return &net.TCPAddr{} }
func (*conn) RemoteAddr() net.Addr             { return &net.TCPAddr{} }
func (*conn) SetDeadline(time.Time) error      { return nil }
func (*conn) SetReadDeadline(time.Time) error  { return nil }
func (*conn) SetWriteDeadline(time.Time) error { return nil }

// sending is the body of a call of the Send API.
type sending struct {
	Recipient struct {
		ID    string `json:"id"`
		Token string `json:"notification_messages_token"`
	} `json:"recipient"`
	Message *struct {
		Text         string `json:"text"`
		Metadata     string `json:"metadata"`
		QuickReplies []struct {
			Title string `json:"title"`
		} `json:"quick_replies"`
		Attachment *struct {
			Payload struct {
				Type    string `json:"template_type"`
				Text    string `json:"text"`
				Title   string `json:"title"`
				Payload string `json:"payload"`
				Often   string `json:"notification_messages_frequency"`
				Buttons []struct {
					Title string `json:"title"`
				} `json:"buttons"`
			} `json:"payload"`
		} `json:"attachment"`
	} `json:"message"`
}

// saying is the answer to one.
type saying struct {
	MID   string `json:"message_id"`
	Error struct {
		Code    int `json:"code"`
		Subcode int `json:"error_subcode"`
	} `json:"error"`
}

// calls puts the messages of one request on the tape. said is nil if there was no answer.
func (l *life) calls(_ int, r *http.Request, body, said []byte) {
	if r.Method != http.MethodPost {
		return
	}
	if strings.HasSuffix(r.URL.Path, "/messages") {
		l.call(body, said)
		return
	}
	for end, n := range map[string]note{"/pass_thread_control": passed, "/take_thread_control": took} {
		if strings.HasSuffix(r.URL.Path, end) {
			l.controls(n, body, said)
			return
		}
	}
	form, err := url.ParseQuery(string(body))
	if err != nil || form.Get("batch") == "" {
		return
	}
	var batch []struct {
		Body string `json:"body"`
	}
	if err := json.Unmarshal([]byte(form.Get("batch")), &batch); err != nil {
		l.t.Fatalf("a batch that nobody can read: %v", err)
	}
	var answers []*struct {
		Body string `json:"body"`
	}
	whole := json.Unmarshal(said, &answers) != nil // refused as a whole
	for i, one := range batch {
		fields, err := url.ParseQuery(one.Body)
		if err != nil {
			l.t.Fatalf("a call of a batch that nobody can read: %v", err)
		}
		answer := []byte(nil)
		switch {
		case whole:
			answer = said
		case i < len(answers) && answers[i] != nil:
			answer = []byte(answers[i].Body)
		}
		l.call([]byte(`{"recipient":`+fields.Get("recipient")+`,"message":`+fields.Get("message")+`}`), answer)
	}
}

// call puts one message on the tape.
func (l *life) call(body, said []byte) {
	var s sending
	if err := json.Unmarshal(body, &s); err != nil {
		l.t.Fatalf("a call that nobody can read: %v: %s", err, body)
	}
	if s.Message == nil {
		return // typing
	}
	m := &message{text: s.Message.Text, metadata: s.Message.Metadata, token: s.Recipient.Token, cut: said == nil}
	for _, q := range s.Message.QuickReplies {
		m.labels = append(m.labels, q.Title)
	}
	if a := s.Message.Attachment; a != nil {
		m.text = a.Payload.Text
		if a.Payload.Type == "notification_messages" {
			m.title, m.ask, m.often = a.Payload.Title, a.Payload.Payload, strings.ToLower(a.Payload.Often)
		}
		for _, b := range a.Payload.Buttons {
			m.labels = append(m.labels, b.Title)
		}
	}
	if said != nil {
		var answer saying
		if err := json.Unmarshal(said, &answer); err != nil {
			l.t.Fatalf("an answer that nobody can read: %v: %s", err, said)
		}
		m.mid, m.code, m.subcode = answer.MID, answer.Error.Code, answer.Error.Subcode
	}
	who := s.Recipient.ID
	if who == "" {
		who = l.tokens[m.token]
	}
	l.tape.add(line{at: l.clock.Now(), who: who, told: m})
	if p := l.byID[who]; p != nil && len(m.labels) > 0 && m.accepted() {
		p.screen = append(p.screen, m.labels...)
	}
	if p := l.fated; p != nil && p.psid == who {
		l.fated = nil
		l.forgetsOnTheWay(p)
	}
}

// hook is a webhook's body.
type hook struct {
	Entry []struct{ Messaging, Standby []happening }
}

type happening struct {
	Sender    struct{ ID string }
	Timestamp int64
	Message   *struct {
		MID    string `json:"mid"`
		IsEcho bool   `json:"is_echo"`
		Text   string `json:"text"`
	}
	Postback *struct {
		MID   string `json:"mid"`
		Title string `json:"title"`
	}
	Reaction *struct{ MID string }
	OptIn    *struct {
		Title   string `json:"title"`
		Payload string `json:"payload"`
		Token   string `json:"notification_messages_token"`
		Status  string `json:"notification_messages_status"`
	}
	Take *struct{} `json:"take_thread_control"`
	Pass *struct{} `json:"pass_thread_control"`
}

// deliver takes the platform's webhooks, and tells it what a server would answer.
func (l *life) deliver(ctx context.Context, header http.Header, body []byte) (int, error) {
	at, fresh := l.hears(body)
	if err := l.bot.Receive(ctx, "messenger", header, body); err != nil {
		return http.StatusServiceUnavailable, nil
	}
	if at >= 0 && fresh.acked < 0 {
		fresh.acked = len(l.tape.lines)
	}
	return http.StatusOK, nil
}

// hears puts what a webhook says a person did on the tape, once.
func (l *life) hears(body []byte) (int, *act) {
	if known, again := l.heard[string(body)]; again {
		return 0, known
	}
	var h hook
	if err := json.Unmarshal(body, &h); err != nil {
		l.t.Fatalf("a webhook that nobody can read: %v", err)
	}
	for _, entry := range h.Entry {
		for i, e := range append(entry.Messaging, entry.Standby...) {
			a := &act{stamp: time.UnixMilli(e.Timestamp).UTC(), acked: -1, standby: i >= len(entry.Messaging)}
			switch {
			case e.Message != nil && !e.Message.IsEcho:
				a.kind, a.text, a.mid = "message", e.Message.Text, e.Message.MID
			case e.Postback != nil:
				a.kind, a.text, a.mid = "postback", e.Postback.Title, e.Postback.MID
			case e.Take != nil:
				a.kind = "taken"
			case e.Pass != nil:
				a.kind = "given"
			case e.Reaction != nil:
				a.kind = "reaction"
			case e.OptIn != nil:
				a.kind, a.title, a.ask, a.status = "optin", e.OptIn.Title, e.OptIn.Payload, e.OptIn.Status
				l.tokens[e.OptIn.Token] = e.Sender.ID
			default:
				continue
			}
			l.heard[string(body)] = a
			return l.tape.add(line{at: l.clock.Now(), who: e.Sender.ID, act: a}), a
		}
	}
	return -1, nil
}
