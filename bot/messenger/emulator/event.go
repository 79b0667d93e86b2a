package emulator

import (
	"encoding/json"
	"fmt"
	"time"
)

// The webhook format, written down from the platform's documents (envelope and
// event kinds). One event to a body, as the platform does it.

type envelope struct {
	Object string  `json:"object"`
	Entry  []entry `json:"entry"`
}

type entry struct {
	Time      int64    `json:"time"`
	ID        string   `json:"id"`
	Messaging []event  `json:"messaging,omitempty"`
	Standby   []event  `json:"standby,omitempty"` // others have the conversation
	Changes   []change `json:"changes,omitempty"`
}

type party struct {
	ID string `json:"id"`
}

// event is one item of entry.messaging; exactly one of the pointers is set.
type event struct {
	Sender    party          `json:"sender"`
	Recipient party          `json:"recipient"`
	Timestamp int64          `json:"timestamp"`
	Message   *eventMessage  `json:"message,omitempty"`
	Postback  *eventPostback `json:"postback,omitempty"`
	Referral  *eventReferral `json:"referral,omitempty"`
	Reaction  *eventReaction `json:"reaction,omitempty"`
	OptIn     *eventOptIn    `json:"optin,omitempty"`
	Delivery  *eventDelivery `json:"delivery,omitempty"`
	Read      *eventRead     `json:"read,omitempty"`
	Edit      *eventEdit     `json:"message_edit,omitempty"`
	Feedback  *eventFeedback `json:"messaging_feedback,omitempty"`
	Linking   *eventLinking  `json:"account_linking,omitempty"`
	Pass      *eventControl  `json:"pass_thread_control,omitempty"`
	Take      *eventControl  `json:"take_thread_control,omitempty"`
}

type eventMessage struct {
	MID         string            `json:"mid"`
	IsEcho      bool              `json:"is_echo,omitempty"`
	AppID       json.Number       `json:"app_id,omitempty"`
	Metadata    string            `json:"metadata,omitempty"`
	Text        string            `json:"text,omitempty"`
	QuickReply  *eventPayload     `json:"quick_reply,omitempty"`
	Attachments []eventAttachment `json:"attachments,omitempty"`
	ReplyTo     *eventReply       `json:"reply_to,omitempty"`
	IsDeleted   bool              `json:"is_deleted,omitempty"`
}

type eventReply struct {
	MID string `json:"mid"`
}

type eventPayload struct {
	Payload string `json:"payload"`
}

type eventAttachment struct {
	Type    string `json:"type"`
	Title   string `json:"title,omitempty"`
	Payload any    `json:"payload,omitempty"`
}

type eventURL struct {
	URL string `json:"url"`
}

type eventCoordinates struct {
	Coordinates struct {
		Lat  float64 `json:"lat"`
		Long float64 `json:"long"`
	} `json:"coordinates"`
}

type eventPostback struct {
	MID      string         `json:"mid"`
	Title    string         `json:"title"`
	Payload  string         `json:"payload,omitempty"` // not in standby
	Referral *eventReferral `json:"referral,omitempty"`
}

type eventReferral struct {
	Ref    string `json:"ref"`
	Source string `json:"source"`
	Type   string `json:"type"`
}

type eventReaction struct {
	MID      string `json:"mid"`
	Action   string `json:"action"`
	Reaction string `json:"reaction,omitempty"`
	Emoji    string `json:"emoji,omitempty"`
}

type eventOptIn struct {
	Type      string `json:"type"`
	Payload   string `json:"payload"`
	Title     string `json:"title,omitempty"`
	Token     string `json:"notification_messages_token,omitempty"`
	Frequency string `json:"notification_messages_frequency,omitempty"`
	Timezone  string `json:"notification_messages_timezone,omitempty"`
	Expiry    int64  `json:"token_expiry_timestamp,omitempty"`
	Renewal   string `json:"user_token_status,omitempty"`
	Status    string `json:"notification_messages_status,omitempty"`
	Ref       string `json:"ref,omitempty"`
	Source    string `json:"source,omitempty"`
	Topic     string `json:"notification_messages_topic,omitempty"`
	OneTime   string `json:"one_time_notif_token,omitempty"`
}

type eventDelivery struct {
	MIDs      []string `json:"mids"`
	Watermark int64    `json:"watermark"`
}

type eventRead struct {
	Watermark int64  `json:"watermark,omitempty"`
	MID       string `json:"mid,omitempty"` // instead, on Instagram
}

type change struct {
	Field string `json:"field"`
	Value any    `json:"value"`
}

type feedComment struct {
	Item        string     `json:"item"`
	Verb        string     `json:"verb"`
	CommentID   string     `json:"comment_id"`
	PostID      string     `json:"post_id"`
	ParentID    string     `json:"parent_id"`
	From        feedAuthor `json:"from"`
	Message     string     `json:"message"`
	CreatedTime int64      `json:"created_time"`
}

type feedAuthor struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// tell queues an event of q: at is its timestamp, e what it is beside the parties.
func (p *Platform) tell(q *person, at time.Time, e event) *hook {
	e.Sender, e.Recipient = party{q.PSID}, party{p.cfg.PageID}
	if e.Message != nil && e.Message.IsEcho {
		e.Sender, e.Recipient = e.Recipient, e.Sender
	}
	e.Timestamp = at.UnixMilli()
	if q.Human && e.Pass == nil && e.Take == nil {
		return p.post(q.PSID, entry{Standby: []event{overheard(e)}})
	}
	return p.post(q.PSID, entry{Messaging: []event{e}})
}

// post queues one entry for the bot, in the order of lane's other events.
func (p *Platform) post(lane string, e entry) *hook {
	if !p.wanted(e) {
		return &hook{Lane: lane}
	}
	e.ID = p.cfg.PageID
	if e.Time == 0 {
		e.Time = p.cfg.Now().UnixMilli()
	}
	body, err := encode(envelope{Object: p.object(), Entry: []entry{e}})
	if err != nil {
		// Only strings, numbers and their like are in there.
		panic(fmt.Sprintf("emulator: a webhook that cannot be written: %v", err))
	}
	return p.enqueue(lane, body)
}
