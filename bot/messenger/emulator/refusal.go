package emulator

import (
	"fmt"
	"net/http"
	"time"
)

// Codes and subcodes of the platform's errors that the rules here give.
const (
	codeUnknown     = 1
	codeService     = 2
	codeLimit       = 4
	codeAsks        = 9
	codePermission  = 10
	codeParameter   = 100
	codeToken       = 190
	codeUnavailable = 551
	codeCustomLimit = 613

	subObject      = 33
	subNoUser      = 2018001
	subBothKinds   = 2018014
	subAttachment  = 2018074
	subWindow      = 2018278
	subAsks        = 2018352
	subTooSoon     = 2018354
	subUnavailable = 1545041
	subStopped     = 1893015
	subAskedSoon   = 1893016
)

// Refusal is a call that the platform refused, and why.
type Refusal struct {
	At      time.Time `json:"at"`
	PSID    string    `json:"psid,omitempty"` // whom it was for, if anybody
	Name    string    `json:"name,omitempty"` // of that person
	Code    int       `json:"code"`
	Subcode int       `json:"subcode,omitempty"`
	Message string    `json:"message"` // as the bot gets it
	Why     string    `json:"why"`     // for the bot's author, in plain words
	// Rule is the number of the rule in the list the emulator was built after:
	// 3 known people, 4 window, 5 human agent, 6 tags, 7 limits, 8 opt-in requests,
	// 9 tokens, 10 regions, 12 one-time notifications, 13 approved templates, 14 paid messages, 15 private replies, 16 blocked, 17 rates, 18 access
	// token, 20 other owners of the conversation; 0: asked for by FailNext, or not offered here.
	Rule int    `json:"rule,omitempty"`
	Text string `json:"text,omitempty"` // the beginning of the message refused

	kind string         // of the error; OAuthException if empty
	data map[string]any // error_data
}

// Refusals lists what was refused lately, oldest first.
func (p *Platform) Refusals() []Refusal {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]Refusal(nil), p.refusals...)
}

// ClearRefusals empties the list.
func (p *Platform) ClearRefusals() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.refusals = nil
	p.changed()
}

// refuse makes a Refusal. An empty message is the platform's usual one for the code.
func refuse(rule, code, subcode int, message, why string, args ...any) *Refusal {
	r := &Refusal{Code: code, Subcode: subcode, Rule: rule, Why: fmt.Sprintf(why, args...)}
	r.Message = message
	if r.Message == "" {
		r.Message = usual(code, subcode).text
	}
	if code != codeToken {
		r.Message = fmt.Sprintf("(#%d) %s", code, r.Message)
	}
	return r
}

// wrong is a refusal for a parameter that breaks a rule of the Send API.
func wrong(message, why string, args ...any) *Refusal {
	return refuse(7, codeParameter, 0, message, why, args...)
}

// errorText is what the platform says with a code.
type errorText struct {
	code, subcode int
	status        int // 0: 400
	transient     bool
	text          string
}

// errorTexts are the errors that FailNext can imitate with a fitting text, and
// those of the rules. Others get a plain sentence.
var errorTexts = []errorText{
	{code: codeUnknown, status: http.StatusInternalServerError, transient: true, text: "An unknown error occurred"},
	{code: codeService, status: http.StatusServiceUnavailable, transient: true, text: "Service temporarily unavailable"},
	{code: codeService, subcode: 2018344, text: "The Page has not accepted the terms for labels"},
	{code: 3, text: "Application does not have the capability to make this API call."},
	{code: codeLimit, text: "Application request limit reached"},
	{code: codeLimit, subcode: subTooSoon, text: "The next notification to this person may not be sent yet"},
	{code: codeAsks, subcode: subAsks, text: "Too many opt-in requests were sent to this person"},
	{code: codePermission, text: "Application does not have permission for this action"},
	{code: codePermission, subcode: subWindow, text: "This message is sent outside of allowed window."},
	{code: codePermission, subcode: subInstagramWindow, text: "This message is sent outside of allowed window."},
	{code: codePermission, subcode: 2018108, text: "This person cannot receive messages right now"},
	{code: codePermission, subcode: 1404170, text: "This Page cannot send opt-in requests for a time"},
	{code: codePermission, subcode: subStopped, text: "This person stopped notifications on this topic"},
	{code: codePermission, subcode: 1893063, text: "This Page is temporarily not allowed to send messages"},
	{code: 17, text: "User request limit reached"},
	{code: 32, text: "Page request limit reached"},
	{code: codeParameter, text: "Invalid parameter"},
	{code: codeParameter, subcode: subObject, text: "Unsupported request: the object does not exist or is not accessible"},
	{code: codeParameter, subcode: subNoUser, text: "No matching user found"},
	{code: codeParameter, subcode: subInstagramNoUser, text: "No matching Instagram user"},
	{code: codeParameter, subcode: subInstagramMessage, text: "The message data is invalid"},
	{code: codeParameter, subcode: subInstagramThread, text: "This app does not own the thread"},
	{code: codeParameter, subcode: 2018008, text: "Failed to fetch the file from the URL"},
	{code: codeToken, status: http.StatusUnauthorized, text: "Invalid OAuth access token."},
	{code: codeToken, subcode: 460, status: http.StatusUnauthorized, text: "Error validating access token: the password was changed."},
	{code: codeToken, subcode: 463, status: http.StatusUnauthorized, text: "Error validating access token: Session has expired."},
	{code: 200, subcode: subUnavailable, text: "This person isn't available right now."},
	{code: 341, text: "Application limit reached"},
	{code: 368, text: "The action attempted has been deemed abusive or is otherwise disallowed"},
	{code: codeUnavailable, text: "This person isn't available right now."},
	{code: codeUnavailable, subcode: subUnavailable, text: "This person isn't available right now."},
	{code: codeCustomLimit, text: "Calls to this api have exceeded the rate limit."},
	{code: codeCustomLimit, subcode: subAskedSoon, text: "This topic was offered to this person within the last week"},
	{code: codePaidInactive, text: "The campaign is not active"},
	{code: codePaidUnknown, text: "The message id is invalid"},
	{code: codePaidToken, text: "The subscription token is invalid"},
	{code: codePaidWarming, text: "The pacing data is not ready yet. Try again in an hour."},
	{code: codePaidPerson, text: "The recipient is not available"},
	{code: codePaidLifetime, text: "The lifetime budget of the campaign is used up"},
	{code: codePaidDaily, text: "The daily budget of the campaign is used up"},
	{code: 1200, transient: true, text: "Temporary send message failure. Please try again later."},
	{code: busyCode, text: "There have been too many calls to this Page's messaging API. Wait a bit and try again."},
	{code: busyInstagramCode, text: "There have been too many calls to this Instagram account. Wait a bit and try again."},
	{code: 2018300, text: "Another app is controlling this thread now."},
}

// usual finds the text of a code, or of its family if the subcode has none.
func usual(code, subcode int) errorText {
	family := errorText{code: code, text: "The request was refused"}
	for _, e := range errorTexts {
		switch {
		case e.code == code && e.subcode == subcode:
			return e
		case e.code == code && e.subcode == 0:
			family.text, family.status = e.text, e.status
		}
	}
	return family
}
