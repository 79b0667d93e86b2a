package cmd

import (
	"strings"

	"github.com/relance-bot/relance/bot/messenger"
)

// tokens are the access tokens that the channels of a process use, by CHANNEL:PAGE.
type tokens map[string]string

// tokensOf are those of the accounts that a process begins with.
func tokensOf(l lines, accounts []account) tokens {
	t := tokens{}
	for i, ch := range l.hooked {
		t[pageOf(ch)] = accounts[i].AccessToken
	}
	return t
}

// renewSettings looks at .env, and the files that settings name, again: access tokens are
// taken up, and of all else that has changed the log says that it is not.
func (p *process) renewSettings() {
	env, err := p.app.environment(p.folder.dir)
	if err != nil {
		return
	}
	p.renewTokens(env)
	if changed := p.stale.look(env); len(changed) > 0 {
		p.log.Warn("settings have changed, and are read when the bot is started anew: until then it goes by those of before", "settings", strings.Join(changed, ", "))
	}
}

// renewTokens gives the channels whose access token stands anew in .env, or in the file
// that a variable names, the new one: what a dead one kept back goes then. A file that is
// just being written, or lacks something, changes nothing.
func (p *process) renewTokens(env *environment) {
	if p.tokens == nil {
		return
	}
	accounts, real, err := env.accounts(p.folder.program)
	if err != nil || !real || len(accounts) != len(p.lines.hooked) {
		return
	}
	for i, ch := range p.lines.hooked {
		page := pageOf(ch)
		token := accounts[i].AccessToken
		if accounts[i].PageID != ch.Page() || token == p.tokens[page] {
			continue
		}
		if err := ch.SetAccessToken(messenger.Secret(token)); err != nil {
			p.log.Error("the new access token cannot be used: the one before stays", "page", page, "error", err)
		} else {
			p.log.Info("a new access token is used", "page", page)
		}
		p.tokens[page] = token
	}
}
