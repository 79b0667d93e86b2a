package console

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"path"
	"runtime/debug"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/storage"
)

// policy lets a page wear the console's style, run its one script, which asks the console
// alone, and send forms to it.
const policy = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

// handler asks the bot for what a page shows, or does what was asked.
type handler func(ctx context.Context, r *http.Request) (answer, error)

// answer is what a handler has to say: a page, a file, or where to go on.
type answer struct {
	to string // an address to go on to

	page   string // pages/PAGE.html
	title  string
	part   string         // of the console it belongs to: an address
	zone   *time.Location // of its times; the bot's if nil
	data   any
	status int // 200 if 0

	file *file
}

// file is an answer that is no page of the console.
type file struct {
	name, kind, policy string
	body               []byte
}

// sheet is what a page is made of: its own data beside what every page has.
type sheet struct {
	Bot, Title, Part string
	Sessions         bool
	Zone             *time.Location
	Data             any
}

// At spells an instant by the page's clocks; "" for none.
func (s sheet) At(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(s.Zone).Format("Mon 2 Jan 2006, 15:04")
}

// Parts are the pages that every page leads to.
func (s sheet) Parts() []struct{ Address, Name string } {
	return []struct{ Address, Name string }{
		{home, "Overview"}, {campaignsPart, "Campaigns"}, {peoplePart, "People"}, {schedulePart, "Schedule"}, {figuresPart, "Figures"}, {consentPart, "Consent"},
	}
}

// problem is what a person is told when there is no page for them.
type problem struct {
	status int
	title  string
	text   string
}

func (p *problem) Error() string { return p.title }

var (
	errNoPage   = &problem{http.StatusNotFound, "There is no such page", "Look for it from the parts above."}
	errNobody   = &problem{http.StatusNotFound, "Nobody is known by that", "They may have been forgotten, or the id is not whole."}
	errForm     = &problem{http.StatusBadRequest, "This form cannot be read", "Go back and send it again."}
	errLater    = &problem{http.StatusServiceUnavailable, "This takes too long just now", "The database is slow or away. Try again in a moment."}
	errInternal = &problem{http.StatusInternalServerError, "Something went wrong", "The log of the bot tells what."}
)

// show makes a page of what a handler has to say.
func (c *console) show(patience time.Duration, h handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		a, err := guarded(r, patience, h)
		if err != nil {
			p := c.told(r, err)
			a = answer{page: "problem", title: p.title, data: p.text, status: p.status}
		}
		if err := c.write(w, r, a); err != nil {
			c.Log.Error("a page of the console cannot be made", "page", a.page, "error", err)
			http.Error(w, errInternal.title, http.StatusInternalServerError)
		}
	})
}

// guarded runs a handler for a limited time. What it panics with may hold what somebody
// wrote: only its kind is told.
func guarded(r *http.Request, patience time.Duration, h handler) (a answer, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("a panic: a %T\n%s", v, debug.Stack())
		}
	}()
	ctx, cancel := context.WithTimeout(r.Context(), patience)
	defer cancel()
	return h(ctx, r)
}

// told is an error in words for people; what is ours goes to the log.
func (c *console) told(r *http.Request, err error) *problem {
	var known *problem
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &known):
		return known
	case errors.As(err, &large):
		return &problem{http.StatusRequestEntityTooLarge, "This form is too long", "Write less, and send it again."}
	case errors.Is(err, bot.ErrUnknownContact):
		return errNobody
	case errors.Is(err, bot.ErrNoCampaign):
		return &problem{http.StatusNotFound, "There is no such campaign", "It may be older than what is kept."}
	case errors.Is(err, bot.ErrOver):
		return &problem{http.StatusConflict, "The campaign is over", "It ended before this reached it. Nothing was changed."}
	case errors.Is(err, bot.ErrOrder):
		return &problem{http.StatusUnprocessableEntity, "This cannot be done so", bot.OrderText(err)}
	case errors.Is(err, bot.ErrStats):
		return &problem{http.StatusBadRequest, "There are no such figures", err.Error()}
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded), errors.Is(err, storage.ErrUnavailable), errors.Is(err, bot.ErrUnavailable):
		return errLater
	}
	c.Log.Error("a page of the console failed", "path", r.Pattern, "error", err)
	return errInternal
}

// write sends an answer, all at once.
func (c *console) write(w http.ResponseWriter, r *http.Request, a answer) error {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	if a.to != "" {
		http.Redirect(w, r, a.to, http.StatusSeeOther)
		return nil
	}
	if a.file != nil {
		h.Set("Content-Type", a.file.kind)
		h.Set("Content-Security-Policy", a.file.policy)
		if a.file.name != "" {
			h.Set("Content-Disposition", `attachment; filename="`+a.file.name+`"`)
		}
		_, _ = w.Write(a.file.body) // whoever has left waits for nothing
		return nil
	}
	program := c.Bot.Program()
	s := sheet{Bot: program.Bot.Name, Title: a.title, Part: a.part, Sessions: c.Sessions, Zone: a.zone, Data: a.data}
	if s.Zone == nil {
		s.Zone = c.home()
	}
	layout, err := pages()
	if err != nil {
		return err
	}
	var page bytes.Buffer
	if err := layout[a.page].Execute(&page, s); err != nil {
		return err
	}
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", policy)
	if a.status == 0 {
		a.status = http.StatusOK
	}
	w.WriteHeader(a.status)
	_, _ = page.WriteTo(w)
	return nil
}

// home is the bot's own zone.
func (c *console) home() *time.Location {
	zone, err := bot.Location(c.Bot.Program().Bot.Timezone)
	if err != nil {
		return time.UTC
	}
	return zone
}

// pages are read when the first is asked for: most processes show none.
var pages = sync.OnceValues(func() (map[string]*template.Template, error) {
	names, err := files.ReadDir("pages")
	if err != nil {
		return nil, err
	}
	layout, err := template.New("layout.html").Funcs(words).ParseFS(files, "pages/layout.html")
	if err != nil {
		return nil, err
	}
	out := map[string]*template.Template{}
	for _, name := range names {
		one, err := layout.Clone()
		if err != nil {
			return nil, err
		}
		if one, err = one.ParseFS(files, "pages/"+name.Name()); err != nil {
			return nil, err
		}
		out[strings.TrimSuffix(name.Name(), ".html")] = one
	}
	return out, nil
})

// asset is the style, or the script. Neither tells anything.
func asset(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-cache")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	http.ServeFileFS(w, r, files, path.Base(r.URL.Path))
}

// id is what a form or a query names, if it can be anybody's.
func id(text string) (string, bool) {
	text = strings.TrimSpace(text)
	return text, text != "" && len(text) <= maxID && utf8.ValidString(text) && !strings.ContainsFunc(text, unicode.IsControl)
}

// form reads what a person sent.
func form(r *http.Request) error {
	err := r.ParseForm()
	if large := (*http.MaxBytesError)(nil); err != nil && !errors.As(err, &large) {
		return errForm
	}
	return err
}

// jsonText is a value as people who know JSON read it; a text stands as it is.
func jsonText(v any) string {
	if text, ok := v.(string); ok {
		return text
	}
	out, err := json.Marshal(v)
	if err != nil {
		return "?"
	}
	return string(out)
}
