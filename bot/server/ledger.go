package server

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/relance-bot/relance/bot"
)

// Ledger is the proof of consents.
type Ledger interface {
	// VerifyLedger looks whether anything was altered; noted are marks of its pages, nil
	// for none.
	VerifyLedger(ctx context.Context, noted map[string][]bot.Mark) ([]bot.Chain, error)
	// ExportLedger writes it as JSON lines, which name nobody.
	ExportLedger(ctx context.Context, w io.Writer) error
}

const ledgerTimeout = 10 * time.Minute // all of it is read

// verify is POST /v1/consent/verify.
func (s *Server) verify(c *fiber.Ctx) error {
	body, err := rawBody(c.Context())
	if err != nil {
		return err
	}
	var noted map[string][]bot.Mark
	if len(body) > 0 && json.Unmarshal(body, &noted) != nil {
		return refuse(http.StatusBadRequest, "bad_json", `the body is none, or the marks of each Page: {"messenger:100": [{"seq": 12, "hash": "…"}]}`)
	}
	ctx, cancel := context.WithTimeout(c.UserContext(), ledgerTimeout)
	defer cancel()
	chains, err := s.bot.VerifyLedger(ctx, noted)
	if err != nil {
		return unavailable(err)
	}
	return answer(c, http.StatusOK, chains)
}

// ledger is GET /v1/consent/export. It cuts the connection if it cannot go on: half a
// ledger must not look whole.
func (s *Server) ledger(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), ledgerTimeout)
	defer cancel()
	w.Header().Set("Content-Type", "application/jsonl; charset=utf-8")
	if err := s.bot.ExportLedger(ctx, w); err != nil {
		s.log.Error("the ledger could not be handed out", "error", err)
		panic(http.ErrAbortHandler)
	}
}
