package sqlite

import "github.com/relance-bot/relance/storage"

const (
	campaignColumns = `trigger_id, id, flow, topic, at, state, rate, by_whom, why, changed, freed, sweep, cursor`

	sqlCampaign        = `SELECT ` + campaignColumns + ` FROM campaigns WHERE trigger_id = ?1 AND id = ?2`
	sqlRecentCampaigns = `SELECT ` + campaignColumns + ` FROM campaigns ORDER BY at DESC, trigger_id DESC, id DESC LIMIT ?1`
	sqlSweptCampaigns  = `SELECT ` + campaignColumns + ` FROM campaigns WHERE sweep <> '' ORDER BY at, trigger_id, id LIMIT ?1`
	sqlOccurrencesOf   = `SELECT ` + occurrenceColumns + ` FROM occurrences WHERE trigger_id = ?1 AND campaign = ?2 ORDER BY id`
	sqlMakeCampaign    = `INSERT INTO campaigns (` + campaignColumns + `)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
		ON CONFLICT (trigger_id, id) DO `
	sqlPutCampaign = sqlMakeCampaign + `UPDATE SET flow = ?3, topic = ?4, at = ?5, state = ?6, rate = ?7, by_whom = ?8, why = ?9,
			changed = ?10, freed = ?11, sweep = ?12, cursor = ?13`
	sqlCampaignCounts = `SELECT name, n FROM campaign_counts WHERE trigger_id = ?1 AND id = ?2`
	sqlAddCount       = `INSERT INTO campaign_counts (trigger_id, id, name, n) VALUES (?1, ?2, ?3, ?4)
		ON CONFLICT (trigger_id, id, name) DO UPDATE SET n = n + ?4`
)

func scanCampaign(row scanner) (c storage.Campaign, err error) {
	var at, changed, freed int64
	err = row.Scan(&c.Trigger, &c.ID, &c.Flow, &c.Topic, &at, &c.State, &c.Rate, &c.By, &c.Why, &changed, &freed, &c.Sweep, &c.Cursor)
	c.At, c.Changed, c.Freed = instant(at), instant(changed), freed != 0
	return c, err
}

func (r reader) Campaign(trigger, id string) (storage.Campaign, error) {
	return one(r.c, scanCampaign, sqlCampaign, trigger, id)
}

func (r reader) RecentCampaigns(limit int) ([]storage.Campaign, error) {
	return many(r.c, scanCampaign, sqlRecentCampaigns, bounded(limit))
}

func (r reader) SweptCampaigns(limit int) ([]storage.Campaign, error) {
	return many(r.c, scanCampaign, sqlSweptCampaigns, bounded(limit))
}

func (r reader) CampaignOccurrences(trigger, id string) ([]storage.Occurrence, error) {
	return many(r.c, scanOccurrence, sqlOccurrencesOf, trigger, id)
}

type counted struct {
	name string
	n    int
}

func scanCount(row scanner) (c counted, err error) {
	err = row.Scan(&c.name, &c.n)
	return c, err
}

func (r reader) CampaignCounts(trigger, id string) (map[string]int, error) {
	list, err := many(r.c, scanCount, sqlCampaignCounts, trigger, id)
	out := map[string]int{}
	for _, c := range list {
		if c.n != 0 {
			out[c.name] = c.n
		}
	}
	return out, err
}

func (t *transaction) putCampaign(query string, c storage.Campaign) error {
	freed := 0
	if c.Freed {
		freed = 1
	}
	return t.c.exec(query, c.Trigger, c.ID, c.Flow, c.Topic, millis(c.At), c.State, c.Rate, c.By, c.Why, millis(c.Changed), freed, c.Sweep, c.Cursor)
}

func (t *transaction) MakeCampaign(c storage.Campaign) error {
	return t.putCampaign(sqlMakeCampaign+`NOTHING`, c)
}

func (t *transaction) PutCampaign(c storage.Campaign) error {
	return t.putCampaign(sqlPutCampaign, c)
}

func (t *transaction) AddCampaignCounts(trigger, id string, add map[string]int) error {
	for name, n := range add {
		if n == 0 {
			continue
		}
		if err := t.c.exec(sqlAddCount, trigger, id, name, n); err != nil {
			return err
		}
	}
	return nil
}
