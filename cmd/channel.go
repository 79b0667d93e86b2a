package cmd

import (
	"github.com/relance-bot/relance/bot/messenger"
	"github.com/relance-bot/relance/flows"
)

// emulatorKeys are the credentials of the emulated Page. They protect nothing.
const (
	emulatorPage   = "1000000000000001"
	emulatorToken  = "emulated-page-access-token"
	emulatorSecret = "emulated-app-secret"
	emulatorVerify = "emulated-verify-token"
)

// newMessenger is the channel of a Page, with the lanes that bot.yaml gives it. c
// holds what is neither the Page's nor the bot's.
func newMessenger(program *flows.Program, acc account, c messenger.Config) (*messenger.Channel, error) {
	c.PageID, c.GraphURL, c.Region = acc.PageID, acc.GraphURL, program.Bot.Region
	c.AdAccount, c.Campaign, c.AdToken, c.Price, c.Currency = acc.AdAccount, acc.Campaign, messenger.Secret(acc.AdToken), acc.Price, acc.Currency
	c.AccessToken, c.AppSecret, c.VerifyToken = messenger.Secret(acc.AccessToken), messenger.Secret(acc.AppSecret), messenger.Secret(acc.VerifyToken)
	for _, channel := range program.Bot.Channels {
		if channel.Type == "messenger" {
			c.Lanes = channel.Notifications
			break
		}
	}
	return messenger.New(c)
}
