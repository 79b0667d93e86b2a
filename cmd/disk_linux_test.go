package cmd

import (
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"
)

// smallFiles makes the writes of a child beyond its limit fail, as on a full disk,
// instead of ending it.
func smallFiles() { signal.Ignore(syscall.SIGXFSZ) }

// fill lets the files of a running child grow no more; free ends that.
func fill(t *testing.T, c *child) (free func()) {
	t.Helper()
	set := func(limit, old *syscall.Rlimit) {
		_, _, errno := syscall.RawSyscall6(syscall.SYS_PRLIMIT64, uintptr(c.process.Pid), syscall.RLIMIT_FSIZE,
			uintptr(unsafe.Pointer(limit)), uintptr(unsafe.Pointer(old)), 0, 0)
		if errno != 0 {
			t.Fatalf("prlimit: %v", errno)
		}
	}
	var before syscall.Rlimit
	set(nil, &before)
	set(&syscall.Rlimit{Cur: 1, Max: before.Max}, nil)
	return func() { set(&before, nil) }
}

// TestAFullDiskIsWaitedFor takes the room from a running bot and gives it back.
func TestAFullDiskIsWaitedFor(t *testing.T) {
	t.Parallel()
	graph := newFakeGraph(t)
	dir := copyBot(t, exampleRestock)
	c := startChild(t, graph.account(), "run", dir, "--listen", "127.0.0.1:0")
	c.await(t)
	says := func(event string) int {
		return webhook(t, c.base, wireSecret, hook(wirePage, person, time.Now(), event))
	}
	if status := says(`{"message":{"mid":"m_1","text":"stock"}}`); status != http.StatusOK {
		t.Fatalf("a webhook is answered with %d", status)
	}
	graph.sends(t, 1)
	ready(t, c.base, http.StatusOK)

	free := fill(t, c)
	if status := says(`{"message":{"mid":"m_2","text":"51"}}`); status != http.StatusServiceUnavailable {
		t.Errorf("a webhook that cannot be stored is answered with %d, want 503", status)
	}
	ready(t, c.base, http.StatusServiceUnavailable)
	if info, err := os.Stat(filepath.Join(dir, "relance.db")); err != nil || info.Size() == 0 {
		t.Errorf("the database: %v, %v", info, err)
	}
	free()

	within(t, 20*time.Second, "/readyz turns green again", func() bool {
		status, _ := request(t, http.MethodGet, c.base+"/readyz", nil, nil)
		return status == http.StatusOK
	})
	if status := says(`{"message":{"mid":"m_2","text":"51"}}`); status != http.StatusOK {
		t.Errorf("the webhook is answered with %d when it comes again", status)
	}
	if reply := graph.sends(t, 2); !strings.Contains(reply.body, "Une pointure entre 35 et 48") {
		t.Errorf("the reply is %s", reply.body)
	}
	if code := c.terminate(t); code != exitFine {
		t.Errorf("it exits %d:\n%s", code, c.log)
	}
}

// TestAFullDiskLosesNothing runs the flagship on a small disk that fills up and is
// emptied again, several times.
func TestAFullDiskLosesNothing(t *testing.T) {
	t.Parallel()
	disk := smallDisk(t, "48m")
	c := newTrial(t, trialConfig{
		seed: trialSeed(t), databases: []string{"sqlite:" + filepath.Join(disk, "relance.db")}, people: 8, quorum: 1, faulty: true,
	})
	begun := time.Now()
	c.begin()
	times := trialKills(t, 6, 2)
	isReady := func(want int) func() bool {
		return func() bool {
			_, status, _ := c.ask(t.Context(), http.MethodGet, "/readyz", "")
			return status == want
		}
	}
	for range times {
		time.Sleep(time.Duration(500+c.random.IntN(500)) * time.Millisecond)
		full := time.Now()
		empty := fillDisk(t, disk)
		within(t, 20*time.Second, "/readyz turns red", isReady(http.StatusServiceUnavailable))
		time.Sleep(time.Duration(c.random.IntN(500)) * time.Millisecond)
		empty()
		within(t, 20*time.Second, "/readyz turns green again", isReady(http.StatusOK))
		c.platform.Retry()
		c.hit(everyone, full)
	}
	disturbed := time.Since(begun)
	c.calm()
	c.verdict(fmt.Sprintf("the disk was full %d times in %.1f s, at rest %.1f s later", times, disturbed.Seconds(), (time.Since(begun) - disturbed).Seconds()))
}

// smallDisk is a folder on a file system of its own in memory. Only root may make one;
// TestAFullDiskIsWaitedFor limits the files of a process instead, and runs anywhere.
func smallDisk(t *testing.T, size string) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size="+size); err != nil {
		t.Skipf("no file system can be mounted here (%v): a full one is not tested", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// fillDisk takes what room is left.
func fillDisk(t *testing.T, dir string) (empty func()) {
	t.Helper()
	ballast := filepath.Join(dir, "ballast")
	f, err := os.Create(ballast)
	if err != nil {
		t.Fatal(err)
	}
	for size := 1 << 16; size > 0; {
		if _, err := f.Write(make([]byte, size)); err != nil {
			size /= 2
		}
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := os.Remove(ballast); err != nil {
			t.Fatal(err)
		}
	}
}
