package flows

import (
	"slices"
	"strings"
)

// marketing are words of advertising, folded, in the languages the framework speaks.
// The platform refuses utility messages and templates that hold such wording.
var marketing = strings.Fields(`
	sale sales discount discounts promo promotion promotions deal deals bargain bargains voucher coupon clearance cashback giveaway bestseller
	solde soldes remise remises reduction reductions rabais destockage bonnesaffaires
	rabatt rabatte angebot angebote gutschein gutscheine schnappchen ausverkauf sonderangebot schlussverkauf aktionspreis
	oferta ofertas descuento descuentos rebaja rebajas cupon promocion promociones chollo
	desconto descontos promocao promocoes liquidacao cupom saldos
	sconto sconti saldi offerta offerte promozione promozioni buono omaggio`)

// advertises is the first word or sign of advertising in a text, or "".
func advertises(text string) string {
	words := strings.Fields(text)
	for i, w := range words {
		folded := strings.ReplaceAll(fold(w), " ", "")
		if slices.Contains(marketing, folded) {
			return strings.Trim(w, ".,;:!?()«»\"'")
		}
		off := strings.Trim(w, ".,;:!?()«»\"'")
		if strings.HasPrefix(off, "-") && strings.HasSuffix(off, "%") {
			return off
		}
		if percent := strings.HasSuffix(off, "%") || off == "%"; percent && i+1 < len(words) {
			if next := fold(words[i+1]); next == "off" || next == "less" {
				return off + " " + words[i+1]
			}
		}
	}
	return ""
}

// unpromoted reports advertising in what goes out as a utility message: an order, an
// account or an appointment of that person, and nothing to sell.
func (c *checker) unpromoted(t *template) {
	if t == nil {
		return
	}
	for _, one := range append(c.translations(t), t) {
		word := advertises(one.source)
		if word == "" {
			continue
		}
		at := one.span
		if i := strings.Index(one.source, word); i >= 0 && one.in != nil {
			at = one.in.at(runes(one.source[:i]), runes(one.source[:i])+runes(word))
		}
		c.warnf("marketing", at, "say what happened to their order or appointment, and leave what you sell to a topic of the lanes recurring or marketing",
			"%q is advertising, and the platform refuses that in utility messages", word)
		return
	}
}
