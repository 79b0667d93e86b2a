package messenger

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/relance-bot/relance/flows"
)

// TemplateState is what the platform has of a template in one language.
type TemplateState struct {
	Name     string `json:"name"`
	Language string `json:"language"`
	ID       string `json:"id"`
	Status   string `json:"status"`           // APPROVED, PENDING, REJECTED, …
	Reason   string `json:"reason,omitempty"` // why it was rejected
}

// maxTemplates bounds what a list of templates is read to.
const maxTemplates = 500

// Templates lists the Page's utility templates ("Utility messages" of the Messenger
// Platform). The error names a code, and nothing of the answer.
func (c *Channel) Templates(ctx context.Context) ([]TemplateState, error) {
	var out []TemplateState
	query := url.Values{"fields": {"id,name,language,status,rejected_reason"}, "limit": {"100"}}
	for range maxTemplates / 100 {
		r := c.graph.call(ctx, request{method: http.MethodGet, path: c.edge("message_templates"), query: query})
		if err := callError("templates", r); err != nil {
			return nil, err
		}
		var page struct {
			Data []struct {
				ID       string `json:"id"`
				Name     string `json:"name"`
				Language string `json:"language"`
				Status   string `json:"status"`
				Reason   string `json:"rejected_reason"`
			} `json:"data"`
			Paging struct {
				Next    string `json:"next"`
				Cursors struct {
					After string `json:"after"`
				} `json:"cursors"`
			} `json:"paging"`
		}
		if err := json.Unmarshal(r.body, &page); err != nil {
			return nil, errors.New("templates: the answer is no list")
		}
		for _, t := range page.Data {
			out = append(out, TemplateState{Name: clean(t.Name, maxWord), Language: clean(t.Language, maxWord), ID: clean(t.ID, maxWord), Status: clean(t.Status, maxWord), Reason: clean(t.Reason, maxReason)})
		}
		if page.Paging.Next == "" || page.Paging.Cursors.After == "" {
			break
		}
		query.Set("after", page.Paging.Cursors.After)
	}
	return out, nil
}

// CreateTemplate submits a template in one language. The platform approves or rejects it,
// usually at once; it can never be changed.
func (c *Channel) CreateTemplate(ctx context.Context, t flows.Approved, language string) (TemplateState, error) {
	body, err := json.Marshal(templateBody(t, language))
	if err != nil {
		return TemplateState{}, fmt.Errorf("template: %w", err)
	}
	r := c.graph.call(ctx, request{method: http.MethodPost, path: c.edge("message_templates"), kind: kindJSON, body: body})
	if err := callError("template", r); err != nil {
		return TemplateState{}, err
	}
	var answer struct {
		ID     string `json:"id"`
		Status string `json:"status"`
	}
	if err := json.Unmarshal(r.body, &answer); err != nil {
		return TemplateState{}, errors.New("template: the answer is not understood")
	}
	return TemplateState{Name: t.Name, Language: language, ID: clean(answer.ID, maxWord), Status: clean(answer.Status, maxWord)}, nil
}

// callError is why a call that is no message did not work, a *CallError.
func callError(what string, r reply) error {
	if r.fate != answered {
		return &CallError{What: what, Fault: r.fault}
	}
	if a := readVerdict(r.body); a.failed {
		return &CallError{What: what, Code: a.error.code, Subcode: a.error.subcode, Meaning: Meaning(a.error.code, a.error.subcode), Status: r.status}
	}
	if r.status/100 != 2 {
		return &CallError{What: what, Status: r.status}
	}
	return nil
}

// templateBody is a template in the platform's form. Buttons are postbacks: what they do
// is in each message's payload.
func templateBody(t flows.Approved, language string) map[string]any {
	text := map[string]any{"type": "BODY", "text": t.Texts[language]}
	places := t.Places()
	body := map[string]any{"name": t.Name, "language": language, "category": "UTILITY"}
	switch {
	case t.Named():
		var examples []map[string]string
		for _, place := range places {
			examples = append(examples, map[string]string{"param_name": place, "example": t.Example[place]})
		}
		text["example"] = map[string]any{"body_text_named_params": examples}
		body["parameter_format"] = "NAMED"
	case len(places) > 0:
		var examples []string
		for _, place := range places {
			examples = append(examples, t.Example[place])
		}
		text["example"] = map[string]any{"body_text": [][]string{examples}}
	}
	components := []map[string]any{text}
	if len(t.Buttons) > 0 {
		var buttons []map[string]string
		for _, label := range t.Buttons {
			buttons = append(buttons, map[string]string{"type": "POSTBACK", "text": label, "payload": "x"})
		}
		components = append(components, map[string]any{"type": "BUTTONS", "buttons": buttons})
	}
	body["components"] = components
	return body
}
