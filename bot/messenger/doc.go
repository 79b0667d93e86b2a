// Package messenger is the channel of Facebook Pages: it turns signed webhook
// bodies into bot.Events, and messages into requests to the Send API.
//
//	request ─ Verify (signature.go) ─ Parse (parse.go) ─ one event_*.go per family ─► []bot.Event
//	bot.Delivery ─ Send (send.go), SendBatch (batch.go) ─ wire form (message.go) ─ graph.go ─► reply ─ errors.go ─► bot.Outcome
//
// Requests go over connections of our own (graph.go, line.go, dial.go); scan.go and
// value.go read JSON in place. The channel keeps nothing else, and reads no clock but
// that of its connections. What the platform allows outside the
// 24-hour window stands in one file per lane (lane_recurring.go) and, where law
// differs by place, in region.go. All that is known about refusals is the table
// in errors.go.
//
// Facts about the platform are those of Meta's developer pages as of autumn 2026,
// Graph API v25.0. Where its pages contradict each other the comment says which
// reading was taken.
package messenger
