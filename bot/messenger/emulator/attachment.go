package emulator

import "time"

// attachmentLasts is how long a file that was uploaded keeps its id.
const attachmentLasts = 90 * 24 * time.Hour

// attachment is a file that the Page has uploaded, to be sent by its id.
type attachment struct {
	ID   string    `json:"id"`
	Kind string    `json:"kind"`
	URL  string    `json:"url"`
	At   time.Time `json:"at"`
}

// upload answers POST PAGE/message_attachments. The emulator is offline: the file itself
// is not fetched, so its size and type are taken on trust.
func (p *Platform) upload(in params) answer {
	r := &reader{}
	top := object{"", in}
	r.only(top, "message", "platform", "method", "pretty", "suppress_http_code")
	m := r.object(top, "message")
	r.only(m, "attachment")
	s := Shown{}
	r.attachment(r.object(m, "attachment"), &s)
	switch {
	case r.refusal != nil:
		return answer{refusal: r.refusal}
	case s.URL == "" || s.Kind == KindMedia:
		return answer{refusal: wrong("Param message[attachment] must be a file", "An upload is an image, a video, a sound or a file, by its address.")}
	case !s.keep:
		return answer{refusal: wrong("Param message[attachment][payload][is_reusable] must be true", "What is not reusable is not uploaded for later.")}
	}
	return answer{value: map[string]any{"attachment_id": p.saveFile(&s)}}
}

// saveFile keeps the file of a message and returns its id.
func (p *Platform) saveFile(s *Shown) string {
	a := &attachment{ID: p.digits("attachment"), Kind: s.Kind, URL: s.URL, At: p.cfg.Now()}
	p.files[a.ID] = a
	p.keep(record{File: a})
	return a.ID
}

// findFile puts the file that a message names by its id into it.
func (p *Platform) findFile(s *Shown) *Refusal {
	if s.file == "" {
		return nil
	}
	a, kind := p.files[s.file], s.Kind
	if kind == KindMedia {
		kind = s.Media
	}
	switch now := p.cfg.Now(); {
	case a == nil:
		return refuse(7, codeParameter, subAttachment, "The attachment id is unknown", "The Page has no file with the id %q.", begin(s.file))
	case !now.Before(a.At.Add(attachmentLasts)):
		delete(p.files, a.ID)
		return refuse(7, codeParameter, subAttachment, "The attachment id has expired", "The file %s was uploaded more than 90 days ago.", a.ID)
	case a.Kind != kind:
		return refuse(7, codeParameter, subAttachment, "The attachment is of another type", "The file %s is of the type %s, and the message says %s.", a.ID, a.Kind, kind)
	}
	s.URL = a.URL
	return nil
}

// LoseFiles lets the platform forget every file that was uploaded: their ids are unknown
// from now on.
func (p *Platform) LoseFiles() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for id, a := range p.files {
		delete(p.files, id)
		gone := *a
		gone.Kind = ""
		p.keep(record{File: &gone})
	}
}
