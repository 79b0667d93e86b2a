package emulator

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Bounds on what the platform keeps. The oldest goes first; a list may grow by half
// before it is cut.
const (
	maxShown    = 500    // things kept of each chat, if Config.Keep says nothing
	maxCalls    = 10_000 // Graph calls kept for Log
	maxRefusals = 200

	sendsPerSecond = 300 // of a Page, as the platform documents it
)

// Config says whose platform this is. PageID, AccessToken and AppSecret are
// needed, everything else may stay empty.
type Config struct {
	PageID      string
	AccessToken string // what the Page's calls must carry
	AppSecret   string // signs webhooks; proves calls (appsecret_proof)
	VerifyToken string // for Subscribe
	AppID       string // digits; in echoes. "" is 1517776481860112

	// Instagram makes it an account of Instagram, whose id is PageID: webhooks are about
	// "instagram", and what the platform does not have there is refused (instagram.go).
	Instagram bool

	Name   string // of the Page, shown on the phone
	Region string // of the Page: EU (also ""), UK, JP, KR, AU, US, …

	// Now is the platform's clock; nil is the machine's. It must not call the platform.
	Now func() time.Time

	// Deliver posts one webhook body to the bot and returns the HTTP status. An
	// error counts as 503. Nil: nobody listens and webhooks vanish.
	//
	// In live mode it is called from several goroutines, for different people.
	Deliver func(ctx context.Context, header http.Header, body []byte) (status int, err error)

	// AnswerWithin is how long Deliver may take; 0 is the platform's 5 s.
	AnswerWithin time.Duration

	// NoProof takes calls without an appsecret_proof, as the platform does unless the app
	// requires them. One that is given must be right.
	NoProof bool

	Profiles bool // answer GET /PSID; otherwise the Page lacks the permission
	Receipts bool // tell the bot what was delivered and read
	// Unsubscribe ends all events after an hour without a 200, as the platform
	// does, until Subscribe or POST /PAGE/subscribed_apps with the fields. Otherwise a
	// webhook is retried for 36 hours and then dropped.
	Unsubscribe bool

	// SendsPerSecond is the Page's limit over any second of the platform's clock;
	// 0 is the platform's 300, a negative number is no limit.
	SendsPerSecond int
	// CallsPerPerson is how many calls within 24 hours the Page may make for each person it
	// can write to; the platform's number is 200. 0: nobody counts.
	CallsPerPerson int
	// AsksPerDay and AsksPerWeek are how many topics one person may be asked about; 0: any
	// number. The platform says 5 and 10 for Instagram, and for Pages that there is a limit.
	AsksPerDay, AsksPerWeek int

	// RegionOf is the region of somebody in a time zone; nil, or "": the Page's. No paid
	// message goes to people of some.
	RegionOf func(zone string) string

	// AdAccount is the Page's ad account, in digits; "": none, and no paid messages.
	// Calls to it may carry AdToken instead of the Page's access token. Campaign, if it is
	// not empty, is a campaign that was made long before and has DailyBudget, in the
	// smallest unit of the currency; 0: no budget. A message costs MessagePrice; 0 is 0.014.
	AdAccount, AdToken, Campaign string
	DailyBudget                  float64
	MessagePrice                 float64
	Currency                     string // of the ad account; "" is USD
	// Conversations is how many conversations a day people begin with any business: paid
	// messages may only be a share of that. 0 is 20.
	Conversations int
	// CoolCode and CoolSubcode are the refusal of a paid message within 12 hours after
	// the last. The real code is not documented; 0/0 is 4/2018354.
	CoolCode, CoolSubcode int

	OneTime bool // the Page has the feature of one-time notifications
	// NoUtility says that the Page lacks the permission for utility messages.
	NoUtility bool

	// ClosedCode and ClosedSubcode are the refusal of notifications where they
	// ended on 10 February 2026. The real code is not documented; 0/0 is 10/2018278.
	ClosedCode, ClosedSubcode int

	// Keep is how many things of each chat are remembered; 0 is 500.
	Keep int
	// Heard is told of everything that comes to stand in a chat, in order: what the Page
	// and the person say, and the platform's own lines (From "platform"). It must not
	// call the platform.
	Heard func(psid string, s Shown)
	// Mishap is asked for each message what goes wrong with it, before FailNext and its
	// like. It must not call the platform. Nil: nothing does.
	Mishap func() Mishap

	// Templates are the approved ones: NAME/LANGUAGE and how many places it has. Nil: any
	// template with any values counts as approved.
	Templates map[string]int
	// TemplateLabels are what the buttons of templates are called, by the template's
	// name: a call does not say.
	TemplateLabels map[string][]string

	// State is a file in which people, chats, tokens and undelivered webhooks
	// outlive the process. It holds everything in clear. "": memory only.
	State string

	// What the phone shows beside the chat: the Messenger Profile of the Page, until calls
	// change it.
	GetStarted  string // payload of the Get Started button; "" is GET_STARTED
	Greeting    string // above an empty chat
	Menu        []Item // the persistent menu
	IceBreakers []Item // questions offered in an empty chat

	// App is how the app and the access token stand.
	App App

	// Advance moves the clock for the phone's clock bar: by a duration ("1h",
	// "24h") or to what is due next ("next"). Nil: the bar only shows the time.
	Advance func(ctx context.Context, to string) error
}

