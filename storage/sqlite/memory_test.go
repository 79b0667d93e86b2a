package sqlite

import (
	"fmt"
	"os"
	"runtime/debug"
	"strings"
)

// resident is what this process has in memory, and peak the most it had since
// forgetPeak, in bytes, as far as the system says: 0 where it does not.
func resident() int64 { return memory("VmRSS:") }

func peak() int64 { return memory("VmHWM:") }

func forgetPeak() {
	debug.FreeOSMemory()
	_ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0) // not every system can
}

func memory(field string) int64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(status), "\n"+field)
	var kib int64
	if _, err := fmt.Sscan(rest, &kib); err != nil {
		return 0
	}
	return kib << 10
}
