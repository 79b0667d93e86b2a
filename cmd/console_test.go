package cmd

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

const (
	shopKey  = "key-of-the-shop"
	mean     = "<script>alert(1)</script>"
	newsShop = "zoe@foulee.example"
)

// newsBot has one topic, a night in which nobody is written to, and a schedule.
var newsBot = map[string]string{
	"bot.yaml": `name: Foulée
locale: en
timezone: Europe/Paris
fields:
  email: {type: email, unique: true}
topics:
  news: {title: The news, cadence: [daily]}
events:
  news: {about: text}
quiet_hours: 21:00-08:00
channels:
  messenger: {notifications: [recurring]}
`,
	"flows/hello.yaml": `triggers: [{keywords: [hello]}]
steps:
  - ask: Your e-mail?
    save: contact.email
  - opt_in: news
`,
	"flows/told.yaml": `triggers: [{event: news, topic: news}]
steps:
  - say: "News about {{ event.about }}"
    buttons: [{label: Stop, opt_out: news}]
`,
	"flows/monday.yaml": `triggers: [{cron: 0 9 * * MON, topic: news}]
steps:
  - say: It is Monday
    buttons: [{label: Stop, opt_out: news}]
`,
}

// visitor looks at a console over HTTP.
type visitor struct {
	*runningBot
	t *testing.T
}

func (v visitor) get(path string) (status int, page string) {
	v.t.Helper()
	return request(v.t, http.MethodGet, v.base+path, http.Header{"Authorization": {"Bearer " + shopKey}, "Accept": {"text/html"}}, nil)
}

// post sends a form and returns the status and the page that it led to.
func (v visitor) post(path string, form url.Values) (status int, page string) {
	v.t.Helper()
	return request(v.t, http.MethodPost, v.base+path, http.Header{
		"Authorization": {"Bearer " + shopKey}, "Content-Type": {"application/x-www-form-urlencoded"},
	}, []byte(form.Encode()))
}

// phone does something on the emulated phone.
func (v visitor) phone(what, body string) string {
	v.t.Helper()
	status, answer := request(v.t, http.MethodPost, v.base+"/phone/"+what, http.Header{"Content-Type": {"application/json"}}, []byte(body))
	if status >= 300 {
		v.t.Fatalf("%s %s: %d %s", what, body, status, answer)
	}
	return answer
}

// tellNews runs a bot that knows two people, one of whom agreed to the news; they are held
// until the morning. It is evening there, and the campaign waits.
func tellNews(t *testing.T) (v visitor, contact string) {
	t.Helper()
	b := startBot(t, writeBot(t, newsBot, ""), map[string]string{"RELANCE_API_KEY": shopKey})
	v = visitor{b, t}
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now().In(paris)
	evening := time.Date(now.Year(), now.Month(), now.Day()+1, 20, 30, 0, 0, paris)
	advance(t, b, evening.Sub(now))

	name, err := json.Marshal(mean)
	if err != nil {
		t.Fatal(err)
	}
	v.phone("join", `{"psid":"7001","first_name":`+string(name)+`,"locale":"en_GB","timezone":"Europe/Paris"}`)
	says := func(text, answered string) {
		t.Helper()
		v.phone("act", fmt.Sprintf(`{"person":"7001","act":"write","text":%q}`, text))
		within(t, 20*time.Second, answered, func() bool { return strings.Contains(v.chat(), answered) })
	}
	says("hello", "Your e-mail?")
	says(newsShop, "The news")
	mid := regexp.MustCompile(`"mid":"([^"]+)"`).FindAllStringSubmatch(v.chat(), -1)
	v.phone("act", fmt.Sprintf(`{"person":"7001","act":"accept","mid":%q}`, mid[len(mid)-1][1]))
	contact = "messenger:" + emulatorPage + ":7001"
	within(t, 20*time.Second, "they agreed", func() bool {
		_, page := v.get("/console/people/show?id=" + contact)
		return strings.Contains(page, `<span class="state active">`)
	})
	advance(t, b, 2*time.Hour)
	v.event("n1")
	return v, contact
}

func (v visitor) chat() string {
	v.t.Helper()
	_, answer := request(v.t, http.MethodGet, v.base+"/phone/chat?person=7001&after=0", nil, nil)
	return answer
}

