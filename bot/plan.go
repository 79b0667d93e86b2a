package bot

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/relance-bot/relance/flows"
	"github.com/relance-bot/relance/storage"
)

// DeployPlan is what a deploy of the bot's program would mean for the people that the
// store knows.
type DeployPlan struct {
	Program string     `json:"program"`        // hash of what would be deployed
	Last    string     `json:"last,omitempty"` // hash of the program that was started last
	People  int        `json:"people"`         // who are known
	Within  int        `json:"within"`         // who are in the middle of a flow
	Steps   []StepPlan `json:"steps"`          // where their flow has changed
	Held    []HeldPlan `json:"held"`           // notifications that wait for their next chance
	Gone    []string   `json:"gone"`           // triggers that the last program had
	New     []string   `json:"new"`            // triggers that it did not have
}

// StepPlan is what becomes of those who stand at one step.
type StepPlan struct {
	Flow    string        `json:"flow"`
	Step    string        `json:"step"`    // id or place; empty: behind the last
	Program string        `json:"program"` // hash of the program they began with
	Change  flows.Change  `json:"change"`
	People  int           `json:"people"`
	Outcome flows.Outcome `json:"outcome"`
	To      string        `json:"to,omitempty"` // flow#step
}

// HeldPlan is what becomes of the held notifications of one trigger. They are made by the
// new program; those whose trigger is gone are skipped.
type HeldPlan struct {
	Trigger string `json:"trigger"`
	Flow    string `json:"flow,omitempty"` // that makes them; empty: the trigger is gone
	People  int    `json:"people"`
}

// Plan says what it would mean to deploy the bot's program, beside a bot that may run. It
// changes nothing, and reads a few hundred people at a time.
func (b *Bot) Plan(ctx context.Context) (DeployPlan, error) {
	today := b.Program()
	plan := DeployPlan{Program: today.Hash, Steps: []StepPlan{}, Held: []HeldPlan{}, Gone: []string{}, New: []string{}}
	steps := map[StepPlan]int{}
	err := b.store.Read(ctx, func(r storage.Reader) error { return b.planTriggers(r, today, &plan) })
	for after, more := "", true; more && err == nil; {
		err = b.store.Read(ctx, func(r storage.Reader) error {
			people, err := r.Contacts(after, collectBatch)
			for _, c := range people {
				after = c.ID
				plan.People++
				if len(c.Session) == 0 {
					continue
				}
				plan.Within++
				if err := b.planPerson(r, today, c, steps); err != nil {
					return err
				}
			}
			more = len(people) == collectBatch
			return err
		})
	}
	if err != nil {
		return DeployPlan{}, fmt.Errorf("planning a deploy: %w", err)
	}
	for step, people := range steps {
		step.People = people
		plan.Steps = append(plan.Steps, step)
	}
	slices.SortFunc(plan.Steps, func(a, b StepPlan) int {
		return cmp.Or(strings.Compare(a.Flow, b.Flow), strings.Compare(a.Step, b.Step), strings.Compare(string(a.Change), string(b.Change)), strings.Compare(a.Program, b.Program),
			strings.Compare(string(a.Outcome), string(b.Outcome)))
	})
	return plan, nil
}

// planPerson counts somebody at each step they stand at whose flow has changed.
func (b *Bot) planPerson(r storage.Reader, today *flows.Program, c storage.Contact, steps map[StepPlan]int) error {
	session, err := flows.ParseSession(c.Session)
	if err != nil {
		return nil // it ends anyway, with the person's next input
	}
	own, _, _ := strings.Cut(c.Program, " ")
	seen := map[StepPlan]bool{}
	for _, stand := range session.On(own).Stands() {
		began := today
		if stand.Program != today.Hash {
			if began, err = b.old.get(stand.Program, r); err != nil {
				return err
			}
		}
		fate := today.Fate(began, stand)
		if fate.Change == flows.Unchanged && fate.Outcome == flows.Finishes {
			continue
		}
		step := StepPlan{Flow: stand.Flow, Step: stand.Step, Program: stand.Program, Change: fate.Change, Outcome: fate.Outcome, To: fate.To}
		if !seen[step] {
			seen[step] = true
			steps[step]++
		}
	}
	return nil
}

// planTriggers says what the triggers of the last program and of today's have to do with
// each other, and with what is held.
func (b *Bot) planTriggers(r storage.Reader, today *flows.Program, plan *DeployPlan) error {
	newest, err := r.Meta(programMeta)
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return err
	}
	if plan.Last = string(newest); plan.Last != "" && plan.Last != today.Hash {
		last, err := b.old.get(plan.Last, r)
		if err != nil {
			return err
		}
		if last != nil {
			plan.Gone, plan.New = triggersOnlyIn(last, today), triggersOnlyIn(today, last)
		}
	}
	held, err := r.CountTimers(timerHeld)
	if err != nil {
		return err
	}
	for id, people := range held {
		h := HeldPlan{Trigger: id, People: people}
		if trigger, ok := today.Trigger(id); ok {
			h.Flow = trigger.Flow
		}
		plan.Held = append(plan.Held, h)
	}
	slices.SortFunc(plan.Held, func(a, b HeldPlan) int { return strings.Compare(a.Trigger, b.Trigger) })
	return nil
}

// triggersOnlyIn are the triggers of a program that another has not.
func triggersOnlyIn(p, other *flows.Program) []string {
	out := []string{}
	for i := range p.Triggers {
		if _, ok := other.Trigger(p.Triggers[i].ID); !ok {
			out = append(out, p.Triggers[i].ID)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
