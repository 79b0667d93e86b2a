package bot

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/relance-bot/relance/flows"
)

// Grouped is a number with its thousands apart: "12,000".
func Grouped(n int) string {
	digits := []byte(fmt.Sprint(n))
	for i := len(digits) - 3; i > 0 && digits[i-1] != '-'; i -= 3 {
		digits = slices.Insert(digits, i, ',')
	}
	return string(digits)
}

// FormatShare spells a share as people read it: "12.5 %". Empty of nothing, where there was
// nothing to have a share of.
func FormatShare(share *float64) string {
	if share == nil {
		return ""
	}
	return strconv.FormatFloat(*share*100, 'f', 1, 64) + " %"
}

// FormatPoints spells how far two shares are apart, in hundredths with their sign: "+1.5".
func FormatPoints(apart float64) string { return fmt.Sprintf("%+.1f", apart*100) }

// FormatMoneyPer spells money that may be less than the smallest coin: "0.0140 USD". Of
// fewer than ten such coins it keeps their hundredths.
func FormatMoneyPer(list []MoneyPer) []string {
	var out []string
	for _, m := range list {
		digits := flows.Decimals(m.Currency)
		if m.Amount != 0 && math.Abs(m.Amount)*math.Pow10(digits) < 10 {
			digits += 2
		}
		out = append(out, strconv.FormatFloat(m.Amount, 'f', digits, 64)+" "+m.Currency)
	}
	return out
}

// FormatMoney spells amounts, each in its currency: "€1,250.00".
func FormatMoney(list []Money) []string {
	var out []string
	for _, m := range list {
		out = append(out, flows.Money(m.Amount, m.Currency, "en"))
	}
	return out
}
