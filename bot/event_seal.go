package bot

import (
	"encoding/base64"
	"fmt"
)

// seal writes an event where the inbox or the strays keep it, as encoding/json does, to
// the byte: each webhook that does not get its turn at once is one.
func (e *Event) seal() ([]byte, error) {
	usual := 160 + len(e.Page) + len(e.Person) + len(e.Key) + len(e.MID) + len(e.Text) + len(e.Payload) + 2*len(e.Body)
	w := sealing{b: make([]byte, 0, usual)}
	w.always(`{"kind":`, string(e.Kind))
	w.always(`,"page":`, e.Page)
	w.text(`,"person":`, e.Person)
	w.stamp(`,"at":`, e.At)
	w.always(`,"key":`, e.Key)
	w.text(`,"mid":`, e.MID)
	w.text(`,"text":`, e.Text)
	w.text(`,"payload":`, e.Payload)
	w.text(`,"label":`, e.Label)
	w.text(`,"ref":`, e.Ref)
	w.text(`,"source":`, e.Source)
	if len(e.Attachments) > 0 {
		w.any(`,"attachments":`, e.Attachments)
	}
	w.text(`,"reply_to":`, e.ReplyTo)
	w.text(`,"ad":`, e.Ad)
	w.text(`,"product":`, e.Product)
	w.number(`,"edits":`, int64(e.Edits))
	if len(e.Ratings) > 0 {
		w.any(`,"ratings":`, e.Ratings)
	}
	w.text(`,"action":`, e.Action)
	w.flag(`,"standby":true`, e.Standby)
	if e.Permit != nil {
		w.any(`,"permit":`, e.Permit)
	}
	w.flag(`,"renewed":true`, e.Renewed)
	w.text(`,"comment":`, e.Comment)
	w.text(`,"name":`, e.Name)
	w.text(`,"send":`, e.Send)
	w.text(`,"app":`, e.App)
	w.texts(`,"mids":[`, e.MIDs)
	w.instant(`,"watermark":`, e.Watermark)
	w.text(`,"emoji":`, e.Emoji)
	w.text(`,"reason":`, e.Reason)
	if len(e.Body) > 0 {
		w.b = base64.StdEncoding.AppendEncode(append(w.b, `,"body":"`...), e.Body)
		w.b = append(w.b, '"')
	}
	if w.err != nil {
		return nil, fmt.Errorf("event: %w", w.err)
	}
	return append(w.b, '}'), nil
}
