package cmd

import (
	"errors"
	"net/url"
	"slices"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/bot/instagram"
	"github.com/relance-bot/relance/bot/messenger"
	"github.com/relance-bot/relance/bot/server"
	"github.com/relance-bot/relance/flows"
)

// emulatorKeys are the credentials of the emulated Page. They protect nothing.
const (
	emulatorPage   = "1000000000000001"
	emulatorToken  = "emulated-page-access-token"
	emulatorSecret = "emulated-app-secret"
	emulatorVerify = "emulated-verify-token"
)

// The types of channels.
const (
	typeMessenger = "messenger"
	typeInstagram = "instagram"
)

// channelsOf are the channels of a bot; one that names none talks on a Page.
func channelsOf(program *flows.Program) []flows.Channel {
	if len(program.Bot.Channels) == 0 {
		return []flows.Channel{{Name: typeMessenger, Type: typeMessenger}}
	}
	return program.Bot.Channels
}

// messengerChannel is the first Page of a bot, by its name in bot.yaml; the zero Channel
// if it has none there.
func messengerChannel(program *flows.Program) (c flows.Channel) {
	if i := slices.IndexFunc(program.Bot.Channels, func(c flows.Channel) bool { return c.Type == typeMessenger }); i >= 0 {
		c = program.Bot.Channels[i]
	}
	return c
}

// newMessenger is the channel of a Page, with the lanes that bot.yaml gives it. c
// holds what is neither the Page's nor the bot's.
func newMessenger(program *flows.Program, acc account, c messenger.Config) (*messenger.Channel, error) {
	of := acc.Channel
	c.PageID, c.GraphURL, c.Region, c.Lanes = acc.PageID, acc.GraphURL, regionOf(program, of), of.Notifications
	c.AdAccount, c.Campaign, c.AdToken, c.Price, c.Currency = acc.AdAccount, acc.Campaign, messenger.Secret(acc.AdToken), acc.Price, acc.Currency
	c.AccessToken, c.AppSecret, c.VerifyToken = messenger.Secret(acc.AccessToken), messenger.Secret(acc.AppSecret), messenger.Secret(acc.VerifyToken)
	return messenger.New(c)
}

// regionOf is where a channel's Page is.
func regionOf(program *flows.Program, c flows.Channel) string {
	if c.Region != "" {
		return c.Region
	}
	return program.Bot.Region
}

// hooked is a channel that takes webhooks, and can be set up.
type hooked interface {
	bot.Channel
	settable
	Handshake(query url.Values) (challenge string, err error)
	// SetAccessToken replaces a dead token by a good one.
	SetAccessToken(token messenger.Secret) error
}

// newChannel is a channel of any type. c holds how it reaches its platform.
func newChannel(program *flows.Program, acc account, c messenger.Config) (hooked, error) {
	if acc.Channel.Type != typeInstagram {
		return newMessenger(program, acc, c)
	}
	return instagram.New(instagram.Config{
		AccountID: acc.PageID, PageID: acc.LinkedPageID, Recurring: acc.Recurring,
		AccessToken: messenger.Secret(acc.AccessToken), AppSecret: messenger.Secret(acc.AppSecret), VerifyToken: messenger.Secret(acc.VerifyToken),
		GraphURL: acc.GraphURL, Lanes: acc.Channel.Notifications, Region: regionOf(program, acc.Channel), Dial: c.Dial, Pause: c.Pause,
	})
}

// lines are the channels of a bot, and what each has for itself.
type lines struct {
	hooked   []hooked
	accounts map[string]bot.Account // by CHANNEL:PAGE
}

// open adds the channel of an account.
func (l *lines) open(program *flows.Program, acc account, c messenger.Config) error {
	ch, err := newChannel(program, acc, c)
	if err != nil {
		return err
	}
	l.hooked = append(l.hooked, ch)
	if l.accounts == nil {
		l.accounts = map[string]bot.Account{}
	}
	l.accounts[pageOf(ch)] = bot.Account{Name: acc.Channel.Name, Region: acc.Channel.Region, Rate: acc.Channel.Rate}
	return nil
}

// pageOf is CHANNEL:PAGE of a channel.
func pageOf(ch bot.Channel) string { return ch.Name() + ":" + ch.Page() }

// channels are those of bot.Config.
func (l *lines) channels() (out []bot.Channel) {
	for _, ch := range l.hooked {
		out = append(out, ch)
	}
	return out
}

// webhooks are the addresses for each type of channel. A handshake may be of any of its
// Pages: several share an address, and each may belong to an app of its own.
func (l *lines) webhooks() (out []server.Webhook) {
	of := map[string][]hooked{}
	for _, ch := range l.hooked {
		if len(of[ch.Name()]) == 0 {
			out = append(out, server.Webhook{
				Channel: ch.Name(), Headers: []string{messenger.SignatureHeader},
				Handshake: func(query url.Values) (string, error) { return shakeAny(of[ch.Name()], query) },
			})
		}
		of[ch.Name()] = append(of[ch.Name()], ch)
	}
	return out
}

// shakeAny does the handshake of one of several channels.
func shakeAny(of []hooked, query url.Values) (challenge string, err error) {
	var refusals []error
	for _, ch := range of {
		challenge, err := ch.Handshake(query)
		if err == nil {
			return challenge, nil
		}
		refusals = append(refusals, err)
	}
	return "", errors.Join(refusals...)
}
