package bot

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/relance-bot/relance/flows"
)

// This file writes the body of a letter as encoding/json does, to the byte: a test holds
// them together. One is written for each message, and reflection over its thirty fields,
// most of them empty, would cost more than to decide it.

// seal writes the body of a letter where the outbox keeps it.
func (l *letter) seal() error { return l.sealWith(&l.body.Message) }

// sealRest is seal for a notification that its sender gets at once: what it says is not
// kept, since after a crash nobody sends it again. If it is to be sent later it is sealed
// whole.
func (l *letter) sealRest() error {
	return l.sealWith(&flows.Message{Kind: l.body.Message.Kind})
}

func (l *letter) sealWith(m *flows.Message) error {
	w := sealing{b: make([]byte, 0, l.usual(m))}
	w.b = append(w.b, `{"message":`...)
	w.message(m)
	w.rest(&l.body)
	w.b = append(w.b, '}')
	if w.err != nil {
		return fmt.Errorf("message: %w", w.err)
	}
	l.Body = w.b
	return nil
}

// usual is about how many bytes a letter takes.
func (l *letter) usual(m *flows.Message) int {
	n := 160 + len(m.Text) + 96*(len(m.Buttons)+len(m.QuickReplies)) + len(l.body.Step)
	if l.Bulk {
		n += 128 + len(l.body.Token)
	}
	return n
}

// sealing is JSON as far as it is written, and what kept it from being written.
type sealing struct {
	b   []byte
	err error
}

// rest writes what stands behind the message.
func (w *sealing) rest(s *sendBody) {
	w.text(`,"language":`, s.Language)
	w.text(`,"flow":`, s.Flow)
	w.text(`,"step":`, s.Step)
	w.text(`,"request":`, s.Request)
	w.text(`,"asks":`, s.Asks)
	w.text(`,"zone":`, s.Zone)
	w.flag(`,"resent":true`, s.Resent)
	w.text(`,"control":`, string(s.Control))
	w.text(`,"note":`, s.Note)
	w.flag(`,"farewell":true`, s.Farewell)
	w.flag(`,"trial":true`, s.Trial)
	w.text(`,"comment":`, s.Comment)
	w.instant(`,"expires":`, s.Expires)
	w.text(`,"trigger":`, s.Trigger)
	w.texts(`,"campaigns":[`, s.Campaigns)
	w.text(`,"token":`, s.Token)
	w.texts(`,"closed":[`, s.Closed)
	if len(s.Ends) > 0 {
		w.any(`,"ends":`, s.Ends)
	}
	w.instant(`,"decided_at":`, s.DecidedAt)
	w.instant(`,"last_was":`, s.LastWas)
	w.number(`,"carrier_was":`, s.CarrierWas)
	w.instant(`,"permit_was":`, s.PermitWas)
	w.flag(`,"doubt":true`, s.Doubt)
}

// message writes texts and what is tapped under them; the rarer parts are left to
// encoding/json.
func (w *sealing) message(m *flows.Message) {
	w.always(`{"kind":`, string(m.Kind))
	w.text(`,"text":`, m.Text)
	w.text(`,"url":`, m.URL)
	w.flag(`,"fixed":true`, m.Fixed)
	w.text(`,"media":`, string(m.Media))
	if len(m.Cards) > 0 {
		w.any(`,"cards":`, m.Cards)
	}
	for i, button := range m.Buttons {
		w.item(`,"buttons":[`, i)
		w.always(`{"label":`, button.Label)
		w.text(`,"payload":`, button.Payload)
		w.text(`,"open":`, button.Open)
		w.text(`,"phone":`, button.Phone)
		w.b = append(w.b, '}')
	}
	w.end(len(m.Buttons))
	for i, reply := range m.QuickReplies {
		w.item(`,"quick_replies":[`, i)
		w.always(`{"label":`, reply.Label)
		w.always(`,"payload":`, reply.Payload)
		w.text(`,"own":`, reply.Own)
		w.b = append(w.b, '}')
	}
	w.end(len(m.QuickReplies))
	if m.OptIn != nil {
		w.any(`,"opt_in":`, m.OptIn)
	}
	if m.Receipt != nil {
		w.any(`,"receipt":`, m.Receipt)
	}
	if m.Coupon != nil {
		w.any(`,"coupon":`, m.Coupon)
	}
	if m.Template != nil {
		w.any(`,"template":`, m.Template)
	}
	w.text(`,"persona":`, m.Persona)
	w.number(`,"typing":`, int64(m.Typing))
	w.b = append(w.b, '}')
}