// event lets the shop have news, and waits until its campaign waits for the morning.
func (v visitor) event(id string) {
	v.t.Helper()
	if code, out := cli(v.t, v.with(), "event", "news", "about=laces", "--id", id, "--dir", v.dir); code != exitFine {
		v.t.Fatalf("relance event exits %d: %s", code, out)
	}
	within(v.t, 20*time.Second, "the campaign waits", func() bool {
		_, page := v.get("/console/campaigns/show?id=told@" + id)
		return strings.Contains(page, ">waiting<")
	})
}

func (v visitor) with() map[string]string {
	return map[string]string{"RELANCE_LISTEN": v.env["RELANCE_LISTEN"], "RELANCE_API_KEY": shopKey}
}

// sees wants a page to have, and to lack, some texts.
func (v visitor) sees(path string, status int, has ...string) string {
	v.t.Helper()
	got, page := v.get(path)
	if got != status {
		v.t.Errorf("%s: %d, want %d\n%s", path, got, status, page)
	}
	for _, text := range has {
		if !strings.Contains(page, text) {
			v.t.Errorf("%s does not have %q:\n%s", path, text, page)
		}
	}
	if strings.Contains(page, mean) {
		v.t.Errorf("%s runs what somebody is called", path)
	}
	return page
}

func TestTheConsoleTellsWhoGotWhatAndWhy(t *testing.T) {
	t.Parallel()
	v, contact := tellNews(t)
	if out := v.out.String(); !strings.Contains(out, "Console:  "+v.base+"/console\n") {
		t.Errorf("the bot does not say where its console is:\n%s", out)
	}
	const escaped = "&lt;script&gt;alert(1)&lt;/script&gt;"
	v.sees("/console", 200, "<h1>Foulée</h1>", "Nothing is.", `<a href="/console/campaigns/show?id=told%40n1">`, "told", "monday", "Mon ", "09:00", "Sign out", "Times are those of Europe/Paris")
	v.sees("/console/campaigns", 200, "told@n1", ">waiting<")
	v.sees("/console/campaigns/show?id=told%40n1", 200, "quiet_hours", "held", `value="pause"`, "Cancel…")
	v.sees("/console/people", 200, escaped, "news (daily)", contact, "email=VALUE")
	v.sees("/console/people?after="+contact, 200, "nobody further")
	v.sees("/console/people/show?id="+contact, 200, "<h1>"+escaped, newsShop, "Held: it fell into their quiet hours", "monday", "Forget them…")
	v.sees("/console/people/receipt?id="+contact, 200, "Consent of "+escaped, "They said yes")
	v.sees("/console/people/forget?id="+contact, 200, "cannot be taken back")
	v.sees("/console/people/stop?id="+contact+"&topic=news", 200, escaped, "<strong>news</strong>", "Stop it")
	v.sees("/console/people/stop?id="+contact+"&topic=all", 200, escaped, "Stop everything")
	v.sees("/console/schedule", 200, "monday", "Europe/Paris", "09:00")
	v.sees("/console/figures", 200, `<th scope="row">news</th>`, "Everything")
	v.sees("/console/figures?by=flow&since=2020-01-01&until=&window=7d", 200, "hello")
	v.sees("/console/figures/experiments", 200, "nobody was held out")
	if status, export := v.get("/console/people/export?id=" + contact); status != 200 || !json.Valid([]byte(export)) || !strings.Contains(export, newsShop) {
		t.Errorf("the export: %d %s", status, export)
	}
	if status, page := v.post("/console/consent", nil); status != 200 || !strings.Contains(page, "The ledger is sound.") {
		t.Errorf("the ledger: %d %s", status, page)
	}
}

