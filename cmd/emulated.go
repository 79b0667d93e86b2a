package cmd

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/bot/messenger/emulator"
	"github.com/relance-bot/relance/flows"
	"github.com/relance-bot/relance/storage"
)

// What the emulated Page has beside its credentials: an ad account with a campaign that
// has run for long, for paid messages at the price of the platform's own sample.
const (
	emulatorAccount  = "2000000000000002"
	emulatorCampaign = "3000000000000003"
	emulatorPrice    = 0.014
	emulatorCurrency = "USD"
)

// emulatedAccounts is how the bot speaks for an emulated Page or account for each of its
// channels, wherever they listen. None is the platform's that goes on carrying recurring
// notifications of an account.
func emulatedAccounts(program *flows.Program) (out []account) {
	for i, ch := range channelsOf(program) {
		acc := account{Channel: ch, PageID: emulatorPage, AccessToken: emulatorToken, AppSecret: emulatorSecret, VerifyToken: emulatorVerify}
		switch {
		case ch.Type == typeInstagram:
			acc.PageID = strconv.FormatInt(emulatorInstagram+int64(i), 10)
		case i > 0:
			acc.PageID = strings.TrimSuffix(emulatorPage, "1") + strconv.Itoa(1+i)
		}
		if ch.Type != typeInstagram {
			acc.AdAccount, acc.Campaign, acc.Price, acc.Currency = emulatorAccount, emulatorCampaign, emulatorPrice, emulatorCurrency
		}
		out = append(out, acc)
	}
	return out
}

// emulatorInstagram is the id of the first emulated account of Instagram.
const emulatorInstagram int64 = 17841400000000001

// emulatedStem is how the ids of all people of emulated pages of a type begin, of somebody
// who is one of them; else "".
func emulatedStem(contact string) string {
	for _, stem := range []string{
		typeMessenger + ":" + strings.TrimSuffix(emulatorPage, "1"),
		typeInstagram + ":" + strconv.FormatInt(emulatorInstagram/10, 10),
	} {
		if strings.HasPrefix(contact, stem) {
			return stem
		}
	}
	return ""
}

// emulatedOf is the platform of an account among those of emulatedAccounts: whatever lanes
// bot.yaml lists, it has got from the platform.
func emulatedOf(program *flows.Program, acc account) emulator.Config {
	ch := acc.Channel
	return emulator.Config{
		PageID: acc.PageID, AccessToken: emulatorToken, AppSecret: emulatorSecret, VerifyToken: emulatorVerify, Instagram: ch.Type == typeInstagram,
		Region: regionOf(program, ch), RegionOf: func(zone string) string { return bot.RegionOf(zone, "") },
		AdAccount: acc.AdAccount, Campaign: acc.Campaign, MessagePrice: emulatorPrice, Currency: emulatorCurrency,
		GetStarted: flows.Payload{Start: true}.Encode(), TemplateLabels: program.TemplateLabels(),
		IceBreakers: items(ch.IceBreakers), Menu: items(ch.Menu), Greeting: ch.Greeting, OneTime: slices.Contains(ch.Notifications, "one_time"),
	}
}

// elsewhere are the flags that put an emulated Page into another year and region.
type elsewhere struct{ era, region string }

func (e *elsewhere) flags(c *cobra.Command) {
	c.Flags().StringVar(&e.era, "era", "", "emulated Page: the year whose rules hold, 2022, 2023, 2025 or 2026, or a day (2025-09-01); the clock begins there")
	c.Flags().StringVar(&e.region, "region", "", "emulated Page: its region, EU, UK, US, JP … (default that of bot.yaml)")
}

// given says whether any of the flags is.
func (e elsewhere) given() bool { return e.era != "" || e.region != "" }

// eras are the days that years stand for: each is the first on which all rules of that
// form hold.
var eras = map[string]time.Time{
	"2022": time.Date(2022, time.May, 19, 9, 0, 0, 0, time.UTC),      // a frequency for each token, which ends
	"2023": time.Date(2023, time.August, 10, 9, 0, 0, 0, time.UTC),   // one message a day, and no end
	"2025": time.Date(2025, time.September, 1, 9, 0, 0, 0, time.UTC), // one in two days, and paid messages
	"2026": time.Date(2026, time.April, 27, 9, 0, 0, 0, time.UTC),    // by region
}

// at is when the clock begins; the zero time if no era was given.
func (e elsewhere) at() (time.Time, error) {
	if e.era == "" {
		return time.Time{}, nil
	}
	if day, ok := eras[e.era]; ok {
		return day, nil
	}
	day, err := time.Parse(time.DateOnly, e.era)
	if err != nil || day.Year() < 2000 || day.Year() > 2100 {
		return time.Time{}, fmt.Errorf("--era wants 2022, 2023, 2025, 2026 or a day like 2025-09-01, not %.20q", e.era)
	}
	return day.Add(9 * time.Hour), nil
}

// move puts a program into the region.
func (e elsewhere) move(program *flows.Program) error {
	region, err := e.where()
	if err == nil && region != "" {
		program.Bot.Region = region
		for i := range program.Bot.Channels {
			program.Bot.Channels[i].Region = "" // all of them move
		}
	}
	return err
}

// where is the region, "" if none was given.
func (e elsewhere) where() (string, error) {
	region := strings.ToUpper(strings.TrimSpace(e.region))
	if e.region != "" && len(region) != 2 {
		return "", fmt.Errorf("--region wants EU, UK, or the two letters of a country, not %.20q", e.region)
	}
	return flows.RegionOfCountry(region), nil
}

// begin sets a clock to the era. What is stored may not be of a later time.
func (e elsewhere) begin(ctx context.Context, store storage.Store, clock *bot.ShiftedClock) error {
	at, err := e.at()
	if err != nil || at.IsZero() {
		return err
	}
	err = store.Read(ctx, func(r storage.Reader) error {
		programs, err := r.Programs()
		for _, p := range programs {
			if p.At.After(at) {
				return fmt.Errorf("--era: this database knows a later time, %s: begin with another one (--database)", p.At.Format(time.DateOnly))
			}
		}
		return err
	})
	if err != nil {
		return err
	}
	clock.Begin(clock.Offset() + at.Sub(clock.Now()))
	offset := clock.Offset()
	return store.Write(ctx, func(tx storage.Tx) error { return tx.SetMeta(metaClock, []byte(offset.String())) })
}

// realPageIn is a page, CHANNEL:PAGE, of which a database knows people and that no
// emulator pretends; "" if there is none. Contacts come by their ids, so those of emulated
// pages are passed over at once.
func realPageIn(ctx context.Context, store storage.Store) (page string, err error) {
	err = store.Read(ctx, func(r storage.Reader) error {
		page = ""
		for after := ""; ; {
			first, err := r.Contacts(after, 1)
			if len(first) == 0 || err != nil {
				return err
			}
			stem := emulatedStem(first[0].ID)
			if stem == "" {
				if page = first[0].ID; strings.Count(page, ":") > 1 {
					page = page[:strings.LastIndexByte(page, ':')]
				}
				return nil
			}
			after = stem + "~" // behind all digits
		}
	})
	return page, err
}
