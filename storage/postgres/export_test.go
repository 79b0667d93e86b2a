package postgres

// Exchanges is how many round trips the store's writes have cost.
func (s *Store) Exchanges() int64 { return s.writer.exchanges.Load() }

// Waiting is how many writes wait for the next group.
func Waiting(s *Store) int { return s.writer.Waiting() }

// LoadedTables are those that a load fills.
const LoadedTables = loadedTables