func TestTheConsoleAnswersWhatIsWrongWithAPage(t *testing.T) {
	t.Parallel()
	v, contact := tellNews(t)
	long := strings.Repeat("a", 600)
	for path, status := range map[string]int{
		"/console/nothing":                                   404,
		"/console/people/show":                               404,
		"/console/people/show?id=messenger:1:2":              404,
		"/console/people/show?id=" + long:                    404,
		"/console/people/show?id=%ff":                        404,
		"/console/people/show?id=email%3Dno%40where.eu":      404,
		"/console/people?after=" + long:                      404,
		"/console/people/receipt?id=nobody":                  404,
		"/console/people/export?id=nobody":                   404,
		"/console/people/forget?id=nobody":                   404,
		"/console/people/stop?id=nobody&topic=all":           404,
		"/console/people/stop?id=" + contact + "&topic=x":    404,
		"/console/campaigns/show?id=none":                    404,
		"/console/campaigns/show":                            404,
		"/console/campaigns/cancel?id=none":                  404,
		"/console/figures?by=shoe":                           400,
		"/console/figures?since=yesterday":                   400,
		"/console/figures?window=long":                       400,
		"/console/figures?since=2026-03-02&until=2026-03-01": 400,
	} {
		page := v.sees(path, status, "<h1>", "People</a>")
		if strings.Contains(page, long) {
			t.Errorf("%s is quoted", path)
		}
	}
	for name, tc := range map[string]struct {
		path   string
		form   url.Values
		status int
	}{
		"nobody is found":           {"/console/people/find", url.Values{"who": {"email=" + mean}}, 404},
		"nobody is looked for":      {"/console/people/find", nil, 404},
		"a form too long":           {"/console/people/find", url.Values{"who": {strings.Repeat(long, 20)}}, 413},
		"nobody is forgotten":       {"/console/people/forget", url.Values{"id": {"nobody"}}, 404},
		"nobody stops":              {"/console/people/stop", url.Values{"id": {"nobody"}, "topic": {"all"}}, 404},
		"no such topic":             {"/console/people/stop", url.Values{"id": {contact}, "topic": {"x"}}, 422},
		"no such campaign":          {"/console/campaigns/steer", url.Values{"id": {"none"}, "do": {"pause"}}, 404},
		"nothing is to be done":     {"/console/campaigns/steer", url.Values{"id": {"told@n1"}}, 400},
		"a rate that is none":       {"/console/campaigns/steer", url.Values{"id": {"told@n1"}, "do": {"throttle"}, "rate": {"fast"}}, 422},
		"a reason that is too long": {"/console/campaigns/steer", url.Values{"id": {"told@n1"}, "do": {"pause"}, "why": {long}}, 422},
	} {
		status, page := v.post(tc.path, tc.form)
		if status != tc.status || !strings.Contains(page, "<h1>") || strings.Contains(page, mean) {
			t.Errorf("%s: %d, want %d\n%s", name, status, tc.status, page)
		}
	}
}

func TestTheConsoleSteersAndForgets(t *testing.T) {
	t.Parallel()
	v, contact := tellNews(t)
	steer := func(do, rate, sees string) {
		t.Helper()
		status, page := v.post("/console/campaigns/steer", url.Values{"id": {"told@n1"}, "do": {do}, "rate": {rate}, "why": {"a wrong price"}})
		if status != 200 || !strings.Contains(page, sees) {
			t.Fatalf("%s: %d, and not %q\n%s", do, status, sees, page)
		}
	}
	steer("pause", "", `value="resume"`)
	v.sees("/console/campaigns/show?id=told%40n1", 200, "By console", "a wrong price")
	steer("throttle", "30/m", "30/m")
	steer("resume", "", `value="pause"`)
	steer("cancel", "", "cancelled")
	within(t, 20*time.Second, "the campaign is over", func() bool {
		_, page := v.get("/console/campaigns/show?id=told%40n1")
		return !strings.Contains(page, "still being counted")
	})
	if status, page := v.post("/console/campaigns/steer", url.Values{"id": {"told@n1"}, "do": {"pause"}}); status != 409 {
		t.Errorf("what is over is paused: %d %s", status, page)
	}

	if status, page := v.post("/console/people/find", url.Values{"who": {"email=" + newsShop}}); status != 200 || !strings.Contains(page, contact) {
		t.Errorf("by e-mail: %d %s", status, page)
	}
	if status, page := v.post("/console/people/stop", url.Values{"id": {contact}, "topic": {"news"}, "source": {"by telephone"}}); status != 200 || !strings.Contains(page, `"state stopped"`) {
		t.Errorf("stopping: %d %s", status, page)
	}
	v.sees("/console/people/receipt?id="+contact, 200, "They stopped it, through the shop&#39;s staff.", "by telephone")
	status, page := v.post("/console/people/forget", url.Values{"id": {contact}})
	if status != 200 || !strings.Contains(page, "Forgotten.") || strings.Contains(page, contact) {
		t.Errorf("forgetting: %d %s", status, page)
	}
	v.sees("/console/people/show?id="+contact, 404, "Nobody is known by that")
	if log := v.out.String(); strings.Contains(log, newsShop) || strings.Contains(log, mean) {
		t.Errorf("the log names somebody:\n%s", log)
	}
}

