package messenger

import "github.com/relance-bot/relance/bot"

// feedItem is a change of the Page's feed: a comment, a post, a like. Until v2.11 of
// the Graph API its author stood in sender_id and sender_name.
type feedItem struct {
	item, verb    string
	comment, text string
	author, name  string
	created       stamp
}

func (f *feedItem) take(v value) (err error) {
	if !v.isObject() {
		return errShape
	}
	for name, field := range v.fields {
		switch string(name) {
		case "item":
			f.item, err = field.word()
		case "verb":
			f.verb, err = field.word()
		case "comment_id":
			f.comment, err = field.ident()
		case "message":
			f.text, err = field.text()
		case "created_time":
			f.created = field.stamp()
		case "sender_id":
			f.author, err = field.ident()
		case "sender_name":
			f.name, err = field.word()
		case "from":
			if f.author, err = field.identIn("id"); err == nil {
				f.name, err = field.textIn("name")
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// feed turns a change of the feed into an event: a new comment of somebody else. What
// changes, hides or removes one, what the Page itself writes, and all that is no
// comment is ignored; so is a comment without an author, who may be the Page.
func (p *parser) feed(at place, v value) {
	var f feedItem
	if f.take(v) != nil {
		f = feedItem{}
	}
	e := bot.Event{Kind: bot.EventIgnored, Page: at.page, At: f.created.or(p.now, at.at)}
	if f.item == "comment" && f.verb == "add" && f.comment != "" && f.author != "" && f.author != at.page {
		e.Kind, e.Comment, e.Text, e.Name = bot.EventComment, f.comment, clean(f.text, maxText), clean(f.name, maxWord)
		e.Key = hashKey(e.Kind, f.comment, 0, nil) // whenever it comes, and without saying which it is
	} else {
		e.Key = hashKey(e.Kind, at.page, at.at, at.raw)
	}
	p.add(e)
}
