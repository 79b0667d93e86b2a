package bot

import "time"

// About says which bot this is.
type About struct {
	Name     string    `json:"name"`
	Timezone string    `json:"timezone"`
	Program  string    `json:"program"` // the hash of its sources
	Now      time.Time `json:"now"`     // on its clock
}

// About says which bot this is.
func (b *Bot) About() About {
	p := b.Program()
	return About{Name: p.Bot.Name, Timezone: p.Bot.Timezone, Program: p.Hash, Now: b.Now()}
}
