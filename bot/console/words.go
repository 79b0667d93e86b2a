package console

import (
	"fmt"
	"html/template"
	"strings"
	"time"

	"github.com/relance-bot/relance/bot"
)

// words are what pages spell values by.
var words = template.FuncMap{
	"count":   bot.Grouped,
	"percent": bot.FormatShare,
	"points":  bot.FormatPoints,
	"money":   func(list []bot.Money) string { return strings.Join(bot.FormatMoney(list), ", ") },
	"each":    func(list []bot.MoneyPer) string { return strings.Join(bot.FormatMoneyPer(list), ", ") },
	"rate":    bot.FormatRate,
	"lasts":   lasts,
	"local":   local,
	"json":    jsonText,
	"name":    nameOf,
	"person":  address,
	"hash":    func(b []byte) string { return fmt.Sprintf("%.16x", b) },
	"waiting": func(v bot.CampaignView) int { return v.ToCome + v.Queued },
	"at":      func(share float64) *float64 { return &share },
	"int":     func(n int64) int { return int(n) },
}

// lasts spells seconds: "40 s", "12 min", "3 h 20 min".
func lasts(seconds float64) string {
	now := time.Time{}
	load := bot.Load{Begins: now, Ends: now.Add(time.Duration(seconds * float64(time.Second)))}
	return load.Takes()
}

// local is when a fire is due by the clocks where it is.
func local(f bot.Fire) string {
	zone, err := bot.Location(f.Zone)
	if err != nil {
		return f.Local
	}
	return f.At.In(zone).Format("Mon 2 Jan 2006, 15:04")
}
