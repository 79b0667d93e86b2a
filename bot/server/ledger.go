package server

import (
	"context"
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
	var noted map[string][]bot.Mark
	if len(c.BodyRaw()) > 0 {
		if err := smallBody(c, &noted); err != nil {
			return err
		}
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
