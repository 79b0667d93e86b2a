package messenger

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/flows"
)

// fixtures says which event each recorded body is. Body and hashed keys are
// checked apart.
var fixtures = map[string]bot.Event{
	// The Page's own.
	"feed-comment-add-211": {
		Kind: bot.EventIgnored, Page: "1234567890321", At: ms(1449135003000),
	},
	"feed-comment-hide": {
		Kind: bot.EventIgnored, Page: "1234567890321", At: ms(1467894562000),
	},
	"messaging-accountlinking-linked": {
		Kind: bot.EventLink, Action: "linked", Page: "12345654332", Person: "987654321432", At: ms(1458668856451),
	},
	"messaging-approles": {
		Kind: bot.EventRoles, Page: "12345654332", Person: "987654321432", At: ms(1457764197627),
	},
	"messaging-delivery-basic": {
		Kind: bot.EventDelivery, Page: "12345654332", Person: "987654321432", At: ms(1458668856451),
		MIDs: []string{"mid.1458668856218:ed81099e15d3f4f233"}, Watermark: ms(1458668856253),
	},
	"messaging-message-basic": {
		Kind: bot.EventMessage, Page: "12345654332", Person: "987654321432", At: ms(1457764197627),
		MID: "mid.1457764197618:41d102a3e1ae206a38", Key: "message:mid.1457764197618:41d102a3e1ae206a38", Text: "hello, world!",
	},
	// An old echo, written with the person as its sender.
	"messaging-message-basic-echo": {
		Kind: bot.EventEcho, Page: "12345654332", Person: "987654321432", At: ms(1457764197627),
		MID: "mid.1457764197618:41d102a3e1ae206a38", Key: "echo:mid.1457764197618:41d102a3e1ae206a38", Text: "hello, world!",
		App: "1517776481860111", Send: "DEVELOPER_DEFINED_METADATA_STRING",
	},
	"messaging-message-edits": {
		Kind: bot.EventEdited, Page: "12345654332", Person: "987654321432", At: ms(1457764197627),
		MID: "mid.1457764197618:41d102a3e1ae206a38", Text: "hello, world!", Edits: 37,
	},
	"messaging-message-fallback-attachment": {
		Kind: bot.EventMessage, Page: "12345654332", Person: "987654321432", At: ms(1458696618268),
		MID: "mid.1458696618141:b4ef9d19ec21086067", Key: "message:mid.1458696618141:b4ef9d19ec21086067",
		Attachments: []flows.Attachment{{Kind: "fallback", URL: "https://www.messenger.com/"}},
	},
	"messaging-message-media-attachment": {
		Kind: bot.EventMessage, Page: "12345654332", Person: "987654321432", At: ms(1458696618268),
		MID: "mid.1458696618141:b4ef9d19ec21086067", Key: "message:mid.1458696618141:b4ef9d19ec21086067",
		Attachments: []flows.Attachment{{Kind: "image", URL: "IMAGE_URL"}},
	},
	"messaging-message-nlp-1": {
		Kind: bot.EventMessage, Page: "349489628480201", Person: "968155906638513", At: ms(1501620894921),
		MID: "mid.$cAAFnKHM6z25j0NnEyVdn5SGZ-6BD", Key: "message:mid.$cAAFnKHM6z25j0NnEyVdn5SGZ-6BD", Text: "bye, see you tomorrow at 4pm",
	},
	"messaging-message-nlp-2": {
		Kind: bot.EventMessage, Page: "349489628480201", Person: "968155906638513", At: ms(1501620859167),
		MID: "mid.$cAAFnKHM6z25j0Nk5H1dn5P6whgpU", Key: "message:mid.$cAAFnKHM6z25j0Nk5H1dn5P6whgpU", Text: "hi there",
	},
	"messaging-message-nlp-email": {
		Kind: bot.EventMessage, Page: "12345654332", Person: "987654321432", At: ms(1501623672530),
		MID: "mid.$cAAFnKHM6z25j0QQm0ldn77eaCVEy", Key: "message:mid.$cAAFnKHM6z25j0QQm0ldn77eaCVEy",
		Text: "please send me a message at test@emaple.org",
	},
	"messaging-message-product-template": {
		Kind: bot.EventMessage, Page: "682498302938465", Person: "<PSID>", At: ms(1518479195308),
		MID: "mid.$cAAJdkrCd2ORnva8ErFhjGm0X_Q_c", Key: "message:mid.$cAAJdkrCd2ORnva8ErFhjGm0X_Q_c",
		Attachments: []flows.Attachment{{Kind: "template"}},
	},
	"messaging-message-quickreply": {
		Kind: bot.EventMessage, Page: "1234567890321", Person: "987654321432", At: ms(1470779510432),
		MID: "mid.1458696618141:b4ef9d19ec21086067", Key: "message:mid.1458696618141:b4ef9d19ec21086067",
		Text: "quick reply text", Payload: "PAYLOAD_QUICK_REPLY",
	},
	"messaging-message-reply-1": {
		Kind: bot.EventMessage, Page: "12345654332", Person: "987654321432", At: ms(1457764197627),
		MID: "mid.1457764197618:41d102a3e1ae206a38", Key: "message:mid.1457764197618:41d102a3e1ae206a38",
		Text: "hello, world!", ReplyTo: "very_long_id_representing_the_original_message",
	},
	"messaging-message-sticker": {
		Kind: bot.EventMessage, Page: "12345654332", Person: "987654321432", At: ms(1476219900918),
		MID: "mid.12345654332:226a70a704", Key: "message:mid.12345654332:226a70a704",
		Attachments: []flows.Attachment{{Kind: "sticker", URL: "https://scontent.xx.fbcdn.net/sticker.png"}},
	},
	// The Send to Messenger plugin: an entry with a ref. Its time is in seconds.
	"messaging-optin-basic": {
		Kind: bot.EventReferral, Page: "12345654332", Person: "987654321432", At: ms(1234567890000), Ref: "PASS_THROUGH_PARAM",
	},
	"messaging-pass-thread-control": {
		Kind: bot.EventGiven, Page: "1234567890321", Person: "USER_ID", At: ms(1473204787206),
		App: "NEW_OWNER_APP_ID",
	},
	"messaging-policy-callback-block": {
		Kind: bot.EventPolicy, Action: "block", Page: "12345654332", At: ms(1458692752478),
		Text: "The bot violated our Platform Policies (https://developers.facebook.com/policy/#messengerplatform). " +
			"Common violations include sending out excessive spammy messages or being non-functional.",
	},
	"messaging-postback-basic": {
		Kind: bot.EventPostback, Page: "12345654332", Person: "987654321432", At: ms(1458692752478), Payload: "USER_DEFINED_PAYLOAD",
	},
	"messaging-reaction-1": {
		Kind: bot.EventReaction, Page: "1234567890321", Person: "USER_ID", At: ms(1572465098502), MID: "original_message_id", Emoji: "😢",
	},
	"messaging-read-basic": {
		Kind: bot.EventRead, Page: "12345654332", Person: "987654321432", At: ms(1458668856463), Watermark: ms(1458668856253),
	},
	"messaging-referral-basic": {
		Kind: bot.EventReferral, Page: "12345654332", Person: "987654321432", At: ms(1457764197627),
		Ref: "ref_data_in_m_dot_me_param", Source: "SHORTLINK",
	},
	"standby-message-basic-echo": {
		Kind: bot.EventEcho, Page: "12345654332", Person: "987654321432", At: ms(1457764197627),
		MID: "mid.1457764197618:41d102a3e1ae206a38", Key: "echo:mid.1457764197618:41d102a3e1ae206a38", Text: "hello, world!",
		App: "1517776481860111", Send: "DEVELOPER_DEFINED_METADATA_STRING",
	},
}