// Mishap is what goes wrong with a message: it is refused with a code, or taken and
// never answered for, as by TimeoutNext. The zero Mishap is none.
type Mishap struct {
	Code, Subcode int
	Timeout       bool
}

// Item is one entry of the persistent menu or one ice breaker: a Label, and what
// comes back when it is tapped, or the URL it opens.
type Item struct {
	Label   string `json:"label"`
	Payload string `json:"payload,omitempty"`
	URL     string `json:"url,omitempty"`
}

// Platform is the emulated platform of one Page. All methods may be called from
// any goroutine, also from within Config.Deliver.
type Platform struct {
	cfg  Config
	salt string // makes ids of different runs differ

	mu       sync.Mutex
	serial   int64 // the last number given to anything
	people   map[string]*person
	order    []string // PSIDs in the order they joined
	tokens   map[string]*token
	comments map[string]*comment
	personas map[string]persona
	files    map[string]*attachment // uploaded by the Page
	expiring bool                   // there was a token with an end

	campaigns map[string]*campaign
	templates map[string]*approval // by NAME/LANGUAGE

	calls    []Call
	refusals []Refusal
	sends    []time.Time // messages of the last second
	sounds   []time.Time // those with audio or video
	replies  []time.Time // private replies of the last hour
	day      hourly      // calls of the last day
	faults   faults
	made     int64 // calls that were ever made

	sendsPerSecond int // as configured, for when Limit is undone

	app      App
	fields   []string       // of the Page's webhooks; nil: all
	shown    map[string]any // the Messenger Profile
	phone    phoneProfile   // what phones show of it
	profiled []time.Time    // calls to it, of the last minutes

	queue      []*hook
	subscribed bool
	failing    time.Time // since when no webhook was answered 200; zero: all well
	holding    bool
	repeats    int
	flushing   bool
	flushes    int // maxFlush, less in tests
	live       bool
	wake       chan struct{}

	journal  *journal
	version  int64
	watchers map[chan struct{}]bool
	closed   bool
}

// ErrConfig is what New returns, wrapped, for a Config that cannot work.
var ErrConfig = errors.New("emulator: incomplete configuration")

