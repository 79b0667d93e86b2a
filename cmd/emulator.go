package cmd

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/bot/messenger/emulator"
	"github.com/relance-bot/relance/flows"
)

// alone are the flags of the emulated platform as a process of its own.
type alone struct {
	listen, webhook         string
	page, name              string
	token, secret, verify   string
	state                   string
	unsubscribe, proof      bool
	oneTime, noPaid, asJSON bool
	instagram               bool
	calls                   int
}

func (a *app) emulatorCommand() *cobra.Command {
	var set alone
	var place elsewhere
	c := &cobra.Command{
		Use:   "emulator [DIR]",
		Short: "Run the emulated platform alone, for any bot",
		Long: `Runs Meta's messaging platform, offline, for a bot that is written in whatever
language: the Graph API of one Page on this machine, its webhooks posted, signed, to
--webhook, and people to talk as, on a phone in the browser or by HTTP. The bot needs
nothing but another address for the Graph API, and the credentials that are printed.

With DIR it is the first channel of that bot's bot.yaml, a Page or an account of
Instagram, with its name, menu, ice breakers and lanes.
With --verify-token the webhook address must pass the platform's handshake first;
what happens until then is delivered afterwards.

How people act, how the platform is made to misbehave, and which rules it keeps:
bot/messenger/emulator/README.md.`,
		Example: `  relance emulator --webhook http://127.0.0.1:3000/webhook
  relance emulator --webhook http://127.0.0.1:3000/webhook --era 2023 --region US
  relance emulator --listen 127.0.0.1:0 --json`,
		Args: arguments(0, 1),
		RunE: func(c *cobra.Command, args []string) error {
			return a.emulate(c.Context(), args, set, place, c.Flags().Changed("verify-token"))
		},
	}
	f := c.Flags()
	f.StringVar(&set.listen, "listen", "127.0.0.1:8090", "address of this machine to listen on; port 0 is any")
	f.StringVar(&set.webhook, "webhook", "", "address that webhooks are posted to (default nobody listens)")
	f.StringVar(&set.page, "page", "", "id of the Page, in digits (default "+emulatorPage+", of DIR as 'relance run' emulates it)")
	f.StringVar(&set.name, "name", "", "name of the Page (default that of DIR)")
	f.StringVar(&set.token, "token", emulatorToken, "access token of the Page")
	f.StringVar(&set.secret, "app-secret", emulatorSecret, "app secret, which signs webhooks")
	f.StringVar(&set.verify, "verify-token", emulatorVerify, "do the handshake with this token before the first webhook")
	f.StringVar(&set.state, "state", "", "file that keeps people and chats (default memory)")
	f.BoolVar(&set.unsubscribe, "unsubscribe", false, "end all events after an hour without a 200, as the platform does")
	f.BoolVar(&set.proof, "require-proof", false, "refuse calls without appsecret_proof")
	f.BoolVar(&set.instagram, "instagram", false, "an account of Instagram instead of a Page; --page is its id")
	f.BoolVar(&set.oneTime, "one-time", false, "the Page has one-time notifications (with DIR: if its lanes have)")
	f.BoolVar(&set.noPaid, "no-ad-account", false, "the Page has no ad account, so no paid messages")
	f.IntVar(&set.calls, "calls-per-person", 0, "calls the Page may make in 24 hours for each person, 200 on the platform (default nobody counts)")
	f.BoolVar(&set.asJSON, "json", false, "print addresses and credentials as one line of JSON")
	place.flags(c)
	return c
}

// standalone is what programs need to know of a running emulator.
type standalone struct {
	Graph     string    `json:"graph"` // base of the Graph API, with its version
	Phone     string    `json:"phone"` // of people: page and HTTP API
	Page      string    `json:"page"`
	Token     string    `json:"access_token"`
	Secret    string    `json:"app_secret"`
	Verify    string    `json:"verify_token"`
	AdAccount string    `json:"ad_account,omitempty"`
	Campaign  string    `json:"campaign,omitempty"`
	Now       time.Time `json:"now"`

	channel string // of bot.yaml, by whose name the settings begin
}

func (a *app) emulate(ctx context.Context, args []string, set alone, place elsewhere, handshake bool) error {
	start, err := place.at()
	if err != nil {
		return err
	}
	config, channel, err := a.emulatorConfig(args, set, place)
	if err != nil {
		return err
	}
	webhook, err := webhookAddress(set.webhook)
	if err != nil {
		return err
	}
	clock := bot.NewShiftedClock(a.clock)
	if !start.IsZero() {
		clock.Begin(start.Sub(a.clock.Now()))
	}
	config.Now = clock.Now
	if webhook != "" {
		config.Deliver = func(ctx context.Context, header http.Header, body []byte) (int, error) {
			return post(ctx, webhook, header, body)
		}
	}
	var platform *emulator.Platform
	config.Advance = func(_ context.Context, to string) error { return moveAlone(clock, platform, to) }
	if platform, err = emulator.New(config); err != nil {
		return failed(err)
	}
	listener, err := listenHere(ctx, set.listen)
	if err != nil {
		return errors.Join(err, platform.Close())
	}
	base := "http://" + listener.Addr().String()
	about := standalone{
		Graph: base + "/v25.0", Phone: base + "/phone", Page: config.PageID, Token: set.token, Secret: set.secret, Verify: set.verify,
		AdAccount: config.AdAccount, Campaign: config.Campaign, Now: clock.Now(), channel: channel,
	}
	if webhook != "" && handshake {
		platform.Hold()
	}
	server := &http.Server{Handler: onThisMachine(frontDoor(platform)), ReadHeaderTimeout: 5 * time.Second}
	if err := a.announceAlone(about, webhook, set.asJSON); err != nil {
		return errors.Join(failed(err), listener.Close(), platform.Close())
	}

	parts, working := errgroup.WithContext(ctx)
	parts.Go(func() error { return platform.Run(working) })
	parts.Go(func() error {
		if webhook == "" || !handshake {
			return nil
		}
		return a.shakeHands(working, platform, webhook)
	})
	parts.Go(func() error {
		<-working.Done()
		return errors.Join(platform.Close(), server.Close())
	})
	parts.Go(func() error {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	})
	if err := parts.Wait(); err != nil {
		return failed(err)
	}
	return nil
}

