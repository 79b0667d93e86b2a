package emulator

import "time"

// privateReplyWithin is how long a comment may be answered in private.
const privateReplyWithin = 7 * 24 * time.Hour

// comment is what a person wrote under a post of the Page.
type comment struct {
	ID      string    `json:"id"`
	PSID    string    `json:"psid"`
	At      time.Time `json:"at"`
	Replied bool      `json:"replied,omitempty"` // in private: once only
}

// Comment comments on a post of the Page. The bot hears of it as a change of the
// feed (on Instagram, of comments), with an author id that is not the PSID; it may answer once in private
// within seven days. The 24-hour window does not open.
func (p *Platform) Comment(psid, text string) error {
	if text == "" {
		return ErrEmpty
	}
	return p.act(psid, func(q *person) error {
		q.Blocked = false
		post := p.cfg.PageID + "_" + "901097836652708"
		c := &comment{ID: "901097836652708_" + p.digits("comment"), PSID: q.PSID, At: p.cfg.Now()}
		p.comments[c.ID] = c
		p.keepComment(c)
		at := p.show(q, Shown{From: FromPerson, Kind: KindComment, Text: text, MID: c.ID})
		if p.cfg.Instagram {
			p.post(q.PSID, entry{Time: at.Unix(), Changes: []change{{Field: "comments", Value: mediaComment{
				ID: c.ID, From: mediaAuthor{ID: "10" + q.PSID, UserName: userName(q)}, Media: mediaPost{ID: "17901097836652708", Kind: "FEED"}, Text: text,
			}}}})
			return nil
		}
		p.post(q.PSID, entry{Time: at.Unix(), Changes: []change{{Field: "feed", Value: feedComment{
			Item: "comment", Verb: "add", CommentID: c.ID, PostID: post, ParentID: post,
			From:    feedAuthor{ID: "10" + q.PSID, Name: q.FirstName + " " + q.LastName},
			Message: text, CreatedTime: at.Unix(),
		}}}})
		return nil
	})
}
