package cmd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/bot/chat"
	"github.com/relance-bot/relance/bot/messenger"
	"github.com/relance-bot/relance/bot/messenger/emulator"
	"github.com/relance-bot/relance/flows"
	"github.com/relance-bot/relance/storage"
	"github.com/relance-bot/relance/storage/sqlite"
)

// Stage returns the factory that transcripts of a bot's folder are played with:
// the whole runtime over SQLite in a temporary folder and the emulated platform,
// on a clock that moves only when the transcript says so. setup may be nil.
//
//	chat.Run(t, "shop", cmd.Stage("shop", setup))
func Stage(dir string, setup Setup) chat.Factory {
	return stageFactory(dir, setup, slog.New(slog.DiscardHandler))
}

// stageFactory is Stage with a log.
func stageFactory(dir string, setup Setup, log *slog.Logger) chat.Factory {
	return func(ctx context.Context, s chat.Setup) (chat.Stage, error) {
		program, data, problems := flows.Load(os.DirFS(dir))
		if program == nil {
			return nil, fmt.Errorf("the bot in %s has mistakes: see 'relance check'\n%s", dir, problems[0].Render(false))
		}
		return newStage(ctx, &botFolder{dir: dir, program: program, data: data}, s, setup, log)
	}
}

// stage is one bot, one platform and one clock.
type stage struct {
	folder *botFolder
	setup  Setup
	chosen chat.Setup
	temp   string
	log    *slog.Logger

	clock    *bot.ManualClock
	platform *emulator.Platform
	channel  *messenger.Channel
	store    storage.Store
	bot      *bot.Bot

	people map[string]string // PSID by first name
	events int
}

// emulatorKeys are the credentials of the emulated Page. They protect nothing.
const (
	emulatorPage   = "1000000000000001"
	emulatorToken  = "emulated-page-access-token"
	emulatorSecret = "emulated-app-secret"
	emulatorVerify = "emulated-verify-token"
)

func newStage(ctx context.Context, folder *botFolder, s chat.Setup, setup Setup, log *slog.Logger) (*stage, error) {
	zone, err := time.LoadLocation(folder.program.Bot.Timezone)
	if err != nil {
		return nil, err
	}
	return newStageAt(ctx, folder, s.Start(zone), s, setup, log)
}

// newStageAt is newStage for another time than the transcript's.
func newStageAt(ctx context.Context, folder *botFolder, at time.Time, s chat.Setup, setup Setup, log *slog.Logger) (_ *stage, err error) {
	temp, err := os.MkdirTemp("", "relance-stage-")
	if err != nil {
		return nil, err
	}
	st := &stage{
		folder: folder, setup: setup, chosen: s, temp: temp, people: map[string]string{}, log: log,
		clock: bot.NewManualClock(at),
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, st.Close())
		}
	}()
	st.platform, err = emulator.New(emulator.Config{
		PageID: emulatorPage, AccessToken: emulatorToken, AppSecret: emulatorSecret, VerifyToken: emulatorVerify,
		Region: folder.program.Bot.Region, Now: st.clock.Now, Deliver: st.deliver, GetStarted: flows.Payload{Start: true}.Encode(),
	})
	if err != nil {
		return nil, err
	}
	if st.channel, err = newMessenger(folder.program, account{
		PageID: emulatorPage, AccessToken: emulatorToken, AppSecret: emulatorSecret, VerifyToken: emulatorVerify,
		GraphURL: "http://graph.localhost",
	}, messenger.Config{Client: &http.Client{Transport: st.platform.RoundTripper()}}); err != nil {
		return nil, err
	}
	return st, st.open(ctx)
}

