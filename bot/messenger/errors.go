package messenger

import (
	"bytes"
	"cmp"
	"net/http"
	"strconv"
	"time"

	"github.com/relance-bot/relance/bot"
)

// refusal is one row of what is known about the platform's errors. The platform
// wants decisions made on code and subcode, not on the HTTP status.
type refusal struct {
	code, to int // to: the end of a range; 0 if there is none
	subcode  int // 0: any
	class    bot.Class
	meaning  string

	rest    time.Duration // what the platform's rules say about the next try
	unknown bool          // the message may have been delivered all the same
	// waits: with error_data.remaining_seconds it is a limit that ends by itself.
	waits bool
	tell  bool // those who run the bot must look into it, whatever else follows
	// ads: of the ad account. On the lane of paid messages it closes that alone: the platform
	// counts those calls by themselves.
	ads bool
}

const (
	// restLimit is our patience with a limit when the platform does not say how long it
	// lasts: what is sent before it ends makes it longer.
	restLimit = time.Minute
	restDay   = 24 * time.Hour
	restWeek  = 7 * 24 * time.Hour
)

// refusals is the table, from Meta's list of June 2026 and what operators report.
// Numbers from 1,000,000 on come as a code or as the subcode of another one, and
// are found both ways. Bugs of ours are bot.ClassContent: sending the same again
// does not help.
var refusals = []refusal{
	{code: 1, class: bot.ClassTransient, meaning: "unknown error"},
	{code: 1, subcode: 1357046, unknown: true, meaning: "bad reply inside a batch"},
	{code: 2, class: bot.ClassTransient, meaning: "service down; also seen for people who blocked the Page"},
	{code: 2, subcode: 2018344, class: bot.ClassOperator, meaning: "label privacy terms not accepted"},
	{code: 3, class: bot.ClassOperator, meaning: "capability or permission missing"},
	{code: 4, class: bot.ClassBackoff, meaning: "app limit"},
	{code: 4, subcode: 2018354, class: bot.ClassTooSoon, meaning: "too soon after the last notification"},
	{code: 9, subcode: 2018352, class: bot.ClassAskedSoon, rest: restDay, meaning: "too many opt-in requests to this person"},
	{code: 10, class: bot.ClassOperator, meaning: "permission missing"},
	{code: 10, subcode: 1404170, class: bot.ClassAskBarred, meaning: "the Page may not ask for opt-ins for a time"},
	{code: 10, subcode: 1893015, class: bot.ClassStopped, meaning: "the person stopped this topic"},
	{code: 10, subcode: 1893063, class: bot.ClassPage, meaning: "the Page may not send for a time"},
	{code: 10, subcode: 2018065, class: bot.ClassWindow, meaning: "outside the window; news permission needed"},
	{code: 10, subcode: 2018108, class: bot.ClassTooSoon, rest: restDay, meaning: "the person cannot receive now"},
	{code: 10, subcode: 2018278, class: bot.ClassWindow, meaning: "outside the allowed window"},
	{code: 10, subcode: 2018336, class: bot.ClassContent, meaning: "not available for this person (regional privacy rules, presumably)"},
	{code: 10, subcode: 2534022, class: bot.ClassWindow, meaning: "outside the allowed window, Instagram"},
	{code: 10, subcode: 2534077, class: bot.ClassOperator, meaning: "link of Instagram account, person and Page not verifiable"},
	{code: 17, class: bot.ClassBackoff, ads: true, meaning: "user limit; of the Marketing API that of the ad account"},
	{code: 32, class: bot.ClassBackoff, meaning: "Page limit"},
	{code: 100, class: bot.ClassContent, meaning: "bad parameter"},
	{code: 100, subcode: 33, class: bot.ClassOperator, meaning: "object missing or no access"},
	{code: 100, subcode: 2018001, class: bot.ClassUnreachable, meaning: "no matching user"},
	{code: 100, subcode: 2018008, class: bot.ClassContent, meaning: "attachment could not be fetched"},
	{code: 100, subcode: 2018014, class: bot.ClassContent, meaning: "message and sender action together"},
	{code: 100, subcode: 2018047, class: bot.ClassContent, meaning: "attachment of another type"},
	{code: 100, subcode: 2018074, class: bot.ClassContent, meaning: "attachment id wrong or not ours"},
	{code: 100, subcode: 2018109, class: bot.ClassContent, meaning: "attachment too big"},
	{code: 100, subcode: 2018164, class: bot.ClassContent, meaning: "wrong app id"},
	{code: 100, subcode: 2018294, class: bot.ClassContent, meaning: "video timed out or corrupt"},
	{code: 100, subcode: 2018320, class: bot.ClassContent, meaning: "product id invalid"},
	{code: 100, subcode: 2018328, class: bot.ClassContent, meaning: "product template needs a newer version"},
	{code: 100, subcode: 2534013, class: bot.ClassOperator, meaning: "the Page has no linked Instagram account"},
	{code: 100, subcode: 2534014, class: bot.ClassUnreachable, meaning: "no matching user, Instagram"},
	{code: 100, subcode: 2534015, class: bot.ClassContent, meaning: "message data invalid, Instagram"},
	{code: 100, subcode: 2534025, class: bot.ClassContent, meaning: "comment not valid for a private reply"},
	{code: 100, subcode: 2534029, class: bot.ClassPage, meaning: "the business is barred from the Instagram API"},
	{code: 100, subcode: 2534037, class: bot.ClassThread, meaning: "not the thread owner, Instagram"},
	{code: 102, class: bot.ClassToken, meaning: "session ended"},
	{code: 190, class: bot.ClassToken, meaning: "access token dead"},
	{code: 190, subcode: 458, class: bot.ClassToken, meaning: "app not installed"},
	{code: 190, subcode: 459, class: bot.ClassToken, meaning: "checkpoint: its owner must log in"},
	{code: 190, subcode: 460, class: bot.ClassToken, meaning: "password changed"},
	{code: 190, subcode: 463, class: bot.ClassToken, meaning: "token expired"},
	{code: 190, subcode: 464, class: bot.ClassToken, meaning: "its owner is unconfirmed"},
	{code: 190, subcode: 467, class: bot.ClassToken, meaning: "token invalid"},
	{code: 190, subcode: 492, class: bot.ClassToken, meaning: "its owner lost the role on the Page"},
	{code: 200, to: 299, class: bot.ClassOperator, meaning: "permission missing"},
	{code: 200, subcode: 1545041, class: bot.ClassUnreachable, meaning: "person not available"},
	{code: 200, subcode: 2018021, class: bot.ClassOperator, meaning: "phone-matching fee unpaid"},
	{code: 200, subcode: 2018027, class: bot.ClassOperator, meaning: "permission not reviewed: only people with a role, phone numbers"},
	{code: 200, subcode: 2018028, class: bot.ClassOperator, meaning: "app not live or not reviewed: only people with a role"},
	{code: 200, subcode: 2534041, class: bot.ClassOperator, meaning: "the Instagram owner switched off access to messages"},
	{code: 341, class: bot.ClassBackoff, meaning: "application limit"},
	{code: 368, class: bot.ClassPage, meaning: "blocked for policy"},
	{code: 551, class: bot.ClassUnreachable, meaning: "person not available"},
	{code: 551, subcode: 1545041, class: bot.ClassUnreachable, meaning: "person not available"},
	{code: 551, subcode: 1893047, class: bot.ClassUnreachable, meaning: "person not available"},
	// The plain 613 passes within seconds and is retried like 2; the named ones do not.
	{code: 613, class: bot.ClassTransient, meaning: "custom limit"},
	{code: 613, subcode: 1487742, class: bot.ClassBackoff, ads: true, meaning: "too many calls of the ad account"},
	{code: 613, subcode: 1996, class: bot.ClassBackoff, meaning: "odd traffic"},
	{code: 613, subcode: 1893016, class: bot.ClassAskedSoon, rest: restWeek, meaning: "this opt-in title was shown within a week"},
	{code: 613, subcode: 2018338, class: bot.ClassTooSoon, rest: restDay, tell: true, meaning: "abuse warning: too many tagged messages to this person"},
	{code: 613, subcode: 2534040, class: bot.ClassBackoff, meaning: "API limit, Instagram"},
	{code: 1200, class: bot.ClassTransient, meaning: "temporary send failure"},
	{code: 2022, class: bot.ClassPage, meaning: "feature limited after a policy violation; one operator meets it as a rate limit"},
	{code: 10303, class: bot.ClassContent, meaning: "account-linking token"},
	{code: 36000, class: bot.ClassContent, meaning: "image too large"},
	{code: 36103, class: bot.ClassOperator, meaning: "Instagram account not eligible"},
	{code: 80000, class: bot.ClassBackoff, ads: true, meaning: "business limit, insights of ads"},
	{code: 80003, class: bot.ClassBackoff, ads: true, meaning: "business limit, audiences"},
	{code: 80004, class: bot.ClassBackoff, ads: true, meaning: "business limit, ads"},
	{code: 80001, class: bot.ClassBackoff, meaning: "business limit, Page"},
	{code: 80002, class: bot.ClassBackoff, meaning: "business limit, Instagram"},
	{code: 80006, class: bot.ClassBackoff, meaning: "business limit, Messenger"},
	{code: 80008, class: bot.ClassBackoff, meaning: "business limit, WhatsApp management"},
	// The pages read 1545041 as "unavailable" and as "window closed": that nothing is
	// tried until the person writes is right for both.
	{code: 1545041, class: bot.ClassUnreachable, meaning: "person not available"},
	{code: 1893047, class: bot.ClassUnreachable, meaning: "recipient unavailable"},
	{code: 2018218, class: bot.ClassContent, meaning: "no profile: a phone-number account"},
	{code: 2018247, class: bot.ClassContent, meaning: "permission for a profile field missing"},
	{code: 2018300, class: bot.ClassThread, meaning: "another app controls the thread"},
	{code: 2018321, class: bot.ClassThread, meaning: "Messenger's own question flow controls the thread"},
	{code: 9000001, class: bot.ClassContent, meaning: "object deleted"},

	// Paid marketing messages.
	// What is wrong with a campaign, or used up, closes the lane and nothing else.
	{code: 2300000, class: bot.ClassLane, meaning: "campaign not active"},
	{code: 2300001, class: bot.ClassLane, meaning: "campaign unknown or not ours"},
	{code: 2300002, to: 2300003, class: bot.ClassLane, meaning: "ad set or message not active"},
	{code: 2300004, class: bot.ClassStopped, meaning: "subscription token invalid: the person opted out"},
	{code: 2300005, class: bot.ClassPermit, meaning: "subscription token of another Page"},
	{code: 2300018, class: bot.ClassContent, meaning: "attachment not saved"},
	{code: 2300021, to: 2300026, class: bot.ClassContent, meaning: "payload invalid"},
	{code: 2300027, class: bot.ClassContent, meaning: "attachment not reusable"},
	{code: 2300028, class: bot.ClassLane, rest: time.Hour, meaning: "pacing data not ready: the campaign is younger than an hour"},
	{code: 2300052, class: bot.ClassTooSoon, rest: restDay, meaning: "recipient unavailable for this message"},
	{code: 2300064, to: 2300067, class: bot.ClassOperator, meaning: "creation denied"},
	{code: 2300068, to: 2300079, class: bot.ClassLane, waits: true, meaning: "budget, pacing or credit used up"},
	{code: 2300080, class: bot.ClassBackoff, meaning: "limit of the token list"},
}

