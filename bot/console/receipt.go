package console

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"io"
	"strings"
	"sync"

	"github.com/relance-bot/relance/bot"
)

//go:embed receipt.html
var receiptText string

// receiptPage is read when the first is asked for: most processes write none.
var receiptPage = sync.OnceValue(func() *template.Template { return template.Must(template.New("receipt").Parse(receiptText)) })

// WriteReceipt writes a receipt as a page that needs nothing else: to print, or to send.
func WriteReceipt(w io.Writer, r bot.Receipt) error { return receiptPage().Execute(w, r) }

// receiptPolicy lets that page wear the style it brings.
var receiptPolicy = func() string {
	_, style, _ := strings.Cut(receiptText, "<style>")
	style, _, _ = strings.Cut(style, "</style>")
	sum := sha256.Sum256([]byte(style))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
}()
