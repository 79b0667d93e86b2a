package bot_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing/fstest"
	"time"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/flows"
	"github.com/relance-bot/relance/storage/sqlite"
)

// postcards is a platform of somebody's own. A real channel passes channeltest.
type postcards struct{}

func (postcards) Name() string      { return "postcard" }
func (postcards) Page() string      { return "7" }
func (postcards) Lanes() []bot.Lane { return nil }
func (postcards) Verify(h http.Header, _ []byte) error {
	if h.Get("Postmark") != "genuine" {
		return bot.ErrSignature
	}
	return nil
}

func (postcards) Parse(body []byte, now time.Time) ([]bot.Event, error) {
	who, text, ok := strings.Cut(string(body), ": ")
	if !ok {
		return nil, bot.ErrBody
	}
	return []bot.Event{{Kind: bot.EventMessage, Page: "7", Person: who, At: now, Key: string(body), Text: text}}, nil
}

func (postcards) Send(_ context.Context, d bot.Delivery) bot.Outcome {
	if d.Message.Kind != flows.Text {
		return bot.Outcome{Status: bot.Refused, Class: bot.ClassContent}
	}
	fmt.Printf("to %s: %s\n", d.Person, d.Message.Text)
	return bot.Outcome{Status: bot.Accepted, MID: "postcard-" + d.ID}
}

// A shop's own program runs a bot beside everything else it does, on a channel of its own:
// it hands it webhooks and events, asks what is known of somebody, and ends it.
func ExampleNew() {
	ctx := context.Background()
	program, data, found := flows.Load(fstest.MapFS{
		"bot.yaml":         {Data: []byte("name: Fern & Fig\nlocale: en\nevents: {parcel: {number: text}}\nfields: {city: text}\n")},
		"flows/hello.yaml": {Data: []byte("triggers: [{start: true}]\nsteps: [{ask: \"Hello! Where do you live?\", save: contact.city}]\n")},
		"flows/sent.yaml":  {Data: []byte("triggers: [{event: parcel}]\nsteps: [{say: \"Parcel {{ event.number }} is on its way to {{ contact.city ?? 'you' }}.\"}]\n")},
	})
	if program == nil {
		log.Fatal(found)
	}
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	store, err := sqlite.Open(ctx, filepath.Join(dir, "relance.db"), sqlite.Config{Exclusive: true})
	if err != nil {
		log.Fatal(err)
	}
	defer store.Close()

	b, err := bot.New(ctx, bot.Config{Program: program, Data: data, Store: store, Channels: []bot.Channel{postcards{}}})
	if err != nil {
		log.Fatal(err)
	}
	running, stop := context.WithCancel(ctx)
	stopped := make(chan error, 1)
	go func() { stopped <- b.Run(running) }()

	// A webhook: answer 200 where there is no error, 403 for ErrSignature, 400 for ErrBody,
	// else 503, and the platform sends it again. Idle is for tests; nothing needs to wait.
	genuine := http.Header{"Postmark": {"genuine"}}
	fmt.Println("forged:", b.Receive(ctx, "postcard", http.Header{}, []byte("ana: hi")))
	for _, body := range []string{"ana: hi", "ana: Lyon", "ana: Lyon"} { // the last comes twice
		if err := b.Receive(ctx, "postcard", genuine, []byte(body)); err != nil {
			log.Fatal(err)
		}
		if err := b.Idle(ctx); err != nil {
			log.Fatal(err)
		}
	}

	// Something happens in the shop. Its id makes it count once.
	ana := bot.ContactID("postcard", "7", "ana")
	accepted, duplicates, err := b.Events(ctx, []bot.ShopEvent{
		{ID: "parcel-881", Name: "parcel", Contact: ana, Data: map[string]any{"number": "881"}},
		{ID: "parcel-881", Name: "parcel", Contact: ana, Data: map[string]any{"number": "881"}},
	})
	if err := b.Idle(ctx); err != nil {
		log.Fatal(err)
	}
	fmt.Println("events:", accepted, duplicates, err)

	who, err := b.Contact(ctx, ana)
	fmt.Println("lives in:", who.Fields["city"], err)
	fmt.Println("forgotten:", b.Forget(ctx, ana))
	_, err = b.Contact(ctx, ana)
	fmt.Println("known:", err)

	stop() // what has begun is settled before Run returns
	fmt.Println("ended:", <-stopped)
	// Output:
	// forged: signature missing or wrong
	// to ana: Hello! Where do you live?
	// to ana: Parcel 881 is on its way to Lyon.
	// events: 1 1 <nil>
	// lives in: Lyon <nil>
	// forgotten: <nil>
	// known: nobody is known by that id
	// ended: <nil>
}
