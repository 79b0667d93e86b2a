package cmd

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/bot/chat"
	"github.com/relance-bot/relance/bot/messenger/emulator"
	"github.com/relance-bot/relance/flows"
)

func (s *stage) contact(psid string) string {
	page := s.places[psid]
	for _, at := range s.stands {
		if at.account.PageID == page {
			return bot.ContactID(at.account.Channel.Type, page, psid)
		}
	}
	return bot.ContactID(s.stands[0].account.Channel.Type, s.stands[0].account.PageID, psid)
}

// on is the platform that somebody is on.
func (s *stage) on(psid string) *emulator.Platform {
	for _, at := range s.stands {
		if at.account.PageID == s.places[psid] {
			return at.platform
		}
	}
	return s.platform
}

// meet is where somebody new is met: on the channel that the transcript names, else on
// the first.
func (s *stage) meet(channel string) stand {
	for _, at := range s.stands {
		if at.account.Channel.Name == channel {
			return at
		}
	}
	return s.stands[0]
}

// Person implements chat.People.
func (s *stage) Person(ctx context.Context, name string, attrs map[string]string) (string, error) {
	if err := s.described(attrs); err != nil {
		return "", err
	}
	psid, known := s.people[name]
	if !known {
		at := s.meet(attrs["channel"])
		psid = at.platform.Join(s.newID(at), name, attrs["last_name"], attrs["locale"], attrs["timezone"])
		s.people[name], s.places[psid], s.at = psid, at.account.PageID, at.platform
	} else {
		if channel := attrs["channel"]; channel != "" && s.meet(channel).account.PageID != s.places[psid] {
			return "", chat.Trouble{Message: name + " is on another channel", Hint: "people are never merged: give who is on " + channel + " another name"}
		}
		s.at = s.on(psid)
		s.at.Join(psid, "", attrs["last_name"], attrs["locale"], attrs["timezone"])
	}
	who := flows.Contact{
		LastName: attrs["last_name"], Locale: attrs["locale"], Timezone: attrs["timezone"], Fields: map[string]any{},
	}
	if !known {
		who.FirstName = name
	}
	for field, value := range attrs {
		switch field {
		case "last_name", "locale", "timezone", "channel":
		default:
			who.Fields[field] = value
		}
	}
	return psid, s.bot.Meet(ctx, s.contact(psid), who)
}

// newID is the PSID of somebody new: on the first channel as the platform gives it, on
// others apart from those, since a transcript knows people by it.
func (s *stage) newID(at stand) string {
	if at.platform == s.platform {
		return ""
	}
	return strconv.FormatInt(apart+int64(len(s.people)), 10)
}

// apart is the first PSID of people who are not on the first channel.
const apart = int64(6_000_000_000_000_001)

// Zone implements chat.People.
func (s *stage) Zone(ctx context.Context, id string) (*time.Location, error) {
	name := s.folder.program.Bot.Timezone
	if id != "" {
		view, err := s.person(ctx, id)
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
	if err := s.interest(a.Topic, a.Interest); err != nil {
		return err
	}
	about := map[string]any{}
	for name, text := range a.Interest {
		about[name] = text
	}
	interest, err := s.folder.program.ConvertInterest(a.Topic, about)
	if err != nil {
		return err
	}
	title := s.folder.program.Title(a.Topic, s.folder.program.Bot.Locale)
	token, err := s.on(id).Give(id, title)
	if err != nil {
		return err
	}
	given := bot.Subscription{Topic: a.Topic, Cadence: a.Cadence, Interest: interest, At: s.clock.Now(), Wording: title}
	if s.carries(id) {
		given.Permit = &bot.Permit{Lane: givenLane, Token: token, Title: title}
	}
	return s.bot.Import(ctx, s.contact(id), given)
}

// givenLane is the lane that a consent which was given before has its permit for.
const givenLane = "recurring"

// carries says whether the Page that somebody is on has a lane for such permits.
func (s *stage) carries(psid string) bool {
	for _, ch := range s.lines.channels() {
		if bot.ContactID(ch.Name(), ch.Page(), psid) == s.contact(psid) {
			return slices.ContainsFunc(ch.Lanes(), func(l bot.Lane) bool { return slices.Contains(bot.TraitsOf(l).Permits, givenLane) })
		}
	}
	return false
}

// Act implements chat.People.
func (s *stage) Act(ctx context.Context, id string, act chat.Act) error {
	s.at = s.on(id)
	before := len(s.at.Opened(id))
	if err := perform(s.at, id, act); err != nil {
		return err
	}
	for _, address := range s.at.Opened(id)[before:] {
		if code, tracked := strings.CutPrefix(address, stageURL+"/l/"); tracked {
			if _, err := s.bot.Click(ctx, code); err != nil {
				return err
			}
		}
	}
	return s.settle(ctx)
}

// perform lets somebody do something on the platform that they are on.
func perform(on *emulator.Platform, id string, act chat.Act) error {
	switch act.Kind {
	case chat.Write:
		return on.Write(id, act.Text)
	case chat.Tap:
		return on.Tap(id, act.Text)
	case chat.Accept:
		return on.Accept(id)
	case chat.Stop:
		return on.StopTopic(id, act.Text)
	case chat.Resume:
		return on.ResumeTopic(id, act.Text)
	case chat.Start:
		return on.Start(id)
	case chat.Referral:
		return on.Refer(id, act.Text)
	case chat.Image:
		return on.SendImage(id, act.Text)
	case chat.Location:
		return on.SendLocation(id, act.Lat, act.Lon)
	case chat.React:
		return on.React(id, act.Text)
	case chat.Comment:
		return on.Comment(id, act.Text)
	case chat.Block:
		return on.Block(id)
	case chat.Postback:
		return on.Postback(id, act.Text)
	case chat.Open:
		return on.Open(id, act.Text)
	}
	return fmt.Errorf("%q is not something a person can do here", act.Kind)
}

// Said implements chat.People.
func (s *stage) Said(_ context.Context, id string) ([]chat.Said, error) {
	var out []chat.Said
	for _, shown := range s.on(id).Chat(id) {
		if shown.From == emulator.FromPage {
			out = append(out, said(shown))
		}
	}
	return out, nil
}

// described is a message that is no text, in one line; "" if it is one.
func described(shown emulator.Shown) string {
	switch {
	case shown.Receipt != nil:
		r := shown.Receipt
		things := make([]string, len(r.Items))
		for i, item := range r.Items {
			things[i] = item.Title
			if item.Quantity != "" && item.Quantity != "1" {
				things[i] = item.Quantity + " × " + item.Title
			}
		}
		return joined(r.Order, strings.Join(things, ", "), r.Total+" "+r.Currency)
	case shown.Coupon != nil:
		return joined(shown.Coupon.Title, shown.Coupon.Subtitle, shown.Coupon.Code)
	case shown.Model != nil:
		parts := []string{shown.Model.Name}
		for _, v := range shown.Model.Values {
			if v.Name != "" {
				v.Text = v.Name + ": " + v.Text
			}
			parts = append(parts, v.Text)
		}
		return joined(parts...)
	}
	return shown.URL
}

// joined puts a dash between what there is.
func joined(parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), " — ")
}

func said(shown emulator.Shown) chat.Said {
	m := chat.Said{Kind: shown.Kind, Text: shown.Text}
	switch shown.Kind {
	case emulator.KindOptIn:
		m.Kind, m.Text = "opt-in", shown.OptIn.Title
	default:
		if text := described(shown); text != "" {
			m.Text = text
		}
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
