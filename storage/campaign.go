package storage

import "time"

// Campaign is how one firing of a trigger is steered: one event, or one wall time of a
// schedule in all zones. Its occurrences do the work, zone by zone.
type Campaign struct {
	Trigger string
	ID      string // as its decisions name it in Occurrence
	Flow    string
	Topic   string
	At      time.Time // when its first occurrence was due
	State   string    // running, paused, cancelled; whether it has ended its occurrences say
	Rate    float64   // messages a second at most; 0: the Page's pace alone
	// By says who put it into its State, or gave it its Rate while it runs, Why for what
	// reason, and Changed when: words of those who run the bot, about nobody it writes to.
	// Empty if nobody did.
	By, Why string
	Changed time.Time
	Freed   bool // somebody let it go on: it does not pause itself any more
	// Sweep is what is being done to those that a pause or an end met half-way: resume,
	// cancel; empty: nothing. Cursor is the last contact looked at for it.
	Sweep  string
	Cursor string
}

// CampaignReader finds campaigns, and what was counted of them.
type CampaignReader interface {
	// Campaign returns one. In a Write it stays as it is until that ends: who decides
	// by it decides before it changes, or after.
	Campaign(trigger, id string) (Campaign, error)
	// RecentCampaigns returns those of any state, newest first.
	RecentCampaigns(limit int) ([]Campaign, error)
	// SweptCampaigns hands out those with a Sweep to be done, oldest first.
	SweptCampaigns(limit int) ([]Campaign, error)
	// CampaignOccurrences returns its occurrences, by id. In a Write they are that
	// Write's alone until it ends, and another process that has one in hand is waited for.
	CampaignOccurrences(trigger, id string) ([]Occurrence, error)
	// CampaignCounts returns what was counted of a campaign, by name; those that are 0
	// are left out.
	CampaignCounts(trigger, id string) (map[string]int, error)
}

// CampaignWriter keeps campaigns, and counts.
type CampaignWriter interface {
	// MakeCampaign puts a campaign, unless there is one by its name.
	MakeCampaign(Campaign) error
	PutCampaign(Campaign) error
	// AddCampaignCounts adds to what is counted of a campaign; it keeps nobody else
	// from adding at the same time.
	AddCampaignCounts(trigger, id string, add map[string]int) error
}
