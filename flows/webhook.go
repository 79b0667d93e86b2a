package flows

// Webhook is an address of the shop that is told what happened.
type Webhook struct {
	Name         string
	URL          string
	Events       []string // opt_in, opt_out, sent, purchase
	Secret       string   // the environment variable that signs what it is told
	AllowPrivate bool     // it may be in the network the bot runs in
}

// webhookEvents are what a webhook may be told.
var webhookEvents = []string{"opt_in", "opt_out", "sent", "purchase"}

var secretPattern = lazily(`^\$([A-Z][A-Z0-9_]{0,99})$`)

// meantSecret is such a variable without its $, or as other tools spell one: ${NAME},
// {{ env.NAME }}, process.env.NAME, %NAME%.
var meantSecret = lazily(`^(?:[\s${%]*|[\s${]*(?:process\.)?env[.:])([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)[\s}%]*$`)

// webhookList reads webhooks:.
func (d *decoder) webhookList(f *fields, b *botFile) {
	for _, p := range f.entries("webhooks", "webhook") {
		if p.value.broken || p.value.kind != mapNode && d.slipped(f.n.get("webhooks"), p, "webhook", "url", "events", "secret", "allow_private") {
			continue
		}
		one := d.fields(p.value, "webhook")
		h := Webhook{Name: p.key.text}
		h.URL = d.required(one, "url", `url: and the address that is told`)
		d.link(word{h.URL, one.at("url")})
		if !one.n.broken && !one.has("events") {
			d.errorf("key-missing", p.key.span, "add events: [opt_in, opt_out, sent]", "nothing says what the webhook %q is told", p.key.text)
		}
		for _, w := range one.words("events") {
			switch {
			case !contains(webhookEvents, w.text):
				d.errorf("value-unknown", w.span, didYouMean(w.text, webhookEvents, "it can be "), "unknown event %q of a webhook", w.text)
			case contains(h.Events, w.text):
				d.errorf("value-twice", w.span, "delete one of the two", "%q stands here twice", w.text)
			default:
				h.Events = append(h.Events, w.text)
			}
		}
		if one.lacks("secret") {
			d.errorf("key-missing", one.n.span, "add secret: $SHOP_SECRET, and set SHOP_SECRET in the environment: what is told is signed with it", `"secret" is missing`)
		} else if n := one.scalar("secret", "a name"); n != nil {
			h.Secret = d.secret(n.text, n.span)
		}
		h.AllowPrivate = one.boolean("allow_private", false)
		d.whereTo(h.URL, one.at("url"), h.AllowPrivate)
		one.finish()
		b.bot.Webhooks = append(b.bot.Webhooks, h)
	}
}

// secret is the environment variable that a value names.
func (d *decoder) secret(text string, at Span) string {
	if m := secretPattern().FindStringSubmatch(text); m != nil {
		return m[1]
	}
	name := "SHOP_SECRET"
	if m := meantSecret().FindStringSubmatch(text); m != nil {
		name = m[1]
	}
	d.errorf("handler-secret", at, "write secret: $"+name+", and set "+name+" in the environment or in the file .env", "a secret comes from the environment, and never stands in bot.yaml")
	return ""
}
