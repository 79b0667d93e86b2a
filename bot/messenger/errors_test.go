package messenger

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/relance-bot/relance/bot"
)

// platformErrors is the platform's list as read, row by row: what it says, and
// what follows for us. A row of the table that is not here fails the test.
var platformErrors = []struct {
	codes [][2]int // code and subcode
	want  bot.Class
	rest  time.Duration
}{
	{[][2]int{{1, 0}, {2, 0}, {1200, 0}, {613, 0}}, bot.ClassTransient, 0},
	{[][2]int{{4, 0}, {17, 0}, {32, 0}, {341, 0}, {613, 1996}, {613, 1487742}, {613, 2534040}, {80000, 0}, {80003, 0}, {80004, 0}, {80001, 0}, {80002, 0}, {80006, 0}, {80008, 0}}, bot.ClassBackoff, time.Minute},
	{[][2]int{{10, 2018278}, {10, 2534022}, {10, 2018065}}, bot.ClassWindow, 0},
	{[][2]int{{4, 2018354}}, bot.ClassTooSoon, 0},
	{[][2]int{{10, 2018108}, {613, 2018338}, {2300052, 0}}, bot.ClassTooSoon, 24 * time.Hour},
	{[][2]int{{10, 1893015}, {2300004, 0}}, bot.ClassStopped, 0},
	{[][2]int{{200, 1545041}, {551, 1545041}, {551, 1893047}, {551, 0}, {100, 2018001}, {100, 2534014}, {1545041, 0}, {1893047, 0}}, bot.ClassUnreachable, 0},
	{[][2]int{{613, 1893016}}, bot.ClassAskedSoon, 7 * 24 * time.Hour},
	{[][2]int{{9, 2018352}}, bot.ClassAskedSoon, 24 * time.Hour},
	{[][2]int{{10, 1404170}}, bot.ClassAskBarred, 0},
	{[][2]int{{2018300, 0}, {2018321, 0}, {10, 2018300}, {100, 2018321}, {100, 2534037}}, bot.ClassThread, 0},
	{[][2]int{{10, 1893063}, {368, 0}, {2022, 0}, {100, 2534029}}, bot.ClassPage, 0},
	{[][2]int{{102, 0}, {190, 0}, {190, 458}, {190, 459}, {190, 460}, {190, 463}, {190, 464}, {190, 467}, {190, 492}, {190, 1234567}}, bot.ClassToken, 0},
	{[][2]int{{2, 2018344}, {3, 0}, {10, 0}, {10, 2534077}, {36103, 0}, {100, 33}, {100, 2534013}, {200, 0}, {200, 2018028}, {200, 2018027},
		{200, 2018021}, {200, 2534041}, {210, 0}, {230, 0}, {299, 0}}, bot.ClassOperator, 0},
	{[][2]int{{2300064, 0}, {2300065, 0}, {2300067, 0}}, bot.ClassOperator, 0},
	{[][2]int{{2300000, 0}, {2300001, 0}, {2300002, 0}, {2300003, 0}, {2300068, 0}, {2300073, 0}, {2300079, 0}}, bot.ClassLane, 0},
	{[][2]int{{10, 2018336}, {36000, 0}, {100, 0}, {100, 2018008}, {100, 2018047}, {100, 2018109}, {100, 2018294}, {100, 2018074}, {100, 2018014},
		{100, 2018164}, {100, 2018320}, {100, 2018328}, {100, 2534015}, {100, 2534025}, {10303, 0}, {2018218, 0}, {2018247, 0}, {9000001, 0}}, bot.ClassContent, 0},
	{[][2]int{{2300018, 0}, {2300021, 0}, {2300024, 0}, {2300026, 0}, {2300027, 0}}, bot.ClassContent, 0},
	{[][2]int{{2300005, 0}}, bot.ClassPermit, 0},
	{[][2]int{{2300028, 0}}, bot.ClassLane, time.Hour},
	{[][2]int{{2300080, 0}}, bot.ClassBackoff, time.Minute},
}

func TestEveryErrorOfThePlatformHasItsClass(t *testing.T) {
	t.Parallel()
	seen := map[[2]int]bool{{1, 1357046}: true} // its own test below
	for _, row := range platformErrors {
		for _, code := range row.codes {
			seen[code] = true
			got := judge(graphError{code: code[0], subcode: code[1]}, http.StatusBadRequest, laneWindow)
			heedRest(&got, 0)
			want := bot.Outcome{Status: bot.Refused, Class: row.want, RetryAfter: row.rest, Code: fmt.Sprint(code[0]), Tell: code[1] == 2018338}
			if code[1] != 0 {
				want.Code = fmt.Sprintf("%d/%d", code[0], code[1])
			}
			if got != want {
				t.Errorf("%v: got %+v, want %+v", code, got, want)
			}
		}
	}
	for _, row := range refusals {
		if !seen[[2]int{row.code, row.subcode}] {
			t.Errorf("no test for %d/%d, %s", row.code, row.subcode, row.meaning)
		}
		if row.meaning == "" {
			t.Errorf("%d/%d says nothing", row.code, row.subcode)
		}
	}
}

