// Package instagram is the channel of an Instagram account: what differs from Messenger,
// over that package's client and reading of the wire format.
//
//	webhook, object "instagram" ─► Verify ─► Parse ─► the events of package messenger
//	Send ─► refusal (refuse.go) ─► graph.instagram.com/ACCOUNT/messages, or
//	                               graph.facebook.com/PAGE/messages of the Page it is linked to
//
// Outside the 24 hours after a person's last act an account may write to nobody, by any
// lane; recurring notifications were there from May 2022 to February 2026 (lane.go).
//
// Facts are from Meta's pages on the Instagram Platform (messaging, webhooks, changelog) as
// of September 2026.
package instagram
