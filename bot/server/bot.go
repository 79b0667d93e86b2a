package server

import (
	"context"
	"net/http"
	"time"

	"github.com/relance-bot/relance/bot"
)

// Bot is what the server needs of a bot.
type Bot interface {
	Inbox
	Contacts
	Importer
	Figures
	Campaigns
	Ledger
	Condition
	// Now is the time on the bot's clock.
	Now() time.Time
	// About says which bot it is.
	About() bot.About
}

// Inbox takes what happens, and returns when it is stored.
type Inbox interface {
	// Receive takes one webhook request: bot.ErrSignature, bot.ErrBody, or any other
	// error if it is not stored. It keeps nothing of the header.
	Receive(ctx context.Context, channel string, header http.Header, body []byte) error
	// Events takes events of the shop, all or none. A *bot.EventError names the one
	// at fault.
	Events(ctx context.Context, events []bot.ShopEvent) (accepted, duplicates int, err error)
}

// Contacts tells what is known about people. bot.ErrUnknownContact if there is
// nobody by an id.
type Contacts interface {
	Contact(ctx context.Context, id string) (bot.ContactView, error)
	// Contacts lists people in order of id, after one.
	Contacts(ctx context.Context, after string, limit int) ([]bot.ContactView, error)
	Export(ctx context.Context, id string) (bot.Export, error)
	Forget(ctx context.Context, id string) error
	// Withdraw ends consents. An error that wraps bot.ErrWithdrawal has words for the caller.
	Withdraw(ctx context.Context, id string, w bot.Withdrawal) ([]bot.ConsentView, error)
	// Decisions are newest first; an empty filter does not filter.
	Decisions(ctx context.Context, contact, flow string, limit int) ([]bot.DecisionView, error)
	// Why is Decisions of one person, with what kept them out of an audience.
	Why(ctx context.Context, id, flow string) ([]bot.DecisionView, error)
	Receipt(ctx context.Context, id string) (bot.Receipt, error)
}

var _ Bot = (*bot.Bot)(nil)
