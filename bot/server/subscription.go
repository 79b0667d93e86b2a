package server

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/gofiber/fiber/v2"

	"github.com/relance-bot/relance/bot"
)

// Importer takes over subscriptions that people gave elsewhere.
type Importer interface {
	// ImportRows judges each row for itself; with dry nothing is stored.
	ImportRows(ctx context.Context, rows []bot.ImportRow, dry bool) ([]bot.ImportResult, error)
}

// maxImportDepth is how deep lists and objects may stand in one another in a row.
const maxImportDepth = 8

// subscriptions is POST /v1/subscriptions: at most 1,000 rows, each judged for itself.
func (s *Server) subscriptions(c *fiber.Ctx) error {
	dry := false
	for name, value := range c.Queries() { // a misspelt one would store what was to be tried
		if name != "dry_run" || value != "true" && value != "false" {
			return refuse(http.StatusBadRequest, "bad_query", "the query may hold dry_run=true or dry_run=false, and nothing else")
		}
		dry = value == "true"
	}
	body, err := rawBody(c.Context())
	if err != nil {
		return err
	}
	rows, wrong, at, err := readSubscriptions(body)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(c.UserContext(), storeTimeout)
	defer cancel()
	got, err := s.bot.ImportRows(ctx, rows, dry)
	if err != nil {
		return unavailable(err)
	}
	answered := subscriptionsTaken{Results: make([]bot.ImportResult, len(wrong))}
	for i, why := range wrong {
		if why != "" {
			answered.Results[i] = bot.ImportResult{Result: bot.ImportRefused, Reason: why}
		}
	}
	for i, result := range got {
		answered.Results[at[i]] = result
	}
	return answer(c, http.StatusOK, answered)
}

type subscriptionsTaken struct {
	Results []bot.ImportResult `json:"results"` // one for each row, in their order
}

// readSubscriptions reads a list of rows, or one. wrong says of each why it cannot be
// read, if it cannot; at is where each of rows stands in the list.
func readSubscriptions(body []byte) (rows []bot.ImportRow, wrong []string, at []int, err error) {
	notJSON := refuse(http.StatusBadRequest, "bad_json", "the body is not JSON")
	if !utf8.Valid(body) {
		return nil, nil, nil, notJSON
	}
	if _, deep := tooDeep(body); deep || !json.Valid(body) {
		return nil, nil, nil, notJSON
	}
	items := []json.RawMessage{body}
	if bytes.TrimLeft(body, " \t\r\n")[0] == '[' {
		if err := json.Unmarshal(body, &items); err != nil {
			return nil, nil, nil, notJSON
		}
	}
	if len(items) > maxEvents {
		return nil, nil, nil, refuse(http.StatusUnprocessableEntity, "too_many", fmt.Sprintf("a list holds at most %d subscriptions", maxEvents))
	}
	wrong = make([]string, len(items))
	for i, item := range items {
		row, err := ReadSubscription(item)
		if err != nil {
			wrong[i] = err.Error()
			continue
		}
		rows, at = append(rows, row), append(at, i)
	}
	return rows, wrong, at, nil
}

// ReadSubscription reads one row of an import from JSON. Whatever it does not know is an
// error: a misspelt "permit" would be a subscription without one.
func ReadSubscription(raw []byte) (row bot.ImportRow, err error) {
	if _, deep := tooDeepBy(raw, maxImportDepth); deep {
		return row, fmt.Errorf("lists and objects stand more than %d deep in one another", maxImportDepth)
	}
	if text := bytes.TrimSpace(raw); len(text) == 0 || text[0] != '{' {
		return row, errors.New("a subscription is an object with contact, topic, cadence, consented_at, wording and source")
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	d.UseNumber() // an article's number keeps its digits
	err = d.Decode(&row)
	if err == nil {
		err = plainInterests(row.Interests)
	}
	if err == nil {
		if _, more := d.Token(); !errors.Is(more, io.EOF) {
			err = errors.New("more stands behind it")
		}
	}
	return row, plainly(err)
}

// ReadInterests reads the interests of a row from JSON.
func ReadInterests(raw []byte) (interests []map[string]any, err error) {
	if !json.Valid(raw) { // of more than one value, too
		return nil, errors.New("it is not JSON")
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if err := d.Decode(&interests); err != nil {
		return nil, err
	}
	return interests, plainInterests(interests)
}

// errNumber says that a number is beyond what can be kept.
var errNumber = errors.New("interests hold a number that is too large")

// plainInterests brings the numbers of interests to the form that events have.
func plainInterests(interests []map[string]any) error {
	for _, about := range interests {
		if _, err := bot.PlainNumbers(about); err != nil {
			return errNumber
		}
	}
	return nil
}

// plainly puts an error of the JSON decoder in words that quote no value.
func plainly(err error) error {
	var kind *json.UnmarshalTypeError
	var syntax *json.SyntaxError
	switch {
	case err == nil, errors.Is(err, errNumber):
		return err
	case errors.As(err, &kind):
		return fmt.Errorf("%s must not be a %s", kind.Field, strings.Fields(kind.Value + " value")[0])
	case errors.As(err, &syntax), errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("it is not JSON")
	}
	if name, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		return fmt.Errorf("unknown key %s", clip(name))
	}
	if strings.Contains(err.Error(), "parsing time") || strings.Contains(err.Error(), "Time.UnmarshalJSON") {
		return errors.New("a time must be written as 2026-03-30T09:00:00+02:00")
	}
	return errors.New("it cannot be read")
}
