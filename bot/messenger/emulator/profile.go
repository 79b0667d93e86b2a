package emulator

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// profile answers GET /PSID?fields=….
func (p *Platform) profile(q *person, in params) answer {
	if !p.cfg.Profiles {
		return answer{refusal: refuse(0, codeParameter, subObject, "",
			"The Page has no permission to read profiles (Config.Profiles is off), as most have not.")}
	}
	_, offset := p.cfg.Now().In(q.zone()).Zone()
	known := map[string]any{
		"first_name": q.FirstName,
		"last_name":  q.LastName,
		"name":       strings.TrimSpace(q.FirstName + " " + q.LastName),
		"locale":     q.Locale,
		"timezone":   float64(offset) / 3600,
	}
	if q.Timezone == "" {
		delete(known, "timezone")
	}
	if p.cfg.Instagram {
		known = map[string]any{"name": known["name"], "username": userName(q)}
	}
	out := map[string]any{"id": q.PSID}
	fields := in.take("fields")
	if fields == "" {
		fields = "first_name,last_name"
	}
	for name := range strings.SplitSeq(fields, ",") {
		name = strings.TrimSpace(name)
		if v, ok := known[name]; ok && v != "" {
			out[name] = v
		}
	}
	return answer{value: out}
}

// tokenPath is what stands before a token in the path that shows it.
const tokenPath = "notification_messages_"

func (p *Platform) tokenFields(t *token) map[string]any {
	status := "NOT_REFRESHED"
	if t.Renewed {
		status = "REFRESHED"
	}
	out := map[string]any{
		"notification_messages_token":    t.Token,
		"recipient_id":                   t.PSID,
		"topic_title":                    t.Title,
		"creation_timestamp":             t.Created.UnixMilli(),
		"user_token_status":              status,
		"notification_messages_timezone": t.Timezone,
	}
	if t.Frequency != "" {
		out["notification_messages_frequency"] = t.Frequency
	}
	if !t.Expires.IsZero() {
		out["token_expiry_timestamp"] = t.Expires.UnixMilli()
	}
	if next := t.rests(p.cfg.Now()); !next.IsZero() {
		out["next_eligible_time"] = next.UnixMilli()
	}
	return out
}

func (p *Platform) showToken(id string) answer {
	if t := p.tokens[id]; t != nil && !t.Stopped {
		return answer{value: p.tokenFields(t)}
	}
	return answer{refusal: refuse(9, codeParameter, subObject, "", "There is no such notification token, or its topic was stopped.")}
}

// Bounds of the token list.
const (
	defaultTokens = 25
	mostTokens    = 100
)

// listTokens answers with the tokens the Page may use, a page of them at a time:
// a token that vanished from the list was stopped.
func (p *Platform) listTokens(in params) answer {
	limit := defaultTokens
	if text := in.take("limit"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > mostTokens {
			return answer{refusal: wrong("Param limit must be between 1 and 100", "limit is %q.", text)}
		}
		limit = n
	}
	after := in.take("after")
	var usable []*token
	for _, t := range p.tokens {
		if t.Kind != tokenOnce && !t.Stopped && !expired(t.Expires, p.cfg.Now()) {
			usable = append(usable, t)
		}
	}
	slices.SortFunc(usable, func(a, b *token) int { return strings.Compare(a.Token, b.Token) })
	data := []map[string]any{}
	more := false
	for _, t := range usable {
		if t.Token <= after {
			continue
		}
		if more = len(data) == limit; more {
			break
		}
		data = append(data, p.tokenFields(t))
	}
	out := map[string]any{"data": data}
	if len(data) > 0 {
		cursors := map[string]any{"after": data[len(data)-1]["notification_messages_token"]}
		paging := map[string]any{"cursors": cursors}
		if more {
			paging["next"] = fmt.Sprintf("https://graph.facebook.com/%s/notification_message_tokens?limit=%d&after=%s",
				p.cfg.PageID, limit, cursors["after"])
		}
		out["paging"] = paging
	}
	return answer{value: out}
}

// persona is a name and picture that messages can be signed with.
type persona struct {
	Name    string `json:"name"`
	Picture string `json:"picture"`
}

const maxPersonaName = 50

func (p *Platform) personaCall(method string, in params) answer {
	if method == http.MethodGet {
		data := []map[string]any{}
		for id, who := range p.personas {
			data = append(data, map[string]any{"id": id, "name": who.Name, "profile_picture_url": who.Picture})
		}
		slices.SortFunc(data, func(a, b map[string]any) int { return strings.Compare(a["id"].(string), b["id"].(string)) })
		return answer{value: map[string]any{"data": data}}
	}
	who := persona{Name: in.take("name"), Picture: in.take("profile_picture_url")}
	switch {
	case who.Name == "" || utf8.RuneCountInString(who.Name) > maxPersonaName:
		return answer{refusal: wrong("Invalid persona name", "A persona has a name of 1 to %d characters.", maxPersonaName)}
	case !webAddress(who.Picture):
		return answer{refusal: wrong("Invalid profile_picture_url", "A persona has a picture at an http or https address.")}
	}
	id := p.digits("persona")
	p.personas[id] = who
	p.keepPersona(id, who)
	return answer{value: map[string]any{"id": id}}
}

// Subscribed reports whether the bot gets events.
func (p *Platform) Subscribed() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.subscribed
}
