package cmd

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"reflect"
	"strings"
	"syscall"
	"time"

	"github.com/relance-bot/relance/flows"
)

// follow lets the bot follow its folder until ctx ends: as soon as something changes, or
// when somebody asks for it by a signal. On a real Page flows are only looked at when
// asked for, and tables of data/ and access tokens always. A folder that cannot be
// watched is followed in that way too.
func (p *process) follow(ctx context.Context) error {
	tick := time.NewTicker(2 * time.Second)
	defer tick.Stop()
	changed, ended := make(chan struct{}), make(chan error, 1)
	watching := p.watching()
	if watching {
		look := func() {
			select {
			case changed <- struct{}{}:
			case <-ctx.Done():
			}
		}
		// At once, too: it may have changed since it was read.
		go func() { ended <- watchFolder(ctx, p.folder.dir, look, look) }()
	}
	last := dataStamp(p.folder.dir)
	seen := last
	for {
		select {
		case <-ctx.Done():
			if watching {
				<-ended
			}
			return nil
		case <-changed:
			p.reload(ctx)
		case <-p.asked:
			p.reload(ctx)
		case err := <-ended:
			watching, last = false, dataStamp(p.folder.dir)
			if err != nil {
				p.log.Warn("changes of the bot are not followed: send SIGHUP after one", "error", err)
				signal.Notify(p.asked, syscall.SIGHUP)
			}
		case <-tick.C:
			// A table that is still being written has another size the next time.
			now := dataStamp(p.folder.dir)
			if !watching && now != last && now == seen {
				last = now
				p.reloadData()
			}
			seen = now
			p.renewSettings()
		}
	}
}

// watching says whether every change is followed: as the flag says, else on an emulated
// Page. What runs for real people changes when somebody says so.
func (p *process) watching() bool {
	if p.watch != nil {
		return *p.watch
	}
	return p.phone != nil
}

// reload reads the bot's folder again. With mistakes in it the bot of before runs on, and
// they are printed.
func (p *process) reload(ctx context.Context) {
	program, data, problems, err := readBot(p.folder.fsys, p.app.setup)
	if err != nil {
		p.log.Error("the bot could not be read again: the one of before runs on", "error", err)
		return
	}
	if program != nil {
		if err := p.elsewhere.move(program); err != nil {
			p.log.Error("the bot could not be moved to its region", "error", err)
			return
		}
	}
	was := p.bot.Program()
	if program != nil && program.Hash == was.Hash {
		p.bot.SetData(data)
		return
	}
	if err := problems.Findings().Render(p.app.stderr, colorful(p.app.stderr)); err != nil {
		p.log.Error("the findings could not be printed", "error", err)
	}
	if program == nil {
		fmt.Fprintln(p.app.stderr, "The bot has mistakes: the one of before runs on.")
		return
	}
	if err := missingSecrets(p.bot, program); err != nil {
		p.log.Error("the changed bot was not taken, and the one of before runs on: settings are read when it is started anew", "error", err)
		return
	}
	if err := p.bot.Deploy(ctx, program, data); err != nil {
		p.log.Error("the changed bot could not be taken: the one of before runs on", "error", err)
		return
	}
	fmt.Fprintln(p.app.stdout, "The bot has changed: what begins now is new, conversations end as they began.")
	if was.Bot.Rate != program.Bot.Rate || !reflect.DeepEqual(was.Bot.Channels, program.Bot.Channels) {
		fmt.Fprintln(p.app.stdout, "What stands under channels: and rate: changes when it is started anew.")
	}
}

// reloadData reads the tables of data/ again, alone.
func (p *process) reloadData() {
	data, problems := flows.LoadData(p.folder.fsys)
	if problems.HasErrors() {
		p.log.Error("data/ has mistakes: the tables of before stay", "first", problems[0].Message)
		return
	}
	p.bot.SetData(data)
	p.log.Info("data/ was read again")
}

// dataStamp changes when a file of data/ does.
func dataStamp(dir string) string {
	var b strings.Builder
	entries, err := os.ReadDir(filepath.Join(dir, "data"))
	if err != nil {
		return ""
	}
	for _, e := range entries {
		if info, err := e.Info(); err == nil {
			fmt.Fprintln(&b, e.Name(), info.Size(), info.ModTime().UnixNano())
		}
	}
	return b.String()
}
