package cmd

import (
	"net/http"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// TestASecondSignalEndsAProcessThatStillWaits for a platform that does not answer: who asks
// twice does not want to wait.
func TestASecondSignalEndsAProcessThatStillWaits(t *testing.T) {
	t.Parallel()
	hold := make(chan struct{})
	asked := make(chan struct{}, 10)
	graph := startFakeGraph(t, &fakeGraph{answer: func(_ int, call graphCall) (int, string) {
		if call.method == http.MethodPost {
			asked <- struct{}{}
			<-hold
		}
		return 0, ""
	}})
	t.Cleanup(func() { close(hold) })
	b := startChild(t, graph.account(), "run", copyBot(t, exampleRestock), "--listen", "127.0.0.1:0", "--database", "sqlite:"+filepath.Join(t.TempDir(), "relance.db"))
	b.await(t)
	if status := webhook(t, b.base, wireSecret, hook(wirePage, person, time.Now(), `{"message":{"mid":"m_1","text":"stock"}}`)); status != http.StatusOK {
		t.Fatalf("a webhook is answered with %d", status)
	}
	<-asked
	for range 2 {
		select {
		case <-b.ended:
			t.Fatalf("it did not wait for the platform: %v\n%s", b.state, b.log)
		case <-time.After(300 * time.Millisecond):
		}
		if err := b.process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
	}
	select {
	case <-b.ended:
	case <-time.After(3 * time.Second):
		t.Error("it waits on")
	}
}
