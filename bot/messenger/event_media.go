package messenger

import "github.com/relance-bot/relance/bot"

// mediaComment is a comment on what an account of Instagram has posted, or shows live
// ("Webhooks", fields comments and live_comments).
type mediaComment struct {
	id, text string
	author   string // who is also named by a user name, which is no name to call anybody by
	own      bool   // the author is the account itself
}

func (m *mediaComment) take(v value) (err error) {
	if !v.isObject() {
		return errShape
	}
	for name, field := range v.fields {
		switch string(name) {
		case "id", "comment_id":
			m.id, err = field.ident()
		case "text":
			m.text, err = field.text()
		case "from":
			m.author, err = field.identIn("id")
			self, _ := field.identIn("self_ig_scoped_id") // no text, or none at all: somebody else
			m.own = self != "" && self == m.author
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// comment turns a comment into an event. What the account says itself is ignored; so is a
// comment without an author, who may be the account. There is no word of Instagram for one
// that is changed or removed.
func (p *parser) comment(at place, v value) {
	var m mediaComment
	if m.take(v) != nil {
		m = mediaComment{}
	}
	e := bot.Event{Kind: bot.EventIgnored, Page: at.page, At: at.at.or(p.now)}
	if m.id != "" && m.author != "" && m.author != at.page && !m.own {
		e.Kind, e.Comment, e.Text = bot.EventComment, m.id, clean(m.text, maxText)
		e.Key = hashKey(e.Kind, m.id, 0, nil)
	} else {
		e.Key = hashKey(e.Kind, at.page, at.at, at.raw)
	}
	p.add(e)
}