// newMessenger is the channel of a Page, with the lanes that bot.yaml gives it. c
// holds what is neither the Page's nor the bot's.
func newMessenger(program *flows.Program, acc account, c messenger.Config) (*messenger.Channel, error) {
	c.PageID, c.GraphURL, c.Region = acc.PageID, acc.GraphURL, program.Bot.Region
	c.AccessToken, c.AppSecret, c.VerifyToken = messenger.Secret(acc.AccessToken), messenger.Secret(acc.AppSecret), messenger.Secret(acc.VerifyToken)
	for _, channel := range program.Bot.Channels {
		if channel.Type == "messenger" {
			c.Lanes = channel.Notifications
			break
		}
	}
	return messenger.New(c)
}

// open starts the bot on what is stored.
func (s *stage) open(ctx context.Context) (err error) {
	s.store, err = sqlite.Open(ctx, filepath.Join(s.temp, "relance.db"), sqlite.Config{})
	if err != nil {
		return err
	}
	s.bot, err = bot.New(ctx, bot.Config{
		Program: s.folder.program, Data: s.folder.data, Store: s.store, Channels: []bot.Channel{s.channel}, Clock: s.clock,
		FirstChoice: !s.chosen.Seeded, Seed: s.chosen.Seed, Log: s.log,
	})
	if err != nil || s.setup == nil {
		return err
	}
	return s.setup(s.bot)
}

// deliver takes the platform's webhooks, and tells it what a server would answer.
func (s *stage) deliver(ctx context.Context, header http.Header, body []byte) (int, error) {
	err := s.bot.Receive(ctx, "messenger", header, body)
	switch {
	case err == nil:
		return http.StatusOK, nil
	case errors.Is(err, bot.ErrSignature):
		return http.StatusForbidden, nil
	case errors.Is(err, bot.ErrBody):
		return http.StatusBadRequest, nil
	}
	return http.StatusServiceUnavailable, nil
}

// settle lets everything happen that is due at this time, on both ends of the wire.
func (s *stage) settle(ctx context.Context) error {
	for range 10_000 {
		if err := s.platform.Flush(ctx); err != nil {
			return err
		}
		if err := s.bot.Settle(ctx); err != nil {
			return err
		}
		if !s.platform.Pending() {
			return nil
		}
	}
	return errors.New("the bot and the platform do not come to rest")
}

// Close implements chat.Stage.
func (s *stage) Close() error {
	var problems []error
	if s.store != nil {
		problems = append(problems, s.store.Close())
	}
	if s.platform != nil {
		problems = append(problems, s.platform.Close())
	}
	return errors.Join(append(problems, os.RemoveAll(s.temp))...)
}

// Now implements chat.Clock.
func (s *stage) Now() time.Time { return s.clock.Now() }

