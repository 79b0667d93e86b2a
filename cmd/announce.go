package cmd

import (
	"context"
	"fmt"
	"net"
	"time"

	"github.com/relance-bot/relance/bot"
)

// announce says where the bot can be reached, once it can.
func (p *process) announce(ctx context.Context, addr net.Addr) {
	base := "http://" + reachable(addr)
	if p.phone == nil {
		for _, ch := range p.lines.hooked {
			what := "Page"
			if ch.Name() == typeInstagram {
				what = "Instagram account"
			}
			fmt.Fprintf(p.app.stdout, "%s speaks for %s %s.\n", p.folder.program.Bot.Name, what, ch.Page())
		}
		for _, hook := range p.lines.webhooks() {
			fmt.Fprintf(p.app.stdout, "Webhooks: %s/webhooks/%s\n", base, hook.Channel)
		}
		if p.keys { // without a key nobody gets in
			fmt.Fprintf(p.app.stdout, "Console:  %s/console\n", base)
		}
		return
	}
	p.phone.connect(ctx, base)
	if !p.bot.Tracks() {
		p.bot.SetPublicURL(base) // the phone is on this machine too
	}
	fmt.Fprintf(p.app.stdout, "%s runs on an emulated Page.\n%sConsole:  %s/console\nEvents:   %s\n", p.folder.program.Bot.Name, p.phone.addresses(base), base, p.tells(addr))
	if ahead := p.phone.clock.Offset(); ahead.Abs() > time.Minute {
		now := p.clock.Now()
		if zone, err := bot.Location(p.folder.program.Bot.Timezone); err == nil {
			now = now.In(zone)
		}
		fmt.Fprintf(p.app.stdout, "Clock:    %s, as it was moved%s\n", now.Format("Mon 2006-01-02 15:04 MST"), p.place.anew())
	}
	fmt.Fprintln(p.app.stdout, "Stop with Ctrl-C.")
}

// tells is the verb that tells the bot of an event, with what it needs to find it at an
// address.
func (p *process) tells(addr net.Addr) string {
	verb := "relance event NAME k=v …"
	if p.folder.dir != "." {
		verb += " --dir " + quoted(p.folder.dir)
	}
	here := reachable(addr)
	if usual, err := p.env.client(); err == nil {
		_, port, _ := net.SplitHostPort(here)
		if _, looked, _ := net.SplitHostPort(usual.address); looked == port {
			return verb
		}
	}
	return "RELANCE_LISTEN=" + here + " " + verb
}

// reachable is an address as this machine can reach it.
func reachable(addr net.Addr) string {
	host, port, err := net.SplitHostPort(addr.String())
	if err != nil {
		return addr.String()
	}
	if ip := net.ParseIP(host); ip == nil || ip.IsUnspecified() {
		host = "localhost"
	}
	return net.JoinHostPort(host, port)
}
