package flows

// Data is the tables of data/.
type Data struct {
	tables map[string]any
}
