package server

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/relance-bot/relance/bot"
)

// readEvents reads the body of POST /v1/events: one event, or a list. The problem
// it returns names the event at fault.
func readEvents(body []byte) ([]bot.ShopEvent, error) {
	notJSON := refuse(http.StatusBadRequest, "bad_json", "the body is not JSON")
	if !utf8.Valid(body) {
		return nil, notJSON
	}
	if index, deep := tooDeep(body); deep {
		return nil, badEvent(index, "", fmt.Sprintf("lists and objects stand more than %d deep in one another", maxEventDepth))
	}
	if !json.Valid(body) {
		return nil, notJSON
	}
	items := []json.RawMessage{body}
	if bytes.TrimLeft(body, " \t\r\n")[0] == '[' {
		if err := json.Unmarshal(body, &items); err != nil {
			return nil, notJSON
		}
	}
	if len(items) > maxEvents {
		return nil, badEvent(maxEvents, "", fmt.Sprintf("a list holds at most %d events", maxEvents))
	}
	events := make([]bot.ShopEvent, len(items))
	for i, item := range items {
		e, err := readEvent(item)
		if err != nil {
			return nil, badEvent(i, e.ID, err.Error())
		}
		events[i] = e
	}
	return events, nil
}

// tooDeep finds the first event whose lists and objects stand too deep in one
// another. The body need not be JSON.
func tooDeep(body []byte) (index int, deep bool) { return tooDeepBy(body, maxEventDepth) }

func tooDeepBy(body []byte, most int) (index int, deep bool) {
	depth, outer, quoted := 0, 0, false
	for i := 0; i < len(body); i++ {
		switch b := body[i]; {
		case quoted && b == '\\':
			i++
		case b == '"':
			quoted = !quoted
		case quoted:
		case b == '[' && depth == 0:
			depth, outer = 1, 1
		case b == '[' || b == '{':
			if depth++; depth-outer > most {
				return index, true
			}
		case b == ']' || b == '}':
			depth--
		case b == ',' && depth == 1 && outer == 1:
			index++
		}
	}
	return 0, false
}

// readEvent reads one event. Whatever it does not know is an error: a misspelt
// "contact" would reach everybody. With an error it returns the id, if it got so far.
func readEvent(raw json.RawMessage) (e bot.ShopEvent, err error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(raw, &fields); err != nil || fields == nil {
		return e, errors.New("an event is an object with id, name, data and perhaps contact")
	}
	id, bad := word(fields["id"], maxEventID)
	e.ID = id
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		switch name {
		case "id", "name", "data", "contact":
		default:
			return e, fmt.Errorf("unknown key %q; an event has id, name, data and contact", clip(name))
		}
	}
	if bad != nil {
		return e, fmt.Errorf("id %w", bad)
	}
	if e.Name, err = word(fields["name"], maxEventName); err != nil {
		return e, fmt.Errorf("name %w", err)
	}
	if contact, ok := fields["contact"]; ok {
		if e.Contact, err = word(contact, maxQueryID); err != nil {
			return e, fmt.Errorf("contact %w; leave it out to reach everybody the event concerns", err)
		}
	}
	e.Data, err = eventData(fields["data"])
	return e, err
}

// word reads a string that is printable and of 1 to limit characters.
func word(raw json.RawMessage, limit int) (string, error) {
	if raw == nil {
		return "", errors.New("is missing")
	}
	var text *string
	if err := json.Unmarshal(raw, &text); err != nil || text == nil {
		return "", errors.New("must be a string")
	}
	if n := utf8.RuneCountInString(*text); n < 1 || n > limit {
		return "", fmt.Errorf("must have 1 to %d characters", limit)
	}
	if strings.ContainsFunc(*text, unicode.IsControl) {
		return "", errors.New("must not hold control characters")
	}
	return *text, nil
}

func eventData(raw json.RawMessage) (map[string]any, error) {
	if len(raw) > maxEventData {
		return nil, fmt.Errorf("data is larger than %d KiB", maxEventData>>10)
	}
	data := map[string]any{}
	if len(raw) == 0 || string(raw) == "null" {
		return data, nil
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if err := d.Decode(&data); err != nil {
		return nil, errors.New("data must be an object")
	}
	for name, v := range data {
		value, err := bot.PlainNumbers(v)
		if err != nil {
			return nil, fmt.Errorf("data: %s %w", clip(name), err)
		}
		data[name] = value
	}
	return data, nil
}

// clip shortens what a message quotes.
func clip(text string) string {
	if runes := []rune(text); len(runes) > maxReportedID {
		return string(runes[:maxReportedID]) + "…"
	}
	return text
}