// unavailable is the person who cannot be reached, on the lane of paid messages: now, by
// this campaign.
const unavailable = 1893047

// firstSubcodeAlone is from where on a number means the same as code and subcode.
const firstSubcodeAlone = 1_000_000

// lookup finds the row of a code and subcode: the pair, the subcode as a row of
// its own, the code alone, the range the code falls into.
func lookup(code, subcode int) (refusal, bool) {
	best, rank := refusal{}, 0
	for _, r := range refusals {
		n := 0
		switch inRange := code >= r.code && code <= max(r.code, r.to); {
		case r.subcode != 0 && code == r.code && subcode == r.subcode:
			n = 4
		case r.subcode == 0 && subcode >= firstSubcodeAlone && r.code <= subcode && subcode <= max(r.code, r.to):
			n = 3
		case r.subcode == 0 && r.to == 0 && inRange:
			n = 2
		case r.subcode == 0 && inRange:
			n = 1
		}
		if n > rank {
			best, rank = r, n
		}
	}
	return best, rank > 0
}

// verdict is the body of an answer, as far as it says what became of a message.
type verdict struct {
	mid    string // the platform's id of an accepted message
	person value  // the id of who has it
	// file is the id of the file in the message, if the platform keeps it.
	file string
	// tracking is the id of a paid message that was taken: it has no other yet.
	tracking string
	error    graphError
	// failed: it holds an error.
	failed bool
}

