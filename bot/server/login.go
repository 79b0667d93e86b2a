package server

import (
	"bytes"
	_ "embed"
	"html/template"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"
)

// The console's own addresses of the door. Its style is for everybody: the form wears it.
const (
	loginPath  = "/console/login"
	logoutPath = "/console/logout"
	stylePath  = "/console/style.css"
)

//go:embed login.html
var loginText string

// loginPage is read when it is first asked for: few processes show it.
var loginPage = sync.OnceValue(func() *template.Template { return template.Must(template.New("login").Parse(loginText)) })

// loginPolicy lets the form be dressed and sent.
const loginPolicy = "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

// sameSite refuses what another site's page would change.
func (s *Server) sameSite(c *fiber.Ctx) error {
	r, err := request(c.UserContext(), c)
	if err != nil {
		return standing(http.StatusBadRequest)
	}
	if http.NewCrossOriginProtection().Check(r) != nil {
		return refuse(http.StatusForbidden, "cross_site", "this was asked by a page of another site")
	}
	return c.Next()
}

// signedIn lets into the console whoever has a session, or knows the API key; without a
// key whom admit lets in. Who looks for a page and has no session is sent to the form.
func (s *Server) signedIn(c *fiber.Ctx) error {
	if !s.keyed {
		return s.admit(c)
	}
	if s.knowsKey(c) || s.sessions.holds(c.Cookies(sessionCookie)) || c.Path() == stylePath {
		return c.Next()
	}
	if c.Method() == fiber.MethodGet && strings.Contains(c.Get(fiber.HeaderAccept), "text/html") {
		to := wanted(string(c.Context().RequestURI()))
		return c.Redirect(loginPath+"?to="+url.QueryEscape(to), http.StatusSeeOther)
	}
	return s.admit(c)
}

// loginForm is GET /console/login?to=.
func (s *Server) loginForm(c *fiber.Ctx) error {
	to := wanted(c.Query("to"))
	if !s.keyed || s.sessions.holds(c.Cookies(sessionCookie)) {
		return c.Redirect(to, http.StatusSeeOther)
	}
	return showLogin(c, http.StatusOK, to, "")
}

// login is POST /console/login.
func (s *Server) login(c *fiber.Ctx) error {
	body, err := rawBody(c.Context())
	switch {
	case err != nil:
		return err
	case len(body) > maxLogin:
		return refuse(http.StatusRequestEntityTooLarge, "too_large", "the form is larger than 4 KiB")
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return refuse(http.StatusBadRequest, "bad_form", "the form cannot be read")
	}
	to := wanted(form.Get("to"))
	switch {
	case !s.keyed:
		return c.Redirect(to, http.StatusSeeOther)
	case !s.guesses.take(s.now()):
		c.Set(fiber.HeaderRetryAfter, "60")
		return showLogin(c, http.StatusTooManyRequests, to, "Too many wrong keys. Wait a minute, then try again.")
	case !s.isKey(strings.TrimSpace(form.Get("key"))):
		s.log.Warn("a wrong key was given to the console", "request", requestID(c.Context()))
		return showLogin(c, http.StatusUnauthorized, to, "This is not the key.")
	}
	s.guesses.right()
	c.Cookie(s.cookie(c, s.sessions.begin(), int(sessionLasts.Seconds())))
	return c.Redirect(to, http.StatusSeeOther)
}

// logout is POST /console/logout.
func (s *Server) logout(c *fiber.Ctx) error {
	gone := s.cookie(c, "", 0)
	gone.Expires = time.Unix(1, 0)
	c.Cookie(gone)
	return c.Redirect(loginPath, http.StatusSeeOther)
}

// cookie is the session's. It is for https alone where people come by https.
func (s *Server) cookie(c *fiber.Ctx, value string, seconds int) *fiber.Cookie {
	return &fiber.Cookie{
		Name: sessionCookie, Value: value, Path: "/console", MaxAge: seconds, HTTPOnly: true, SameSite: fiber.CookieSameSiteStrictMode,
		Secure: s.secure || strings.EqualFold(c.Get(fiber.HeaderXForwardedProto), "https"),
	}
}

func showLogin(c *fiber.Ctx, status int, to, problem string) error {
	var page bytes.Buffer
	if err := loginPage().Execute(&page, struct{ To, Problem string }{to, problem}); err != nil {
		return err
	}
	c.Set(fiber.HeaderContentSecurityPolicy, loginPolicy)
	c.Type("html", "utf-8")
	return c.Status(status).Send(page.Bytes())
}
