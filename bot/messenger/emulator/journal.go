package emulator

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// journalSlack is how many bytes of outdated lines the state file may hold, beyond
// four times what it needs, before it is written anew.
const journalSlack = 4 << 20

// journal is the state file: one JSON record a line, each replacing what an earlier
// one said of the same thing. A line is written as soon as something changes, so a
// killed process loses nothing but, at worst, a line cut short.
type journal struct {
	path  string
	file  *os.File
	size  int64 // bytes in the file
	fresh int64 // bytes right after it was last written anew
	err   error // the first failure; nothing is written after it
}

// record is one line of the journal. Number counts up; one of the others is set.
type record struct {
	Number  int64        `json:"n"`
	Person  *savedPerson `json:"person,omitempty"`
	Shown   *savedShown  `json:"shown,omitempty"`
	Token   *token       `json:"token,omitempty"`
	Comment *comment     `json:"comment,omitempty"`
	Persona *savedName   `json:"persona,omitempty"`
	File    *attachment  `json:"file,omitempty"`

	Campaign *campaign `json:"campaign,omitempty"`
	Template *approval `json:"template,omitempty"`

	Hook *hook `json:"hook,omitempty"`
	Done int64 `json:"done,omitempty"` // the hook with that id is no more
}

type savedPerson struct {
	Person
	Stamp int64                `json:"stamp"`
	Asked map[string]time.Time `json:"asked,omitempty"`
	Seen  int                  `json:"seen,omitempty"`
	Seq   int                  `json:"seq,omitempty"`
}

type savedShown struct {
	PSID  string `json:"psid"`
	Stamp int64  `json:"stamp"`
	Shown
}

type savedName struct {
	ID string `json:"id"`
	persona
	Gone bool `json:"gone,omitempty"`
}

func (p *Platform) keepPerson(q *person) {
	p.keep(record{Person: &savedPerson{q.Person, q.stamp, q.asked, q.seen, q.seq}})
}

func (p *Platform) keepShown(q *person, s Shown) {
	p.keep(record{Shown: &savedShown{q.PSID, s.stamp, s}})
}

func (p *Platform) keepToken(t *token) {
	p.expires(t)
	p.keep(record{Token: t})
}

func (p *Platform) keepComment(c *comment)   { p.keep(record{Comment: c}) }
func (p *Platform) keepCampaign(c *campaign) { p.keep(record{Campaign: c}) }
func (p *Platform) keepTemplate(t *approval) { p.keep(record{Template: t}) }
func (p *Platform) keepHook(h *hook)         { p.keep(record{Hook: h}) }
func (p *Platform) forgetHook(h *hook)       { p.keep(record{Done: h.ID}) }

func (p *Platform) keepPersona(id string, who persona) {
	p.keep(record{Persona: &savedName{ID: id, persona: who}})
}

func (p *Platform) forgetPersona(id string) {
	p.keep(record{Persona: &savedName{ID: id, Gone: true}})
}

// keep appends one record, and writes the file anew when too much of it is outdated.
func (p *Platform) keep(r record) {
	j := p.journal
	if j == nil || j.err != nil {
		return
	}
	r.Number = p.serial
	line, err := json.Marshal(r)
	if err == nil {
		_, err = j.file.Write(append(line, '\n'))
	}
	j.size += int64(len(line)) + 1
	if err == nil && j.size > 4*j.fresh+journalSlack {
		err = p.rewrite()
	}
	j.err = err
}

// remember reads the state file, if there is one, and starts writing to it.
func (p *Platform) remember() error {
	file, err := os.Open(p.cfg.State)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return fmt.Errorf("reading the emulator's state: %w", err)
	default:
		err = p.replay(file)
		_ = file.Close() // only read
		if err != nil {
			return fmt.Errorf("reading the emulator's state %s: %w", p.cfg.State, err)
		}
	}
	p.journal = &journal{path: p.cfg.State}
	if err := p.rewrite(); err != nil {
		return fmt.Errorf("writing the emulator's state: %w", err)
	}
	return nil
}

func (p *Platform) replay(from io.Reader) error {
	lines := bufio.NewReader(from)
	for n := 1; ; n++ {
		line, err := lines.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return nil // what stands there without its end was being written
		}
		if err != nil {
			return err
		}
		var r record
		if err := json.Unmarshal(line, &r); err != nil {
			return fmt.Errorf("line %d: %w", n, err)
		}
		p.apply(r)
	}
}