// graphError is the platform's error, without the texts that may quote us.
type graphError struct {
	code, subcode int
	transient     value // a boolean, if there is any
	data          value
	// unproven: it is about appsecret_proof. The app secret is another one by now, which is
	// nothing about the message; the platform has no code for it but that of any bad parameter.
	unproven bool
}

// readVerdict reads a body; what is no JSON says nothing.
func readVerdict(body []byte) (a verdict) {
	if !valid(body) {
		return a
	}
	var inside string // the page on notifications prints the id inside recipient
	for name, field := range whole(body).fields {
		switch string(name) {
		case "message_id":
			a.mid, _ = field.ident()
		case "marketing_message_tracking_id":
			a.tracking, _ = field.ident()
		case "attachment_id":
			a.file, _ = field.ident()
		case "recipient_id":
			a.person = field
		case "recipient":
			inside, _ = field.identIn("message_id")
		case "error":
			a.error, a.failed = readError(field)
		}
	}
	if a.mid == "" {
		a.mid = inside
	}
	if a.mid == "" {
		a.mid = a.tracking
	}
	return a
}

func readError(v value) (e graphError, ok bool) {
	for name, field := range v.fields {
		switch string(name) {
		case "code":
			e.code = field.code()
		case "error_subcode":
			e.subcode = field.code()
		case "is_transient":
			e.transient = field
		case "error_data":
			e.data = field
		case "message":
			e.unproven = bytes.Contains(field, []byte("appsecret_proof"))
		}
	}
	e.unproven = e.unproven && e.code == 100 && e.subcode == 0
	return e, v.isObject()
}