// AdvanceTo implements chat.Clock.
func (s *stage) AdvanceTo(ctx context.Context, t time.Time) error {
	for {
		next, ok, err := s.bot.NextDue(ctx)
		if err != nil {
			return err
		}
		if retry, some := s.platform.Next(); some && (!ok || retry.Before(next)) {
			next, ok = retry, true
		}
		if !ok || next.After(t) {
			break
		}
		if next.After(s.clock.Now()) {
			s.clock.Set(next)
		}
		if err := s.settle(ctx); err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	if t.After(s.clock.Now()) {
		s.clock.Set(t)
	}
	return s.settle(ctx)
}

// Crash implements chat.Clock.
func (s *stage) Crash(ctx context.Context) error {
	if err := s.store.Close(); err != nil {
		return err
	}
	if err := s.open(ctx); err != nil {
		return err
	}
	return s.settle(ctx)
}

// Down implements chat.Clock.
func (s *stage) Down(ctx context.Context, t time.Time) error {
	if err := s.store.Close(); err != nil {
		return err
	}
	s.clock.Set(t)
	if err := s.open(ctx); err != nil {
		return err
	}
	return s.settle(ctx)
}

func (s *stage) contact(psid string) string {
	return bot.ContactID(s.channel.Name(), s.channel.Page(), psid)
}

// Person implements chat.People.
func (s *stage) Person(ctx context.Context, name string, attrs map[string]string) (string, error) {
	psid, known := s.people[name]
	if !known {
		psid = s.platform.Join("", name, attrs["last_name"], attrs["locale"], attrs["timezone"])
		s.people[name] = psid
	}
	who := flows.Contact{
		LastName: attrs["last_name"], Locale: attrs["locale"], Timezone: attrs["timezone"], Fields: map[string]any{},
	}
	if !known {
		who.FirstName = name
	}
	for field, value := range attrs {
		switch field {
		case "last_name", "locale", "timezone":
		default:
			who.Fields[field] = value
		}
	}
	return psid, s.bot.Meet(ctx, s.contact(psid), who)
}

// Zone implements chat.People.
func (s *stage) Zone(ctx context.Context, id string) (*time.Location, error) {
	name := s.folder.program.Bot.Timezone
	if id != "" {
		view, err := s.bot.Contact(ctx, s.contact(id))
		if err != nil {
			return nil, err
		}
		if view.Timezone != "" {
			name = view.Timezone
		}
	}
	return time.LoadLocation(name)
}

// Given implements chat.People: the platform gives the token that an acceptance
// would have given, and the bot takes the consent over.
func (s *stage) Given(ctx context.Context, id string, a chat.Agreement) error {
	about := map[string]any{}
	for name, text := range a.Interest {
		about[name] = text
	}
	interest, err := s.folder.program.ConvertInterest(a.Topic, about)
	if err != nil {
		return err
	}
	title := s.folder.program.Title(a.Topic, s.folder.program.Bot.Locale)
	token, err := s.platform.Give(id, title)
	if err != nil {
		return err
	}
	return s.bot.Import(ctx, s.contact(id), bot.Subscription{
		Topic: a.Topic, Cadence: a.Cadence, Interest: interest, At: s.clock.Now(), Wording: title,
		Permit: &bot.Permit{Lane: "recurring", Token: token, Title: title},
	})
}

// Act implements chat.People.
func (s *stage) Act(ctx context.Context, id string, act chat.Act) error {
	if err := s.perform(id, act); err != nil {
		return err
	}
	return s.settle(ctx)
}

func (s *stage) perform(id string, act chat.Act) error {
	switch act.Kind {
	case chat.Write:
		return s.platform.Write(id, act.Text)
	case chat.Tap:
		return s.platform.Tap(id, act.Text)
	case chat.Accept:
		return s.platform.Accept(id)
	case chat.Stop:
		return s.platform.StopTopic(id, act.Text)
	case chat.Resume:
		return s.platform.ResumeTopic(id, act.Text)
	case chat.Start:
		return s.platform.Start(id)
	case chat.Referral:
		return s.platform.Refer(id, act.Text)
	case chat.Image:
		return s.platform.SendImage(id, act.Text)
	case chat.Location:
		return s.platform.SendLocation(id, act.Lat, act.Lon)
	case chat.React:
		return s.platform.React(id, act.Text)
	case chat.Comment:
		return s.platform.Comment(id, act.Text)
	case chat.Block:
		return s.platform.Block(id)
	case chat.Open:
		return s.platform.Open(id, act.Text)
	}
	return fmt.Errorf("%q is not something a person can do here", act.Kind)
}

// Said implements chat.People.
func (s *stage) Said(_ context.Context, id string) ([]chat.Said, error) {
	var out []chat.Said
	for _, shown := range s.platform.Chat(id) {
		if shown.From == emulator.FromPage {
			out = append(out, said(shown))
		}
	}
	return out, nil
}

func said(shown emulator.Shown) chat.Said {
	m := chat.Said{Kind: shown.Kind, Text: shown.Text}
	switch shown.Kind {
	case emulator.KindOptIn:
		m.Kind, m.Text = "opt-in", shown.OptIn.Title
	case emulator.KindImage, emulator.KindVideo, emulator.KindAudio, emulator.KindFile:
		m.Text = shown.URL
	}
	for _, c := range shown.Cards {
		card := chat.Card{Title: c.Title, Subtitle: c.Subtitle}
		for _, b := range c.Buttons {
			card.Labels = append(card.Labels, b.Label)
		}
		m.Cards = append(m.Cards, card)
	}
	for _, b := range shown.Buttons {
		m.Labels = append(m.Labels, b.Label)
	}
	for _, q := range shown.QuickReplies {
		m.Labels = append(m.Labels, q.Label)
	}
	return m
}

// Event implements chat.World.
func (s *stage) Event(ctx context.Context, name string, data map[string]string, id string) error {
	s.events++
	e := bot.ShopEvent{ID: "transcript-" + strconv.Itoa(s.events), Name: name, Data: map[string]any{}}
	for key, value := range data {
		e.Data[key] = value
	}
	if id != "" {
		e.Contact = s.contact(id)
	}
	if _, _, err := s.bot.Events(ctx, []bot.ShopEvent{e}); err != nil {
		return err
	}
	return s.settle(ctx)
}

// Answer implements chat.World.
func (s *stage) Answer(context.Context, string, json.RawMessage) error {
	return errors.New("handlers are not available in this version")
}

// Refuse implements chat.World.
func (s *stage) Refuse(_ context.Context, code, subcode, times int) error {
	s.platform.FailNext(times, code, subcode)
	return nil
}

// Timeout implements chat.World.
func (s *stage) Timeout(context.Context) error {
	s.platform.TimeoutNext()
	return nil
}

// Echo implements chat.World.
func (s *stage) Echo(ctx context.Context) error {
	if err := s.platform.Echo(); err != nil {
		return err
	}
	return s.settle(ctx)
}

// Field implements chat.Records.
func (s *stage) Field(ctx context.Context, id, name string) (string, error) {
	view, err := s.bot.Contact(ctx, s.contact(id))
	if err != nil {
		return "", err
	}
	switch name {
	case "first_name":
		return view.FirstName, nil
	case "last_name":
		return view.LastName, nil
	case "locale":
		return view.Locale, nil
	case "timezone":
		return view.Timezone, nil
	}
	for _, f := range s.folder.program.Bot.Fields {
		if f.Name == name {
			return inWords(view.Fields[name]), nil
		}
	}
	return "", fmt.Errorf("there is no field %q in bot.yaml", name)
}

// inWords spells a field's value as a transcript does.
func inWords(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case []any:
		out := ""
		for i, item := range v {
			if i > 0 {
				out += ", "
			}
			out += inWords(item)
		}
		return out
	}
	return fmt.Sprint(v)
}