// New returns the platform of the Page that c describes, with the memory of
// c.State if there is one.
func New(c Config) (*Platform, error) {
	for _, need := range []struct{ name, value string }{
		{"PageID", c.PageID}, {"AccessToken", c.AccessToken}, {"AppSecret", c.AppSecret},
	} {
		if need.value == "" {
			return nil, errors.Join(ErrConfig, errors.New(need.name+" is empty"))
		}
	}
	c.defaults()
	if strings.Trim(c.AppID, "0123456789") != "" {
		return nil, errors.Join(ErrConfig, errors.New("AppID is not a number"))
	}
	p := &Platform{
		cfg:        c,
		salt:       strconv.FormatInt(c.Now().UnixNano(), 36),
		people:     map[string]*person{},
		tokens:     map[string]*token{},
		comments:   map[string]*comment{},
		personas:   map[string]persona{},
		files:      map[string]*attachment{},
		campaigns:  map[string]*campaign{},
		templates:  map[string]*approval{},
		app:        c.App,
		subscribed: true,
		flushes:    maxFlush,
		wake:       make(chan struct{}, 1),
		watchers:   map[chan struct{}]bool{},
	}
	p.faults.accessToken, p.sendsPerSecond = c.AccessToken, c.SendsPerSecond
	p.shown = p.firstProfile()
	p.showProfile()
	if c.State != "" {
		if err := p.remember(); err != nil {
			return nil, err
		}
	}
	p.warm()
	return p, nil
}

func (c *Config) defaults() {
	if c.AppID == "" {
		c.AppID = "1517776481860112"
	}
	if c.Now == nil {
		c.Now = time.Now //nolint:forbidigo // the edge: nobody gave the platform a clock
	}
	if c.Name == "" {
		c.Name = "Page"
	}
	c.Region = regionWord(c.Region)
	c.AdAccount = strings.TrimPrefix(c.AdAccount, "act_")
	if c.MessagePrice == 0 {
		c.MessagePrice = 0.014
	}
	if c.Currency == "" {
		c.Currency = "USD"
	}
	if c.Conversations == 0 {
		c.Conversations = 20
	}
	if c.CoolCode == 0 {
		c.CoolCode, c.CoolSubcode = codeLimit, subTooSoon
	}
	if c.AnswerWithin <= 0 {
		c.AnswerWithin = 5 * time.Second
	}
	if c.SendsPerSecond == 0 {
		c.SendsPerSecond = sendsPerSecond
	}
	if c.ClosedCode == 0 {
		c.ClosedCode, c.ClosedSubcode = codePermission, subWindow
	}
	if c.Instagram && c.AsksPerDay == 0 && c.AsksPerWeek == 0 {
		c.AsksPerDay, c.AsksPerWeek = 5, 10
	}
	if c.Keep <= 0 {
		c.Keep = maxShown
	}
}

// Close ends the phone's open streams and closes the state file. Acts and calls
// after it still work, in memory.
func (p *Platform) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	p.changed()
	if p.journal == nil {
		return nil
	}
	j := p.journal
	p.journal = nil
	return j.close()
}

// number returns the next number of this run. p.mu is held, as for every method
// that starts in lower case unless it says otherwise.
func (p *Platform) number() int64 {
	p.serial++
	return p.serial
}

// id makes a name for the next thing of a kind: the same in every run with the
// same clock, different in any other.
func (p *Platform) id(kind string) string {
	sum := p.sum(kind)
	return kind + "_" + hex.EncodeToString(sum[:14])
}

// digits is like id, for the names that the platform writes in digits.
func (p *Platform) digits(kind string) string {
	sum := p.sum(kind)
	return strconv.FormatUint(binary.BigEndian.Uint64(sum[:8])%9e15+1e15, 10)
}

func (p *Platform) sum(kind string) [sha256.Size]byte {
	return sha256.Sum256([]byte(kind + " " + p.cfg.PageID + " " + p.salt + " " + strconv.FormatInt(p.number(), 10)))
}

// trim cuts the oldest of a list that has grown far over its bound.
func trim[T any](list []T, bound int) []T {
	if len(list) <= bound+bound/2 {
		return list
	}
	return slices.Delete(list, 0, len(list)-bound)
}

// changed tells the open phones that there is something new to see.
func (p *Platform) changed() {
	p.version++
	for c := range p.watchers {
		select {
		case c <- struct{}{}:
		default:
		}
	}
}