// name is what logs and operators see: "10/2018278".
func (e graphError) name() string {
	if e.subcode == 0 {
		return strconv.Itoa(e.code)
	}
	return strconv.Itoa(e.code) + "/" + strconv.Itoa(e.subcode)
}

// remaining is error_data.remaining_seconds; the platform writes error_data as an
// object or as a string that holds one.
func (e graphError) remaining() time.Duration {
	data := e.data
	if text, err := data.text(); err == nil && valid([]byte(text)) {
		data = whole([]byte(text))
	}
	field, err := data.field("remaining_seconds")
	if err != nil {
		return 0
	}
	if seconds, err := field.decimal(); err == nil && seconds > 0 {
		return boundedRest(seconds, time.Second)
	}
	return 0
}

// judge turns an answer that carries an error into its outcome.
func judge(e graphError, status int, lane string) bot.Outcome {
	o := bot.Outcome{Status: bot.Refused, Code: e.name()}
	if e.unproven {
		o.Class, o.Code = bot.ClassToken, o.Code+" appsecret_proof"
		return o
	}
	row, known := lookup(e.code, e.subcode)
	switch {
	case lane == laneMarketing && (e.code == unavailable || e.subcode == unavailable):
		o.Class, o.RetryAfter = bot.ClassTooSoon, restDay // whom a campaign cannot have is in reach of the others
	case known:
		o.Class, o.RetryAfter, o.Tell = row.class, row.rest, row.tell
	case status == http.StatusTooManyRequests:
		o.Class = bot.ClassBackoff
	case status == http.StatusUnauthorized:
		o.Class = bot.ClassToken
	case status == http.StatusForbidden:
		o.Class = bot.ClassOperator
	case status >= 500:
		o.Class = bot.ClassTransient
	default:
		o.Class = bot.ClassContent
	}
	if row.unknown {
		return bot.Outcome{Status: bot.Unknown, Code: o.Code}
	}
	if left := e.remaining(); row.waits && left > 0 {
		o.RetryAfter = left
	}
	// A plain 100 on a lane with a token is a token that ran out or was used: what
	// else it could be was checked before sending. Paid messages have codes of their own.
	if needsToken(lane) && lane != laneMarketing && e.code == 100 && row.subcode == 0 && row.class == bot.ClassContent {
		o.Class = bot.ClassPermit
	}
	if o.Class = weighTransient(o.Class, e.transient); lane == laneMarketing && row.ads {
		o.Class = bot.ClassLane
	}
	return o
}

// heedRest adds what the header of an answer says about the next try. About a limit it
// says all; where it says nothing we are patient ourselves.
func heedRest(o *bot.Outcome, said time.Duration) {
	if o.Class == bot.ClassBackoff {
		o.RetryAfter = cmp.Or(said, restLimit)
		return
	}
	o.RetryAfter = max(o.RetryAfter, said)
}

// weighTransient lets the platform's own word win over the table, in both
// directions. It does not make a limit final, a limit ends; and no word undoes a
// person's stop.
func weighTransient(class bot.Class, transient value) bot.Class {
	yes, err := transient.flag()
	switch {
	case err != nil || transient.absent() || class == bot.ClassStopped || class == bot.ClassBackoff:
		return class
	case yes:
		return bot.ClassTransient
	case class == bot.ClassTransient:
		return bot.ClassContent
	}
	return class
}

// code is a number; some answers write it as a string.
func (v value) code() int {
	n, err := strconv.Atoi(string(bytes.Trim(v, `"`)))
	if err != nil {
		return 0
	}
	return n
}