// apply repeats what a record says.
func (p *Platform) apply(r record) {
	p.serial = max(p.serial, r.Number)
	switch {
	case r.Person != nil:
		q := p.people[r.Person.PSID]
		if q == nil {
			q = &person{}
			p.people[r.Person.PSID] = q
			p.order = append(p.order, r.Person.PSID)
		}
		q.Person, q.stamp, q.asked, q.seen, q.seq = r.Person.Person, r.Person.Stamp, r.Person.Asked, r.Person.Seen, r.Person.Seq
		if q.asked == nil {
			q.asked = map[string]time.Time{}
		}
	case r.Shown != nil:
		q := p.people[r.Shown.PSID]
		if q == nil {
			return
		}
		s := r.Shown.Shown
		s.stamp = r.Shown.Stamp
		if i := slices.IndexFunc(q.thread, func(old Shown) bool { return old.Seq == s.Seq }); i >= 0 {
			q.thread[i] = s
		} else {
			q.append(s, p.cfg.Keep)
		}
	case r.Token != nil:
		if q := p.people[r.Token.PSID]; q != nil {
			p.addToken(q, r.Token)
		}
	case r.Comment != nil:
		p.comments[r.Comment.ID] = r.Comment
	case r.Campaign != nil:
		p.campaigns[r.Campaign.ID] = r.Campaign
	case r.Template != nil && r.Template.Gone:
		delete(p.templates, r.Template.key())
	case r.Template != nil:
		p.templates[r.Template.key()] = r.Template
	case r.File != nil && r.File.Kind == "":
		delete(p.files, r.File.ID)
	case r.File != nil:
		p.files[r.File.ID] = r.File
	case r.Persona != nil && r.Persona.Gone:
		delete(p.personas, r.Persona.ID)
	case r.Persona != nil:
		p.personas[r.Persona.ID] = r.Persona.persona
	case r.Hook != nil, r.Done != 0:
		id := r.Done
		if r.Hook != nil {
			id = r.Hook.ID
		}
		i := slices.IndexFunc(p.queue, func(h *hook) bool { return h.ID == id })
		switch {
		case r.Hook == nil && i >= 0:
			p.queue = slices.Delete(p.queue, i, i+1)
		case r.Hook != nil && i >= 0:
			p.queue[i] = r.Hook
		case r.Hook != nil:
			p.queue = append(p.queue, r.Hook)
		}
	}
}

// records is everything worth remembering, in an order that apply understands.
func (p *Platform) records() []record {
	var list []record
	for _, id := range p.order {
		q := p.people[id]
		list = append(list, record{Person: &savedPerson{q.Person, q.stamp, q.asked, q.seen, q.seq}})
		for _, s := range q.thread {
			list = append(list, record{Shown: &savedShown{id, s.stamp, s}})
		}
		for _, t := range q.tokens {
			list = append(list, record{Token: t})
		}
	}
	for _, c := range p.comments {
		list = append(list, record{Comment: c})
	}
	for _, c := range p.campaigns {
		list = append(list, record{Campaign: c})
	}
	for _, t := range p.templates {
		list = append(list, record{Template: t})
	}
	for _, a := range p.files {
		list = append(list, record{File: a})
	}
	for id, who := range p.personas {
		list = append(list, record{Persona: &savedName{ID: id, persona: who}})
	}
	for _, h := range p.queue {
		list = append(list, record{Hook: h})
	}
	return list
}

// rewrite writes the file anew, beside the old one, and puts it in its place.
func (p *Platform) rewrite() error {
	j := p.journal
	var text bytes.Buffer
	lines := json.NewEncoder(&text)
	for _, r := range p.records() {
		r.Number = p.serial
		if err := lines.Encode(r); err != nil {
			return err
		}
	}
	file, err := os.CreateTemp(filepath.Dir(j.path), filepath.Base(j.path)+".*") // mode 0600
	if err != nil {
		return err
	}
	if _, err = file.Write(text.Bytes()); err == nil {
		err = os.Rename(file.Name(), j.path)
	}
	if err != nil {
		return errors.Join(err, file.Close(), os.Remove(file.Name()))
	}
	if j.file != nil {
		_ = j.file.Close() // replaced, and nothing in it is missed
	}
	j.file, j.size, j.fresh = file, int64(text.Len()), int64(text.Len())
	return nil
}

func (j *journal) close() error {
	if err := errors.Join(j.err, j.file.Close()); err != nil {
		return fmt.Errorf("writing the emulator's state: %w", err)
	}
	return nil
}
