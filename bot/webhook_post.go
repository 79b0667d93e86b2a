package bot

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/relance-bot/relance/flows"
	"github.com/relance-bot/relance/storage"
)

// postNotice tells a target once, and stores what came of it. An error is the store's: the
// notice is told again when its lease is over.
func (b *Bot) postNotice(ctx context.Context, p posting) error {
	if b.clock.Now().Add(noticeTimeout).After(p.until) {
		return nil // it waited too long: its lease may be another's soon
	}
	h, ok := webhook(b.Program(), p.target)
	if !ok {
		return nil
	}
	var n webhookBody
	if err := json.Unmarshal(p.Body, &n); err != nil {
		return err
	}
	if known, err := b.stillToTell(ctx, p); err != nil || !known {
		return err
	}
	result := b.postOnce(ctx, h, n.ID, p.Body)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	b.told(p.target, result)
	if result == "unreachable" || result == "failed" {
		b.notices.setRest(p.target, b.clock.Now().Add(targetRest))
	}
	if result != "delivered" {
		b.log.Warn("a webhook did not take what it was told", "webhook", p.target, "kind", n.Kind, "id", n.ID, "result", result)
	}
	return b.write(ctx, func(tx *txn) error {
		timers, err := tx.Timers(p.Contact)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(timers, p.is)
		switch {
		case i < 0:
			return nil // the person was forgotten
		case result == "delivered":
			return b.nextNotice(tx, timers[i], p.target)
		}
		timers[i].At = tx.now.Add(b.noticePause(timers[i], tx.now.Sub(placed(p.Key))))
		return tx.PutTimer(timers[i])
	}, storage.Need{Contacts: []string{p.Contact}})
}

// stillToTell says whether a notice that stood in the line is stored yet: who was forgotten
// meanwhile is told of no more.
func (b *Bot) stillToTell(ctx context.Context, p posting) (still bool, err error) {
	err = b.store.Read(ctx, func(r storage.Reader) error {
		timers, err := r.Timers(p.Contact)
		still = slices.ContainsFunc(timers, p.is)
		return err
	})
	return still, err
}

// is says whether a timer is the one of the notice.
func (p *posting) is(timer storage.Timer) bool { return timer.Kind == p.Kind && timer.Key == p.Key }

// postOnce is one request. What it says is a label: delivered, refused (any status but
// 2xx), failed (5xx, 408, 425, 429), unreachable, unsigned.
func (b *Bot) postOnce(ctx context.Context, h flows.Webhook, id string, body []byte) string {
	secret := strings.TrimSpace(b.endpoints.secret(h.Secret))
	if secret == "" {
		return "unsigned"
	}
	ctx, cancel := context.WithTimeout(ctx, noticeTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, h.URL, bytes.NewReader(body))
	if err != nil {
		return "unreachable"
	}
	at := strconv.FormatInt(b.clock.Now().Unix(), 10)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "Relance")
	req.Header.Set("Relance-Webhook-Id", id)
	req.Header.Set("Relance-Signature", "t="+at+",v1="+signNotice(secret, at, body))
	client := *b.endpoints.guarded
	if h.AllowPrivate || b.endpoints.private {
		client = *b.endpoints.open
	}
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	res, err := client.Do(req)
	if err != nil {
		return "unreachable"
	}
	defer res.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, 4<<10)) // so that the connection serves again
	switch code := res.StatusCode; {
	case code >= 200 && code < 300:
		return "delivered"
	case code >= 500, code == http.StatusRequestTimeout, code == http.StatusTooEarly, code == http.StatusTooManyRequests:
		return "failed"
	}
	return "refused"
}

// signNotice is the hex HMAC-SHA256 of the time, a dot and the body.
func signNotice(secret, at string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(at + "."))
	mac.Write(body)
	return hex.EncodeToString(mac.Sum(nil))
}

// told counts a try, if the observer wants to know.
func (b *Bot) told(target, result string) {
	if o, ok := b.observer.(WebhookObserver); ok {
		o.WebhookOut(target, result)
	}
}

// tellConsent tells of a consent that began or ended.
func (t *turn) tellConsent(topic, was string, next Consent, ch Change) error {
	n := webhookBody{Time: ch.At, Topic: topic, Source: ch.Source, Flow: ch.Flow}
	switch before := was == StatusActive || was == StatusSnoozed; {
	case ch.Source == SourceImport:
		return nil // the shop has just said so itself
	case !before && next.Status == StatusActive:
		n.Kind, n.Cadence, n.About = "opt_in", next.Cadence, next.Interests
	case before && next.Status == StatusStopped:
		n.Kind = "opt_out"
	default:
		return nil
	}
	return t.tx.tell(n, t.contact.ID)
}

// tellSent tells of notifications that the platform has.
func (x *txn) tellSent(l *letter, d *storage.Decision) error {
	return x.tell(webhookBody{Kind: "sent", Time: x.now, Topic: d.Topic, Flow: d.Flow, Event: d.Occurrence, Lane: l.Lane}, l.Contact)
}

// WebhookObserver is an Observer that counts outgoing webhooks too.
type WebhookObserver interface {
	Observer
	// WebhookOut is one try to tell a target. result is delivered, refused, failed,
	// unreachable, unsigned or dropped.
	WebhookOut(target, result string)
}
