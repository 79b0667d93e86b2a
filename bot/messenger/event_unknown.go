package messenger

import (
	"bytes"
	"encoding/json"
	"slices"

	"github.com/relance-bot/relance/bot"
)

// ignored are the parts of items that are known and not acted on, with the reason
// they are kept under. The first that is there counts.
var ignored = []struct{ part, reason string }{
	{"message_edit", "message_edit"},
	{"account_linking", "account_linking"},
	{"policy_enforcement", "policy_enforcement"},
	{"policy-enforcement", "policy_enforcement"},
	{"pass_thread_control", "pass_thread_control"},
	{"take_thread_control", "take_thread_control"},
	{"request_thread_control", "request_thread_control"},
	{"app_roles", "app_roles"},
	{"messaging_feedback", "messaging_feedback"},
	{"response_feedback", "response_feedback"},
	{"order", "order"},
	{"template", "coupon"},
	{"game_play", "game_play"},
}

// ignoredFields are the fields of changes that are known and not acted on.
var ignoredFields = []string{
	"feed", "inbox_labels", "messenger_template_status_update", "message_template_status_update",
	"marketing_message_delivery_failed", "marketing_message_echoes", "marketing_message_deliveries",
	"marketing_message_reads", "marketing_message_clicks", "marketing_messages_subscriber_upload_status",
}

// fillUnknown names an item that has none of the parts we act on.
func fillUnknown(e *bot.Event, raw []byte) {
	e.Kind, e.Reason = bot.EventUnknown, "unrecognised"
	var parts map[string]json.RawMessage
	if json.Unmarshal(raw, &parts) != nil {
		return
	}
	for _, known := range ignored {
		if part, ok := parts[known.part]; ok {
			e.Reason, e.App = known.reason, threadApp(part)
			return
		}
	}
}

// threadApp is the app that a handover concerns: the new owner, or who asks.
func threadApp(part []byte) string {
	var p struct {
		New       ident `json:"new_owner_app_id"`
		Requested ident `json:"requested_owner_app_id"`
	}
	if json.Unmarshal(part, &p) != nil {
		return ""
	}
	if p.New != "" {
		return string(p.New)
	}
	return string(p.Requested)
}

// changeItem is an item of the older form: a field and its value.
type changeItem struct {
	Field string          `json:"field"`
	Value json.RawMessage `json:"value"`
}

// change turns one change into one event. Some hold the items of messaging.
func (p *parser) change(at place) {
	if p.full {
		return
	}
	var c changeItem
	if err := json.Unmarshal(at.raw, &c); err != nil {
		p.stray(at, "malformed")
		return
	}
	if slices.Contains(ignoredFields, c.Field) {
		var v struct {
			Created stamp `json:"created_time"`
		}
		if json.Unmarshal(c.Value, &v) == nil && v.Created != 0 {
			at.at = v.Created
		}
		p.stray(at, c.Field)
		return
	}
	var v struct {
		Sender    json.RawMessage `json:"sender"`
		Recipient json.RawMessage `json:"recipient"`
	}
	if bytes.HasPrefix(c.Value, []byte{'{'}) && json.Unmarshal(c.Value, &v) == nil && (v.Sender != nil || v.Recipient != nil) {
		at.raw, at.standby = c.Value, c.Field == "standby"
		p.item(at)
		return
	}
	p.stray(at, "change")
}

// stray keeps something that is no item, or none we could read.
func (p *parser) stray(at place, reason string) {
	e := bot.Event{Kind: bot.EventUnknown, Page: at.page, At: at.at.or(p.now), Reason: reason, Body: at.raw}
	e.Key = hashKey(e.Kind, []byte(at.page), at.at.bytes(), at.raw)
	p.add(e)
}
