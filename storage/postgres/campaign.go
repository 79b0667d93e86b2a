package postgres

import (
	"cmp"
	"slices"

	"github.com/relance-bot/relance/storage"
)

const (
	campaignColumns = `trigger_id, id, flow, topic, at, state, rate, by_whom, why, changed, freed, sweep, cursor`

	sqlCampaign        = `SELECT ` + campaignColumns + ` FROM campaigns WHERE trigger_id = $1::text AND id = $2::text`
	sqlRecentCampaigns = `SELECT ` + campaignColumns + ` FROM campaigns ORDER BY at DESC, trigger_id DESC, id DESC LIMIT $1::bigint`
	sqlSweptCampaigns  = `SELECT ` + campaignColumns + ` FROM campaigns WHERE sweep <> '' ORDER BY at, trigger_id, id LIMIT $1::bigint`
	sqlOccurrencesOf   = `SELECT ` + occurrenceColumns + ` FROM occurrences WHERE trigger_id = $1::text AND campaign = $2::text ORDER BY id`
	sqlMakeCampaign    = `INSERT INTO campaigns (` + campaignColumns + `)
		VALUES ($1::text, $2::text, $3::text, $4::text, $5::bigint, $6::text, $7::double precision, $8::text, $9::text, $10::bigint,
			$11::boolean, $12::text, $13::text)
		ON CONFLICT (trigger_id, id) DO `
	sqlPutCampaign = sqlMakeCampaign + `UPDATE SET flow = excluded.flow, topic = excluded.topic, at = excluded.at, state = excluded.state,
			rate = excluded.rate, by_whom = excluded.by_whom, why = excluded.why, changed = excluded.changed, freed = excluded.freed,
			sweep = excluded.sweep, cursor = excluded.cursor`
	sqlCampaignCounts = `SELECT name, sum(n)::bigint FROM campaign_counts WHERE trigger_id = $1::text AND id = $2::text
		GROUP BY name HAVING sum(n) <> 0`
	sqlAddCounts = `INSERT INTO campaign_counts (trigger_id, id, process, name, n)
		SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::bigint[])
		ON CONFLICT (trigger_id, id, process, name) DO UPDATE SET n = campaign_counts.n + excluded.n`

	// Who decides by a campaign keeps it as it is, beside others who do.
	lockShared = ` FOR SHARE`
)

func scanCampaign(r *row) (c storage.Campaign) {
	c.Trigger, c.ID, c.Flow, c.Topic, c.At, c.State = r.text(), r.text(), r.text(), r.text(), r.time(), r.text()
	c.Rate, c.By, c.Why, c.Changed, c.Freed, c.Sweep, c.Cursor = r.float(), r.text(), r.text(), r.time(), r.bool(), r.text(), r.text()
	return c
}

func (r reader) Campaign(trigger, id string) (storage.Campaign, error) {
	return single(r, scanCampaign, sqlCampaign, params{}.text(trigger).text(id))
}

func (r reader) RecentCampaigns(limit int) ([]storage.Campaign, error) {
	return list(r, scanCampaign, sqlRecentCampaigns, params{}.limit(limit))
}

func (r reader) SweptCampaigns(limit int) ([]storage.Campaign, error) {
	return list(r, scanCampaign, sqlSweptCampaigns, params{}.limit(limit))
}

func (r reader) CampaignOccurrences(trigger, id string) ([]storage.Occurrence, error) {
	return list(r, scanOccurrence, sqlOccurrencesOf, params{}.text(trigger).text(id))
}

// count is what is added to one count of a campaign.
type count struct {
	key countKey
	n   int
}

type countKey struct{ trigger, id, name string }

func scanCount(r *row) (c count) {
	c.key.name, c.n = r.text(), int(r.int())
	return c
}

func (r reader) CampaignCounts(trigger, id string) (map[string]int, error) {
	counts, err := list(r, scanCount, sqlCampaignCounts, params{}.text(trigger).text(id))
	out := map[string]int{}
	for _, c := range counts {
		out[c.key.name] = c.n
	}
	return out, err
}

func (t *transaction) Campaign(trigger, id string) (storage.Campaign, error) {
	return single(t.reader, scanCampaign, sqlCampaign+lockShared, params{}.text(trigger).text(id))
}

func (t *transaction) RecentCampaigns(limit int) ([]storage.Campaign, error) {
	return t.reader.RecentCampaigns(limit)
}

// SweptCampaigns locks what it returns and leaves out what others have locked.
func (t *transaction) SweptCampaigns(limit int) ([]storage.Campaign, error) {
	return list(t.reader, scanCampaign, sqlSweptCampaigns+lockSkipped, params{}.limit(limit))
}

func (t *transaction) CampaignOccurrences(trigger, id string) (found []storage.Occurrence, err error) {
	err = t.send(step{query: sqlOccurrencesOf + lockRow, params: params{}.text(trigger).text(id), row: func(r *row) {
		found = append(found, t.keepOccurrence(scanOccurrence(r)).value)
	}})
	return found, err
}

func (t *transaction) CampaignCounts(trigger, id string) (map[string]int, error) {
	if err := t.flush(); err != nil {
		return nil, err
	}
	return t.reader.CampaignCounts(trigger, id)
}

func (t *transaction) putCampaign(query string, c storage.Campaign) error {
	in := params{}.text(c.Trigger).text(c.ID).text(c.Flow).text(c.Topic).time(c.At).text(c.State).float(c.Rate).text(c.By).text(c.Why)
	return t.send(step{query: query, params: in.time(c.Changed).bool(c.Freed).text(c.Sweep).text(c.Cursor)})
}

// MakeCampaign is rare: it is sent at once.
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
		key := countKey{trigger, id, name}
		it, ok := t.counts[key]
		if !ok {
			it = &item[count]{value: count{key: key}}
			t.counts[key] = it
		}
		t.dirtyCounts.put(t, it, count{key, it.value.n + n}, true)
	}
	return nil
}

// flushCounts writes them in one order, so that nobody waits for another who waits.
func (t *transaction) flushCounts() (steps []step) {
	kept, _ := t.dirtyCounts.take()
	slices.SortFunc(kept, func(a, b *item[count]) int {
		x, y := a.value.key, b.value.key
		return cmp.Or(cmp.Compare(x.trigger, y.trigger), cmp.Compare(x.id, y.id), cmp.Compare(x.name, y.name))
	})
	rows := t.table()
	for _, it := range kept {
		if key, n := it.value.key, it.value.n; n != 0 {
			rows.text(key.trigger).text(key.id).int(t.me).text(key.name).int(int64(n)).next()
		}
		it.value.n = 0
	}
	return tables(steps, sqlAddCounts, rows)
}
