package bench

import (
	"bufio"
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"net"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/valyala/fasthttp"
)

// What people send: half of them write, the other half tap.
const (
	chatty, silent = "menu", "hush"       // keywords, and for chatty the flow's name
	tapStart       = `relance:{\"go\":\"` // as it stands in JSON
	tapEnd         = `\"}`
)

// answerTimeout is how long a webhook may stay without an answer.
const answerTimeout = 20 * time.Second

// crowd shares the numbers of the messages out.
type crowd struct {
	book  *book
	next  atomic.Int64
	stamp int64
}

// poster posts webhooks on one connection. It writes requests by itself, and so
// costs a third of an HTTP client: what it does not use is left for the endpoint.
type poster struct {
	crowd   *crowd
	address string
	conn    net.Conn
	in      *bufio.Reader
	old     hash.Hash // of X-Hub-Signature, which is sent beside the newer one
	mac     hash.Hash
	sum     [sha256.Size]byte
	body    []byte
	request []byte
	answer  fasthttp.Response
}

// newCrowd connects before the first message, so that none is late for it.
func newCrowd(b *book) ([]*poster, error) {
	shared := &crowd{book: b, stamp: time.Now().UnixMilli()}
	var out []*poster
	for i := range min(connections, b.job.Messages) {
		p := &poster{crowd: shared, address: b.job.Addresses[i%len(b.job.Addresses)], old: hmac.New(sha1.New, []byte(appSecret)), mac: hmac.New(sha256.New, []byte(appSecret))}
		var err error
		if p.conn, err = net.DialTimeout("tcp", p.address, answerTimeout); err != nil {
			for _, p := range out {
				_ = p.conn.Close()
			}
			return nil, fmt.Errorf("webhooks: %w", err)
		}
		p.in = bufio.NewReader(p.conn)
		out = append(out, p)
	}
	return out, nil
}

// write posts messages until all are out. With a rate each has an instant of its
// own, and is timed from it even if no connection was free then.
func (p *poster) write(ctx context.Context) {
	defer p.conn.Close()
	b := p.crowd.book
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		n := int(p.crowd.next.Add(1) - 1)
		if n >= b.job.Messages || ctx.Err() != nil {
			return
		}
		sent := b.now()
		if b.job.Rate > 0 {
			sent = int64(float64(n) / b.job.Rate * float64(time.Second))
			timer.Reset(time.Duration(sent - b.now()))
			select {
			case <-timer.C:
			case <-ctx.Done():
				return
			}
		}
		sender := n % b.job.Senders
		p.compose(n, sender)
		b.sends(sender, sent)
		ok := p.post()
		b.acknowledged(sender, sent, ok)
		if !ok && ctx.Err() == nil && !p.reconnect() {
			return
		}
	}
}

func (p *poster) post() bool {
	if p.conn.SetDeadline(time.Now().Add(answerTimeout)) != nil {
		return false
	}
	if _, err := p.conn.Write(p.request); err != nil {
		return false
	}
	return p.answer.Read(p.in) == nil && p.answer.StatusCode() == fasthttp.StatusOK
}

// reconnect makes a connection again whose request was refused or lost.
func (p *poster) reconnect() bool {
	_ = p.conn.Close()
	conn, err := net.DialTimeout("tcp", p.address, answerTimeout)
	if err != nil {
		return false
	}
	p.conn = conn
	p.in.Reset(conn)
	return true
}

// compose writes the request of the n-th message as the platform posts it.
func (p *poster) compose(n, sender int) {
	j := &p.crowd.book.job
	at := p.crowd.stamp + int64(n)
	b := append(p.body[:0], `{"object":"page","entry":[{"id":"`+pageID+`","time":`...)
	b = strconv.AppendInt(b, at, 10)
	b = append(b, `,"messaging":[{"sender":{"id":"`...)
	b = strconv.AppendInt(b, int64(firstPerson+j.Offset+sender), 10)
	b = append(b, `"},"recipient":{"id":"`+pageID+`"},"timestamp":`...)
	b = strconv.AppendInt(b, at, 10)
	b = append(b, `,"message":{"mid":"`...)
	b = appendMID(b, uint64(at)<<24|uint64(n))
	word, flow := chatty, "menu"
	if j.Silent {
		word, flow = silent, "silent"
	}
	b = append(b, `","text":"`...)
	b = append(b, word...)
	b = append(b, '"')
	if (n+n/j.Senders)%2 == 1 {
		b = append(b, `,"quick_reply":{"payload":"`+tapStart...)
		b = append(b, flow...)
		b = append(b, tapEnd+`"}`...)
	}
	p.body = append(b, `}}]}]}`...)

	r := append(p.request[:0], "POST /webhooks/messenger HTTP/1.1\r\nHost: "...)
	r = append(r, p.address...)
	r = append(r, "\r\nUser-Agent: facebookexternalua\r\nAccept: */*\r\nContent-Type: application/json\r\nContent-Length: "...)
	r = strconv.AppendInt(r, int64(len(p.body)), 10)
	r = append(r, "\r\nX-Hub-Signature: sha1="...)
	r = p.sign(r, p.old)
	r = append(r, "\r\nX-Hub-Signature-256: sha256="...)
	r = p.sign(r, p.mac)
	r = append(r, "\r\n\r\n"...)
	p.request = append(r, p.body...)
}

func (p *poster) sign(out []byte, h hash.Hash) []byte {
	h.Reset()
	h.Write(p.body)
	return hex.AppendEncode(out, h.Sum(p.sum[:0]))
}
