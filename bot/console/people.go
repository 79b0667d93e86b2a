package console

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/flows"
)

const peoplePart = "/console/people"

// people is GET /console/people?after=.
func (c *console) people(ctx context.Context, r *http.Request) (answer, error) {
	return c.list(ctx, r, "")
}

// find is POST /console/people/find with who: whom somebody is looked for by stands in no
// address, which histories and proxies keep.
func (c *console) find(ctx context.Context, r *http.Request) (answer, error) {
	if err := form(r); err != nil {
		return answer{}, err
	}
	who, ok := id(r.PostForm.Get("who"))
	if !ok {
		return answer{}, errNobody
	}
	view, err := c.Bot.Contact(ctx, who)
	switch {
	case errors.Is(err, bot.ErrUnknownContact):
		a, err := c.list(ctx, r, who)
		a.status = http.StatusNotFound
		return a, err
	case err != nil:
		return answer{}, err
	}
	return answer{to: address(view.ID)}, nil
}

// address is where a person is shown.
func address(contact string) string { return peoplePart + "/show?id=" + url.QueryEscape(contact) }

// list is a page of people; missed is somebody who was looked for and is not known.
func (c *console) list(ctx context.Context, r *http.Request, missed string) (answer, error) {
	after := r.URL.Query().Get("after")
	if _, ok := id(after); !ok && after != "" {
		return answer{}, errNoPage
	}
	list, err := c.Bot.Contacts(ctx, after, maxPeople)
	if err != nil {
		return answer{}, err
	}
	data := struct {
		List        []bot.ContactView
		After, Next string
		Missed      string
		Unique      []string
		Forgotten   bool
	}{List: list, After: after, Missed: missed, Forgotten: r.URL.Query().Has("forgotten")}
	if len(list) == maxPeople {
		data.Next = list[len(list)-1].ID
	}
	for _, field := range c.Bot.Program().Bot.Fields {
		if field.Unique {
			data.Unique = append(data.Unique, field.Name)
		}
	}
	return answer{page: "people", title: "People", part: peoplePart, data: data}, nil
}

// fieldView is one field of a person.
type fieldView struct{ Name, Value string }

// person is GET /console/people/show?id=.
func (c *console) person(ctx context.Context, r *http.Request) (answer, error) {
	view, err := c.namedPerson(ctx, r)
	if err != nil {
		return answer{}, err
	}
	data := struct {
		V              bot.ContactView
		Name, Language string
		OwnZone        bool
		Fields         []fieldView
		Why            []bot.DecisionView
		Fires          []bot.Fire
		MoreFires      bool
	}{V: view, Name: nameOf(view), Language: c.Bot.Program().Language(flows.Contact{Locale: view.Locale})}
	for _, name := range slices.Sorted(maps.Keys(view.Fields)) {
		if view.Fields[name] != nil {
			data.Fields = append(data.Fields, fieldView{name, jsonText(view.Fields[name])})
		}
	}
	if data.Why, err = c.Bot.Why(ctx, view.ID, ""); err != nil {
		return answer{}, err
	}
	if data.Fires, err = c.Bot.FiresFor(ctx, view.ID, c.Bot.Now(), 3); err != nil {
		return answer{}, err
	}
	if data.MoreFires = len(data.Fires) > maxTheirs; data.MoreFires {
		data.Fires = data.Fires[:maxTheirs]
	}
	zone := c.home()
	if own, err := bot.Location(view.Timezone); err == nil && view.Timezone != "" {
		zone, data.OwnZone = own, true
	}
	return answer{page: "person", title: data.Name, part: peoplePart, zone: zone, data: data}, nil
}

// nameOf is what to call a person.
func nameOf(v bot.ContactView) string {
	switch {
	case v.FirstName != "" && v.LastName != "":
		return v.FirstName + " " + v.LastName
	case v.FirstName+v.LastName != "":
		return v.FirstName + v.LastName
	}
	return v.ID
}

func (c *console) namedPerson(ctx context.Context, r *http.Request) (bot.ContactView, error) {
	id, ok := id(r.URL.Query().Get("id"))
	if !ok {
		return bot.ContactView{}, bot.ErrUnknownContact
	}
	return c.Bot.Contact(ctx, id)
}

// export is GET /console/people/export?id=: everything kept about a person.
func (c *console) export(ctx context.Context, r *http.Request) (answer, error) {
	view, err := c.namedPerson(ctx, r)
	if err != nil {
		return answer{}, err
	}
	all, err := c.Bot.Export(ctx, view.ID)
	if err != nil {
		return answer{}, err
	}
	body, err := json.MarshalIndent(all, "", "  ")
	if err != nil {
		return answer{}, err
	}
	return answer{file: &file{name: "person.json", kind: "application/json; charset=utf-8", policy: policy, body: body}}, nil
}

// receipt is GET /console/people/receipt?id=: what a person agreed to, as they may have it.
func (c *console) receipt(ctx context.Context, r *http.Request) (answer, error) {
	view, err := c.namedPerson(ctx, r)
	if err != nil {
		return answer{}, err
	}
	receipt, err := c.Bot.Receipt(ctx, view.ID)
	if err != nil {
		return answer{}, err
	}
	var page bytes.Buffer
	if err := WriteReceipt(&page, receipt); err != nil {
		return answer{}, err
	}
	return answer{file: &file{kind: "text/html; charset=utf-8", policy: receiptPolicy, body: page.Bytes()}}, nil
}

// forgetting is GET /console/people/forget?id=: it asks once more.
func (c *console) forgetting(ctx context.Context, r *http.Request) (answer, error) {
	view, err := c.namedPerson(ctx, r)
	if err != nil {
		return answer{}, err
	}
	data := struct {
		V    bot.ContactView
		Name string
		Was  time.Time
	}{view, nameOf(view), view.LastAct}
	return answer{page: "forget", title: "Forget " + data.Name + "?", part: peoplePart, data: data}, nil
}

// forget is POST /console/people/forget with id.
func (c *console) forget(ctx context.Context, r *http.Request) (answer, error) {
	if err := form(r); err != nil {
		return answer{}, err
	}
	id, ok := id(r.PostForm.Get("id"))
	if !ok {
		return answer{}, bot.ErrUnknownContact
	}
	if err := c.Bot.Forget(ctx, id); err != nil {
		return answer{}, err
	}
	return answer{to: peoplePart + "?forgotten"}, nil
}
