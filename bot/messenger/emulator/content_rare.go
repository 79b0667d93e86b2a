package emulator

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
)

// What a Page may send beside the usual: products of its catalogue, the question after a
// conversation, stickers, answers to one message. They are shown in plain forms.

// Limits of the customer feedback template, in characters and days.
const (
	maxFeedbackTitle    = 65
	maxQuestionID       = 80
	minQuestionTitle    = 5
	maxQuestionTitle    = 85
	maxPlaceholder      = 65
	maxExpiry           = 7
	thumbsUp            = "369239263222822"
	subNewsOnly         = 2018065
	tagFeedback         = "CUSTOMER_FEEDBACK"
	tagNews             = "NON_PROMOTIONAL_SUBSCRIPTION"
	buttonFeedback      = "feedback"
	maxProducts         = 10
	maxFeedbackSubtitle = maxCardText
)

// ShownSurvey is the question how a conversation was.
type ShownSurvey struct {
	ID   string `json:"id"`
	Type string `json:"type"` // csat, nps, ces
}

var questionID = regexp.MustCompile(`^[A-Za-z0-9_]+$`)

// products reads products of the Page's catalogue. The emulator has none: each is shown by
// its id.
func (r *reader) products(t object, s *Shown) {
	r.only(t, "template_type", "elements", "sharable")
	r.flag(t, "sharable")
	s.Kind = KindCards
	for _, e := range r.list(t, "elements", 1, maxProducts, "products") {
		r.only(e, "id")
		s.Cards = append(s.Cards, ShownCard{Title: "Product " + r.id(e, "id")})
	}
}

// feedback reads the question how a conversation was.
func (r *reader) feedback(t object, s *Shown) {
	r.only(t, "template_type", "title", "subtitle", "button_title", "feedback_screens", "business_privacy", "expires_in_days")
	s.Kind, s.Survey = KindText, &ShownSurvey{}
	s.Text = r.needed(t, "title", maxFeedbackTitle)
	if more := r.text(t, "subtitle", maxFeedbackSubtitle); more != "" {
		s.Text += "\n" + more
	}
	s.Buttons = []ShownButton{{ID: "b0", Type: buttonFeedback, Label: r.needed(t, "button_title", maxLabel)}}
	for _, screen := range r.list(t, "feedback_screens", 1, 1, "screens") {
		r.only(screen, "questions")
		for _, q := range r.list(screen, "questions", 1, 1, "questions") {
			r.question(q, s.Survey)
		}
	}
	privacy := r.object(t, "business_privacy")
	r.only(privacy, "url")
	r.needed(privacy, "url", maxAddress)
	r.address(privacy, "url")
	if !t.has("expires_in_days") {
		return
	}
	days, ok := t.fields["expires_in_days"].(json.Number)
	if n, err := days.Int64(); !ok || err != nil || n < 1 || n > maxExpiry {
		r.wrong(t.at("expires_in_days"), fmt.Sprintf("must be between 1 and %d", maxExpiry), "A survey ends after 1 to %d days.", maxExpiry)
	}
}

// question reads what a survey asks.
func (r *reader) question(q object, into *ShownSurvey) {
	r.only(q, "id", "type", "title", "score_label", "score_option", "follow_up")
	if into.ID = r.needed(q, "id", maxQuestionID); !questionID.MatchString(into.ID) {
		r.wrong(q.at("id"), "must be letters, digits and _", "%q has other characters than letters, digits and _.", begin(into.ID))
	}
	if into.Type = r.choice(q, "type", "csat", "nps", "ces"); into.Type == "" {
		r.wrong(q.at("type"), "is required", "A question is of the type csat, nps or ces.")
	}
	if title := r.text(q, "title", maxQuestionTitle); q.has("title") && len([]rune(title)) < minQuestionTitle {
		r.wrong(q.at("title"), fmt.Sprintf("must have at least %d characters", minQuestionTitle), "%q is too short.", title)
	}
	r.choice(q, "score_label", "neg_pos", "dissat_sat", "neg_sat", "hard_easy", "unlikely_likely")
	r.choice(q, "score_option", "five_stars", "five_emojis", "one_to_five", "zero_to_ten")
	if q.has("follow_up") {
		more := r.object(q, "follow_up")
		r.only(more, "type", "placeholder")
		r.choice(more, "type", "free_form")
		r.text(more, "placeholder", maxPlaceholder)
	}
}

// sticker reads one of the platform's own pictures.
func (r *reader) sticker(m object, s *Shown) {
	for _, alone := range []string{"text", "attachment", "template"} {
		if m.has(alone) {
			r.wrong(m.path, "must have either sticker_id or "+alone, "A sticker stands alone.")
		}
	}
	id := r.id(m, "sticker_id")
	if strings.Trim(id, "0123456789") != "" {
		r.wrong(m.at("sticker_id"), "is not a sticker", "%q is no id of a sticker; it has digits only.", begin(id))
	}
	s.Kind, s.Text = KindText, "(sticker "+id+")"
	if id == thumbsUp {
		s.Text = "👍"
	}
}

// linkButton reads a button of the platform's own: to link an account with the shop's, to
// undo that, to play.
func (r *reader) linkButton(o object, b *ShownButton) {
	switch b.Type {
	case "account_link":
		r.only(o, "type", "url")
		r.needed(o, "url", maxAddress)
		b.Label, b.URL = "Log in", r.address(o, "url")
	case "account_unlink":
		r.only(o, "type")
		b.Label = "Log out"
	case "game_play":
		r.only(o, "type", "title", "payload", "game_metadata")
		b.Label, b.Payload = r.needed(o, "title", maxLabel), r.text(o, "payload", maxPayload)
	}
}

// judgeTag applies the rules of the tags that are left beside HUMAN_AGENT.
func (p *Platform) judgeTag(q *person, s *send) *Refusal {
	switch {
	case s.tag == tagNews:
		return refuse(6, codePermission, subNewsOnly, "This Page is not in the news index", "The tag %s is for Pages of the news index.", tagNews)
	case s.shown.Survey == nil:
		return wrong("Param tag CUSTOMER_FEEDBACK goes with its template", "Only the template customer_feedback may go under this tag.")
	case q.LastAct.IsZero() || !p.cfg.Now().Before(q.LastAct.Add(humanWindow)):
		return refuse(4, codePermission, subWindow, "", "A survey may go within seven days of the last act; %s's was %s.", q.name(), lastAct(q))
	}
	return nil
}

// judgeReplyTo wants the message that is answered to be in the chat.
func (p *Platform) judgeReplyTo(q *person, s *send) *Refusal {
	if s.replyTo != "" && q.message(s.replyTo) == nil {
		return wrong("Param reply_to[mid] is not a message of this chat", "There is no message %q in the chat.", begin(s.replyTo))
	}
	return nil
}