// emulatorConfig is the Page, or the account, that flags and a bot's folder describe.
// channel is its name in bot.yaml.
func (a *app) emulatorConfig(args []string, set alone, place elsewhere) (c emulator.Config, channel string, err error) {
	region, err := place.where()
	if err != nil {
		return c, "", err
	}
	program := &flows.Program{Bot: flows.Bot{Name: "Page", Region: region}}
	if set.instagram {
		program.Bot.Channels = []flows.Channel{{Name: typeInstagram, Type: typeInstagram}}
	}
	if len(args) > 0 {
		folder, err := a.loadQuietly(args[0])
		if err != nil {
			return c, "", err
		}
		program = folder.program
		if err := place.move(program); err != nil {
			return c, "", err
		}
	}
	accounts := emulatedAccounts(program)
	at := slices.IndexFunc(accounts, func(acc account) bool { return !set.instagram || acc.Channel.Type == typeInstagram })
	if at < 0 {
		return c, "", errors.New("--instagram: channels: of bot.yaml has no account of Instagram")
	}
	acc := accounts[at]
	if set.page != "" {
		acc.PageID = set.page
	}
	if strings.Trim(acc.PageID, "0123456789") != "" {
		return c, "", fmt.Errorf("--page wants digits, not %.20q", acc.PageID)
	}
	if set.noPaid {
		acc.AdAccount, acc.Campaign = "", ""
	}
	c = emulatedOf(program, acc)
	c.Name, c.OneTime = cmp.Or(set.name, program.Bot.Name), c.OneTime || set.oneTime
	c.AccessToken, c.AppSecret, c.VerifyToken = set.token, set.secret, set.verify
	c.App.Webhook = set.webhook
	if len(args) == 0 {
		c.GetStarted = "" // the platform's own: the bot is somebody else's
	}
	c.Profiles, c.Receipts, c.State = true, true, set.state
	c.CallsPerPerson = max(set.calls, 0)
	c.Unsubscribe, c.NoProof = set.unsubscribe, !set.proof
	return c, acc.Channel.Name, nil
}

// announceAlone says what a bot needs to know.
func (a *app) announceAlone(about standalone, webhook string, asJSON bool) error {
	if asJSON {
		return a.printLine(about)
	}
	if webhook == "" {
		webhook = "nowhere (--webhook)"
	}
	prefix := channelPrefix(about.channel)
	_, err := fmt.Fprintf(a.stdout, `Phone:    %s
Webhooks: %s
Clock:    %s

%[4]sGRAPH_URL=%[5]s
%[4]sPAGE_ID=%[6]s
%[4]sACCESS_TOKEN=%[7]s
%[4]sAPP_SECRET=%[8]s
%[4]sVERIFY_TOKEN=%[9]s
`, about.Phone, webhook, about.Now.UTC().Format("Mon 2006-01-02 15:04 MST"), prefix, about.Graph, about.Page, about.Token, about.Secret, about.Verify)
	if err == nil && about.AdAccount != "" {
		_, err = fmt.Fprintf(a.stdout, "%[1]sAD_ACCOUNT=%[2]s\n%[1]sCAMPAIGN=%[3]s\n", prefix, about.AdAccount, about.Campaign)
	}
	if err == nil {
		_, err = fmt.Fprintln(a.stdout, "\nStop with Ctrl-C.")
	}
	return err
}

// shakeHands does the handshake, once a second until it succeeds, and lets the webhooks
// go. Why it does not succeed is said when that changes.
func (a *app) shakeHands(ctx context.Context, platform *emulator.Platform, webhook string) error {
	said := ""
	for {
		err := platform.Subscribe(ctx, func(ctx context.Context, query url.Values) (int, []byte, error) {
			address, err := withQuery(webhook, query)
			if err != nil {
				return 0, nil, err
			}
			got, err := probe(ctx, webhookTimeout, http.MethodGet, address, nil, nil)
			return got.status, got.body, err
		})
		if ctx.Err() != nil {
			return nil
		}
		if err == nil {
			fmt.Fprintln(a.stderr, "The webhook address passed the handshake.")
			platform.Release(false)
			return nil
		}
		if why := err.Error(); why != said {
			fmt.Fprintln(a.stderr, "No handshake yet:", why)
			said = why
		}
		due, stop := a.clock.At(a.clock.Now().Add(time.Second))
		select {
		case <-due:
		case <-ctx.Done():
			stop()
			return nil
		}
	}
}

// withQuery is an address with a query beside what it has.
func withQuery(address string, query url.Values) (string, error) {
	u, err := url.Parse(address)
	if err != nil {
		return "", unaddressed(err)
	}
	all := u.Query()
	maps.Copy(all, query)
	u.RawQuery = all.Encode()
	return u.String(), nil
}

// moveAlone moves the clock of an emulator without a bot of its own: by a duration, or to
// what the platform does next.
func moveAlone(clock *bot.ShiftedClock, platform *emulator.Platform, to string) error {
	d, next, err := advanceOf(to)
	if err != nil {
		return err
	}
	if next {
		due, ok := platform.Next()
		if !ok || !due.After(clock.Now()) {
			return errors.New("the platform waits for no time")
		}
		d = due.Sub(clock.Now())
	}
	clock.Advance(d)
	return nil
}