// TestTheConsoleInABrowser signs in, finds somebody and pauses a campaign. With
// RELANCE_SCREENSHOTS it leaves pictures there, of a phone's width and a desk's.
func TestTheConsoleInABrowser(t *testing.T) {
	t.Parallel()
	path := chromium(t)
	v, contact := tellNews(t)
	p := page{t, browseTo(t, path, v.base+"/console/people", "#key")}
	text := func() string {
		shown, err := chromedp.Run(p.ctx, chromedp.Evaluate[string](`document.body.innerText`))
		if err != nil {
			t.Fatal(err)
		}
		return shown
	}
	p.do("a wrong key", chromedp.SendKeys("#key", "wrong"), chromedp.Click("main button"), chromedp.WaitVisible(".alarm"))
	if shown := text(); !strings.Contains(shown, "This is not the key.") {
		t.Errorf("a wrong key shows\n%s", shown)
	}
	p.do("signing in", chromedp.SendKeys("#key", shopKey), chromedp.Click("main button"), chromedp.WaitVisible("#who"))
	p.do("finding her", chromedp.SendKeys("#who", "email="+newsShop), chromedp.Click("main form button"), chromedp.WaitVisible(".why"))
	if shown := text(); !strings.Contains(shown, mean) || !strings.Contains(shown, "quiet hours") {
		t.Errorf("she is shown as\n%s", shown)
	}
	campaign := v.base + "/console/campaigns/show?id=told%40n1"
	p.do("the campaign", chromedp.Navigate(campaign), chromedp.WaitVisible("#why"),
		chromedp.SendKeys("#why", "a wrong price"), chromedp.Click(`button[value="pause"]`), chromedp.WaitVisible(`button[value="resume"]`))
	if shown := text(); !strings.Contains(shown, "By console") || !strings.Contains(shown, "a wrong price") {
		t.Errorf("the campaign shows\n%s", shown)
	}
	p.do("somebody types", chromedp.SendKeys("#why", "half a word"))
	if status, page := v.post("/console/campaigns/steer", url.Values{"id": {"told@n1"}, "do": {"pause"}, "why": {"a second thought"}}); status != 200 {
		t.Fatalf("%d %s", status, page)
	}
	within(t, 20*time.Second, "the page keeps up", func() bool { return strings.Contains(text(), "a second thought") })
	if typed, err := chromedp.Run(p.ctx, chromedp.Evaluate[string](`document.querySelector("#why").value`)); err != nil || typed != "half a word" {
		t.Errorf("what was typed is %q, %v", typed, err)
	}
	for name, path := range map[string]string{
		"overview": "/console", "campaigns": "/console/campaigns", "campaign": "/console/campaigns/show?id=told%40n1", "cancel": "/console/campaigns/cancel?id=told%40n1",
		"find": "/console/people", "person": "/console/people/show?id=" + contact, "forget": "/console/people/forget?id=" + contact, "stop": "/console/people/stop?topic=all&id=" + contact,
		"receipt": "/console/people/receipt?id=" + contact, "schedule": "/console/schedule", "figures": "/console/figures", "consent": "/console/consent",
	} {
		for _, width := range []int64{360, 1200} {
			p.do(name, chromedp.EmulateViewport(width, 900), chromedp.Navigate(v.base+path))
			if heads, err := chromedp.Run(p.ctx, chromedp.Evaluate[int](`document.querySelectorAll("h1").length`)); err != nil || heads != 1 {
				t.Errorf("%s has %d headings of the first order (%v)", name, heads, err)
			}
			if wide, err := chromedp.Run(p.ctx, chromedp.Evaluate[int64](`document.documentElement.scrollWidth`)); err != nil || wide > width {
				t.Errorf("%s is %d wide on a screen of %d (%v)", name, wide, width, err)
			}
			if folder := os.Getenv("RELANCE_SCREENSHOTS"); folder != "" {
				p.photograph(filepath.Join(folder, fmt.Sprintf("console-%s-%d.png", name, width)))
			}
		}
	}
	p.do("the receipt", chromedp.Navigate(v.base+"/console/people/receipt?id="+contact))
	if worn, err := chromedp.Run(p.ctx, chromedp.Evaluate[string](`getComputedStyle(document.querySelector("dl")).display`)); err != nil || worn != "grid" {
		t.Errorf("the receipt does not wear its style: %s %v", worn, err)
	}
	p.do("signing out", chromedp.Navigate(v.base+"/console"), chromedp.Click("header button"), chromedp.WaitVisible("#key"))
	p.do("it is over", chromedp.Navigate(campaign), chromedp.WaitVisible("#key"))
}