func TestAnErrorNobodyKnowsIsJudgedByWhatIsKnownOfIt(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name          string
		code, subcode int
		status        int
		want          bot.Class
	}{
		{"a new subcode counts as its code", 10, 9999999, 400, bot.ClassOperator},
		{"a new subcode of a transient code", 2, 9999999, 400, bot.ClassTransient},
		{"a known subcode under a new code", 7, 2018300, 400, bot.ClassThread},
		{"a small subcode is no code", 7777, 10, 400, bot.ClassContent},
		{"bad request", 7777, 0, 400, bot.ClassContent},
		{"unauthorised", 7777, 0, 401, bot.ClassToken},
		{"forbidden", 7777, 0, 403, bot.ClassOperator},
		{"too many", 7777, 0, 429, bot.ClassBackoff},
		{"broken down", 7777, 0, 503, bot.ClassTransient},
		{"the code goes before the status", 551, 0, 500, bot.ClassUnreachable},
	} {
		e := graphError{code: tt.code, subcode: tt.subcode}
		if got := judge(e, tt.status, laneWindow); got.Class != tt.want || got.Status != bot.Refused {
			t.Errorf("%s: got %+v, want class %d", tt.name, got, tt.want)
		}
	}
}

func TestIsTransientWins(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		body string
		want bot.Class
	}{
		{`{"error":{"code":2,"is_transient":true}}`, bot.ClassTransient},
		{`{"error":{"code":2,"is_transient":false}}`, bot.ClassContent},
		{`{"error":{"code":2,"error_subcode":2018344,"is_transient":false}}`, bot.ClassOperator},
		{`{"error":{"code":551,"error_subcode":1893047,"is_transient":false}}`, bot.ClassUnreachable},
		{`{"error":{"code":551,"is_transient":true}}`, bot.ClassTransient},
		{`{"error":{"code":190,"is_transient":true}}`, bot.ClassTransient},
		{`{"error":{"code":7777,"is_transient":true}}`, bot.ClassTransient},
		// A limit ends by itself, and a person's stop holds.
		{`{"error":{"code":4,"is_transient":false}}`, bot.ClassBackoff},
		{`{"error":{"code":10,"error_subcode":1893015,"is_transient":true}}`, bot.ClassStopped},
	} {
		v := readVerdict([]byte(tt.body))
		if got := judge(v.error, 400, laneWindow); !v.failed || got.Class != tt.want {
			t.Errorf("%s: got %+v, want class %d", tt.body, got, tt.want)
		}
	}
}

func TestABadReplyInsideABatchIsNoRefusal(t *testing.T) {
	t.Parallel()
	got := judge(graphError{code: 1, subcode: 1357046}, 400, laneWindow)
	if want := (bot.Outcome{Status: bot.Unknown, Code: "1/1357046"}); got != want {
		t.Errorf("got %+v", got)
	}
}

func TestABadParameterToATokenIsADeadToken(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		code, subcode int
		want          bot.Class
	}{
		{100, 0, bot.ClassPermit}, {100, 7777777, bot.ClassPermit}, {100, 2018008, bot.ClassContent}, {100, 2018001, bot.ClassUnreachable},
		{36000, 0, bot.ClassContent}, {10, 2018278, bot.ClassWindow},
	} {
		got := judge(graphError{code: tt.code, subcode: tt.subcode}, 400, laneRecurring)
		if got.Class != tt.want {
			t.Errorf("%d/%d: got %+v, want class %d", tt.code, tt.subcode, got, tt.want)
		}
	}
}

// TestANewAppSecretCostsNobodyTheirPermit: while the app secret is another one, every call
// is refused as if a parameter were bad. Nothing is wrong with messages and tokens.
func TestANewAppSecretCostsNobodyTheirPermit(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"Invalid appsecret_proof provided in the API argument", "API calls from the server require an appsecret_proof argument"} {
		body := []byte(`{"error":{"message":"` + text + `","type":"GraphMethodException","code":100,"fbtrace_id":"A1"}}`)
		want := bot.Outcome{Status: bot.Refused, Class: bot.ClassToken, Code: "100 appsecret_proof"}
		for _, lane := range []string{laneWindow, laneRecurring, laneOneTime, laneMarketing} {
			if got := settleAnswer(http.StatusBadRequest, body, lane); got != want {
				t.Errorf("%s, on the lane %s: got %+v, want %+v", text, lane, got, want)
			}
		}
		if got := settleWhole(reply{fate: answered, status: http.StatusBadRequest, body: body}, laneWindow); got != want {
			t.Errorf("%s, of a batch: got %+v, want %+v", text, got, want)
		}
	}
}

func TestWhoCannotHaveAPaidMessageIsNotOutOfReach(t *testing.T) {
	t.Parallel()
	for _, code := range [][2]int{{1893047, 0}, {551, 1893047}, {2300052, 0}} {
		got := judge(graphError{code: code[0], subcode: code[1]}, 400, laneMarketing)
		if got.Class != bot.ClassTooSoon || got.RetryAfter != 24*time.Hour {
			t.Errorf("%v: got %+v", code, got)
		}
	}
}

func TestABudgetThatComesBackIsWaitedFor(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		body string
		want bot.Class
		rest time.Duration
	}{
		{`{"error":{"code":2300070,"error_data":{"remaining_seconds":90}}}`, bot.ClassLane, 90 * time.Second},
		{`{"error":{"code":2300070,"error_data":"{\"remaining_seconds\":90}"}}`, bot.ClassLane, 90 * time.Second},
		{`{"error":{"code":2300070,"error_data":{"remaining_seconds":1e300}}}`, bot.ClassLane, 24 * time.Hour},
		{`{"error":{"code":2300070,"error_data":"gone"}}`, bot.ClassLane, 0},
		{`{"error":{"code":2300070}}`, bot.ClassLane, 0},
		{`{"error":{"code":10,"error_data":{"remaining_seconds":90}}}`, bot.ClassOperator, 0},
	} {
		v := readVerdict([]byte(tt.body))
		if got := judge(v.error, 400, laneWindow); !v.failed || got.Class != tt.want || got.RetryAfter != tt.rest {
			t.Errorf("%s: got %+v", tt.body, got)
		}
	}
}
