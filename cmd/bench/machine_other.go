//go:build !linux

package bench

import (
	"fmt"
	"os/exec"
	"runtime"
	"time"
)

func canPin() bool { return false }

func pin(int) {}

func dieWithParent(*exec.Cmd) {}

// cpuTime is not known here.
func (p *process) cpuTime() (time.Duration, bool) { return 0, false }

// ownCPU is not known here.
func ownCPU() (time.Duration, bool) { return 0, false }

// busyTime is not known here.
func busyTime(int) time.Duration { return 0 }

// memory is not known here.
func (p *process) peak() (all, own float64) { return 0, 0 }

func (p *process) memory(string) float64 { return 0 }

func machine() []string {
	return []string{fmt.Sprintf("%d CPUs", runtime.NumCPU()), runtime.GOOS, runtime.Version() + " " + runtime.GOARCH}
}

// asPostgres does nothing here: PostgreSQL runs as whoever runs this.
func asPostgres(*exec.Cmd, string) error { return nil }
