package messenger

import (
	"strings"

	"github.com/relance-bot/relance/bot"
)

// fillPostback reads a tap on a button, a card, the menu or Get Started.
func fillPostback(e *bot.Event, v value) (id string, err error) {
	if !v.isObject() {
		return "", errShape
	}
	e.Kind = bot.EventPostback
	for name, field := range v.fields {
		switch string(name) {
		case "mid":
			e.MID, err = field.ident()
		case "title":
			e.Label, err = field.word()
		case "payload":
			e.Payload, err = field.word()
		case "referral": // Get Started, reached by a link or an ad
			if !field.absent() {
				_, err = nameReferral(e, field)
			}
		}
		if err != nil {
			return "", err
		}
	}
	return e.MID, nil
}

// fillReferral reads how a person came: an m.me link, an ad, a plugin.
func fillReferral(e *bot.Event, v value) error {
	kind, err := nameReferral(e, v)
	if strings.HasPrefix(kind, "LEAD_") { // LEAD_COMPLETE and LEAD_INCOMPLETE of lead ads; else OPEN_THREAD
		e.Kind, e.Action = bot.EventLead, clean(kind, maxWord)
		return err
	}
	e.Kind = bot.EventReferral
	return err
}

// nameReferral puts where a person came from on the event that tells of it. The
// source is SHORTLINK, ADS …; in Europe it may be missing. From a product's page there is
// the product alone.
func nameReferral(e *bot.Event, v value) (kind string, err error) {
	if !v.isObject() {
		return "", errShape
	}
	e.Ref, e.Source, e.Ad, e.Product = "", "", "", ""
	for name, field := range v.fields {
		switch string(name) {
		case "ref":
			e.Ref, err = field.word()
		case "source":
			e.Source, err = field.word()
		case "type":
			kind, err = field.text()
		case "ad_id":
			e.Ad, err = field.ident()
		case "product":
			e.Product, err = field.identIn("id")
		}
		if err != nil {
			return "", err
		}
	}
	return kind, nil
}
