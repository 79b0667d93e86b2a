package messenger

import "github.com/relance-bot/relance/bot"

// maxRatings is how many answers of one form are read.
const maxRatings = 50

// fillFeedback reads the answers to a feedback form. Its pages nest questions by their
// ids; what has none of them is kept as it came.
func fillFeedback(e *bot.Event, v value) error {
	screens, err := v.field("feedback_screens")
	if err != nil {
		return err
	}
	for screen := range screens.items {
		questions, err := screen.field("questions")
		if err != nil {
			return err
		}
		for id, answer := range questions.fields {
			if err := rate(e, clean(string(id), maxWord), answer); err != nil {
				return err
			}
			follow, err := answer.field("follow_up")
			if err != nil {
				return err
			}
			if !follow.absent() {
				if err := rate(e, clean(string(id), maxWord), follow); err != nil {
					return err
				}
			}
		}
	}
	e.Kind = bot.EventFeedback
	if len(e.Ratings) == 0 {
		e.Kind, e.Reason = bot.EventUnknown, "messaging_feedback"
	}
	return nil
}

// rate reads one answer.
func rate(e *bot.Event, question string, v value) error {
	if len(e.Ratings) == maxRatings {
		return nil
	}
	kind, err := v.textIn("type")
	if err != nil {
		return err
	}
	answer, err := v.field("payload")
	if err != nil {
		return err
	}
	text := string(answer) // a number, where it is not written as a text
	if !answer.absent() && answer[0] == '"' {
		if text, err = answer.text(); err != nil {
			return err
		}
	}
	e.Ratings = append(e.Ratings, bot.Rating{Question: question, Type: clean(kind, maxWord), Value: clean(text, maxWord)})
	return nil
}

// fillResponse reads a thumb on a message of the Page.
func fillResponse(e *bot.Event, v value) error {
	mid, err := v.identIn("mid")
	if err != nil {
		return err
	}
	thumb, err := v.textIn("feedback")
	e.Kind, e.MID = bot.EventFeedback, mid
	e.Ratings = []bot.Rating{{Question: "response", Type: "response", Value: clean(thumb, maxWord)}}
	return err
}