// any lets encoding/json write a value.
func (w *sealing) any(key string, v any) {
	raw, err := json.Marshal(v)
	if err != nil && w.err == nil {
		w.err = err
	}
	w.b = append(append(w.b, key...), raw...)
}

// text writes a text that is not empty.
func (w *sealing) text(key, s string) {
	if s != "" {
		w.always(key, s)
	}
}

// always writes a text, also an empty one.
func (w *sealing) always(key, s string) {
	w.b = append(w.b, key...)
	w.quote(s)
}

// quote writes a text. encoding/json escapes what HTML and JavaScript would misread, too,
// and writes U+FFFD for what is not UTF-8.
func (w *sealing) quote(s string) {
	const hex = "0123456789abcdef"
	b, done := append(w.b, '"'), 0 // s is written up to done
	for i := 0; i < len(s); {
		c := s[i]
		if bare[c] {
			i++
			continue
		}
		if c >= utf8.RuneSelf {
			r, size := utf8.DecodeRuneInString(s[i:])
			switch {
			case r == utf8.RuneError && size == 1:
				b, done = append(append(b, s[done:i]...), `\ufffd`...), i+1
			case r == '\u2028' || r == '\u2029':
				b, done = append(append(b, s[done:i]...), '\\', 'u', '2', '0', '2', hex[r&15]), i+size
			}
			i += size
			continue
		}
		i++
		b = append(b, s[done:i-1]...)
		done = i
		if c == '"' || c == '\\' { // payloads are full of them
			b = append(b, '\\', c)
			continue
		}
		if at := strings.IndexByte("\b\f\n\r\t", c); at >= 0 {
			b = append(b, '\\', `bfnrt`[at])
			continue
		}
		b = append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
	}
	w.b = append(append(b, s[done:]...), '"')
}

// bare are the bytes that encoding/json writes as they are.
var bare = func() (is [256]bool) {
	for c := ' '; c < utf8.RuneSelf; c++ {
		is[c] = !strings.ContainsRune(`"\\<>&`, c)
	}
	return is
}()

// texts writes a list that is not empty.
func (w *sealing) texts(key string, list []string) {
	for i, s := range list {
		w.item(key, i)
		w.quote(s)
	}
	w.end(len(list))
}

// item opens a list before its first item, and parts the others.
func (w *sealing) item(key string, i int) {
	if i > 0 {
		key = ","
	}
	w.b = append(w.b, key...)
}

// end closes a list of so many items; an empty one was never opened.
func (w *sealing) end(n int) {
	if n > 0 {
		w.b = append(w.b, ']')
	}
}

func (w *sealing) flag(member string, is bool) {
	if is {
		w.b = append(w.b, member...)
	}
}

func (w *sealing) number(key string, n int64) {
	if n != 0 {
		w.b = strconv.AppendInt(append(w.b, key...), n, 10)
	}
}

// instant writes a time that is not zero.
func (w *sealing) instant(key string, t time.Time) {
	if !t.IsZero() {
		w.stamp(key, t)
	}
}

// stamp writes a time, also the zero one.
func (w *sealing) stamp(key string, t time.Time) {
	b, err := t.AppendText(append(append(w.b, key...), '"'))
	if err != nil && w.err == nil {
		w.err = err
	}
	w.b = append(b, '"')
}