// Consent implements chat.Records.
func (s *stage) Consent(ctx context.Context, id, topic string) (chat.Consent, error) {
	if _, ok := s.folder.program.Topic(topic); !ok {
		return chat.Consent{}, fmt.Errorf("there is no topic %q in bot.yaml", topic)
	}
	view, err := s.bot.Contact(ctx, s.contact(id))
	if err != nil {
		return chat.Consent{}, err
	}
	for _, c := range view.Consents {
		if c.Topic == topic {
			return chat.Consent{Status: c.Status, Cadence: c.Cadence}, nil
		}
	}
	return chat.Consent{}, nil
}

// Decision implements chat.Records.
func (s *stage) Decision(ctx context.Context, id string) (chat.Decision, error) {
	decisions, err := s.bot.Decisions(ctx, s.contact(id), "", 1)
	if err != nil || len(decisions) == 0 {
		return chat.Decision{}, err
	}
	d := decisions[0]
	return chat.Decision{Kind: d.Kind, Rule: d.Rule, Lane: d.Lane}, nil
}

// Step implements chat.Records.
func (s *stage) Step(ctx context.Context, id string) (string, error) {
	view, err := s.bot.Contact(ctx, s.contact(id))
	return view.Step, err
}

// Goal implements chat.Records.
func (s *stage) Goal(context.Context, string, string) (bool, error) {
	return false, errors.New("goals are not available in this version")
}

var _ chat.Stage = (*stage)(nil)
