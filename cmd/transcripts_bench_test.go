package cmd

import (
	"log/slog"
	"os"
	"testing"

	"github.com/relance-bot/relance/bot/chat"
	"github.com/relance-bot/relance/flows"
)

// BenchmarkTranscripts plays the transcripts of the example as relance test does: all
// processors, the bot compiled once. What counts is transcripts/s.
func BenchmarkTranscripts(b *testing.B) {
	program, data, found := flows.Load(os.DirFS(exampleRestock))
	if program == nil {
		b.Fatal(found)
	}
	folder := &botFolder{dir: exampleRestock, program: program, data: data}
	o := chat.Options{Factory: stages(folder, nil, slog.New(slog.DiscardHandler), nil)}
	played := 0
	for b.Loop() {
		results, err := chat.RunDir(b.Context(), exampleRestock, o)
		if err != nil {
			b.Fatal(err)
		}
		for _, r := range results {
			if !r.Passed() {
				b.Fatal(r.Name)
			}
		}
		played += len(results)
	}
	b.ReportMetric(float64(played)/b.Elapsed().Seconds(), "transcripts/s")
}
