package flows

import (
	"encoding/json"
	"testing"
)

// BenchmarkSession is what every turn pays for keeping a conversation as JSON: a
// question that waits inside another flow, with names that hold a list.
func BenchmarkSession(b *testing.B) {
	stored := []byte(`{"s":[{"f":[{"f":"welcome","s":"1"},{"f":"size","s":"2","n":{"found":[{"model":"Gazelle","size":42,"price":119.9},{"model":"Antilope","size":42,"price":89}],"large":false}}],"w":{"k":"answer"}}]}`)
	session, err := ParseSession(stored)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("read", func(b *testing.B) {
		b.SetBytes(int64(len(stored)))
		b.ReportAllocs()
		for b.Loop() {
			s, err := ParseSession(stored)
			if err != nil || !s.Waiting() {
				b.Fatal(s, err)
			}
		}
	})
	b.Run("written", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := json.Marshal(session); err != nil {
				b.Fatal(err)
			}
		}
	})
}
