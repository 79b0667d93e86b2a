package simulate

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/bot/messenger/emulator"
	"github.com/relance-bot/relance/flows"
)

// reply answers what stands on the screen: by a tap, or by writing.
func (r *run) reply(p *person, s emulator.Shown) error {
	if p.gone || !p.engaged {
		return nil
	}
	if p.chance(r.settings.Nonsense) {
		p.news = nil
		return r.platform().Write(p.psid, nonsense[p.rng.IntN(len(nonsense))])
	}
	var taps, links []emulator.ShownButton
	for _, b := range buttons(s) {
		payload, ours := flows.DecodePayload(b.Payload)
		switch {
		case b.URL != "":
			links = append(links, b)
		case ours && payload.OptOut == "" && !r.avoided(payload):
			taps = append(taps, b)
		}
	}
	if len(links) > 0 && (len(taps) == 0 || p.chance(0.3)) {
		if p.keenly(2 * r.settings.Click) {
			return r.open(p, s, links[p.rng.IntN(len(links))])
		}
		if len(taps) == 0 {
			return nil
		}
	}
	if len(taps) > 0 && !r.places(taps) {
		b := taps[p.rng.IntN(len(taps))]
		if p.chance(0.1) && !strings.Contains(b.Payload, `"flow":"preferences"`) { // some write what they could tap
			p.news = nil
			return r.platform().Write(p.psid, b.Label)
		}
		return r.tap(p, s, b)
	}
	return r.write(p)
}

// avoided are the choices of the preference centre that delete somebody: that is
// settings.Forget's.
func (r *run) avoided(payload flows.Payload) bool {
	choice, _ := payload.Choice.(string)
	return strings.Contains(choice, "forget")
}

// places says whether a menu of the preference centre asks for a place.
func (r *run) places(taps []emulator.ShownButton) bool {
	for _, b := range taps {
		payload, _ := flows.DecodePayload(b.Payload)
		if !strings.HasPrefix(payload.Flow+"#"+payload.Step, r.centreStep) || payload.Choice == nil {
			return false
		}
	}
	return len(taps) <= 2
}

// write answers a question in words that fit what it asks for. If no question waits
// there is nothing to say.
func (r *run) write(p *person) error {
	view, err := r.stage.Bot.Contact(r.ctx, p.contact)
	if errors.Is(err, bot.ErrUnknownContact) {
		return nil
	}
	if err != nil {
		return err
	}
	if view.Step == "" {
		return nil
	}
	p.news = nil
	if strings.HasPrefix(view.Step, r.centreStep) {
		return r.platform().Write(p.psid, towns[p.rng.IntN(len(towns))])
	}
	q, asked := r.questions[view.Step]
	if !asked {
		return nil
	}
	if q.typ == "image" {
		return r.platform().SendImage(p.psid, "https://photo.example/"+p.psid+".jpg")
	}
	if q.typ == "location" {
		return r.platform().SendLocation(p.psid, 36+p.rng.Float64()*20, p.rng.Float64()*20)
	}
	return r.platform().Write(p.psid, r.answer(p, q))
}

// question is what an ask step takes.
type question struct {
	typ   string
	field flows.Field
}

// questions are the ask steps of a bot, by "flow#step".
func questions(p *flows.Program) map[string]question {
	out := map[string]question{}
	for _, s := range p.Spots() {
		if s.Kind != flows.StepSpot || s.Name != "ask" {
			continue
		}
		q := question{typ: "text"}
		for _, key := range s.Keys {
			switch key.Path {
			case "save":
				name, _ := strings.CutPrefix(key.Value, "contact.")
				for _, f := range p.Bot.Fields {
					if f.Name == name && name != key.Value {
						q.field, q.typ = f, f.Type
					}
				}
			}
		}
		for _, key := range s.Keys {
			if key.Path == "type" {
				q.typ = key.Value
			}
		}
		out[s.Flow+"#"+s.Step] = q
	}
	return out
}

// answer is something that a question of this kind may be answered with.
func (r *run) answer(p *person, q question) string {
	switch q.typ {
	case "number":
		least, most := 1.0, 100.0
		if q.field.Min != nil {
			least, most = *q.field.Min, *q.field.Min+100
		}
		if q.field.Max != nil {
			most = *q.field.Max
		}
		return strconv.Itoa(int(least) + p.rng.IntN(int(max(most-least, 0))+1))
	case "boolean":
		return r.program.Text("relance.yes", p.language, nil)
	case "date":
		// The day is over twelve, so that nobody takes it for the month.
		return time.Date(1950+p.rng.IntN(55), time.Month(1+p.rng.IntN(12)), 13+p.rng.IntN(15), 0, 0, 0, 0, time.UTC).Format("02/01/2006")
	case "time":
		return strconv.Itoa(8+p.rng.IntN(12)) + ":30"
	case "email":
		return strings.ToLower(p.name[:1]) + p.psid[10:] + "@post.example"
	case "phone":
		return "+33 6 12 34 " + p.psid[11:13] + " " + p.psid[13:15]
	case "choice":
		if len(q.field.Options) > 0 {
			return q.field.Options[p.rng.IntN(len(q.field.Options))]
		}
	}
	return "whatever you like best"
}