func TestEveryFixtureIsTheEventItIsSaidToBe(t *testing.T) {
	t.Parallel()
	c := newTestChannel(t, Config{})
	bodies := fixtureBodies(t)
	if len(bodies) != len(fixtures) {
		t.Errorf("%d bodies, %d expectations", len(bodies), len(fixtures))
	}
	for name, body := range bodies {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want, ok := fixtures[name]
			if !ok {
				t.Fatal("no expectation for this body")
			}
			events, err := c.Parse(body, arrival)
			if err != nil || len(events) != 1 {
				t.Fatalf("got %d events, error %v; want one", len(events), err)
			}
			got := events[0]
			if want.Key == "" {
				kind, hash, _ := strings.Cut(got.Key, ":")
				if kind != string(want.Kind) || len(hash) != 64 {
					t.Errorf("key %q is no hash of the content", got.Key)
				}
				want.Key = got.Key
			}
			if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(bot.Event{}, "Body")); diff != "" {
				t.Error(diff)
			}
			if kept := len(got.Body) > 0 && bytes.Contains(body, got.Body); kept != (want.Kind == bot.EventUnknown || want.Kind.Kept()) {
				t.Errorf("body kept as it came: %v, for an event of kind %s", kept, got.Kind)
			}
		})
	}
}

func fixtureBodies(t testing.TB) map[string][]byte {
	t.Helper()
	paths, err := filepath.Glob("testdata/webhook/*.json")
	if err != nil {
		t.Fatal(err)
	}
	bodies := map[string][]byte{}
	for _, path := range paths {
		body, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		bodies[strings.TrimSuffix(filepath.Base(path), ".json")] = body
	}
	return bodies
}
