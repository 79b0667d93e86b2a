package bench

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// jiffies of /proc/PID/stat in a second: the kernel's promise to programs.
const jiffies = 100

// canPin says whether there is a CPU for the bot and another for the rest.
func canPin() bool {
	var set unix.CPUSet
	return unix.SchedGetaffinity(0, &set) == nil && set.IsSet(serverCPU) && set.IsSet(loadCPU)
}

// pin binds this thread, and what is started from it, to a CPU.
func pin(cpu int) {
	var set unix.CPUSet
	set.Set(cpu)
	_ = unix.SchedSetaffinity(0, &set) // canPin has looked
}

// dieWithParent ends the child when the thread that started it does.
func dieWithParent(cmd *exec.Cmd) {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	if cmd.SysProcAttr.Pdeathsig == 0 {
		cmd.SysProcAttr.Pdeathsig = syscall.SIGTERM
	}
}

// cpuTime is what a process has used, with its children if it is a group.
func (p *process) cpuTime() (time.Duration, bool) {
	pid := p.cmd.Process.Pid
	sum, _, err := readStat(pid, p.group)
	if err != nil {
		return 0, false
	}
	if p.group {
		stats, _ := filepath.Glob("/proc/[0-9]*/stat")
		for _, file := range stats {
			child, err := strconv.Atoi(filepath.Base(filepath.Dir(file)))
			if err != nil {
				continue
			}
			if used, parent, err := readStat(child, true); err == nil && parent == pid {
				sum += used
			}
		}
	}
	return time.Duration(sum) * time.Second / jiffies, true
}

// readStat reads the ticks a process has used, and its parent. With ended its
// children that have ended count too.
func readStat(pid int, ended bool) (used int64, parent int, err error) {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, 0, err
	}
	fields := strings.Fields(string(raw[bytes.LastIndexByte(raw, ')')+1:])) // the name may hold anything
	if len(fields) < 15 {
		return 0, 0, fmt.Errorf("/proc/%d/stat is short", pid)
	}
	if parent, err = strconv.Atoi(fields[1]); err != nil {
		return 0, 0, err
	}
	last := 13 // utime, stime, cutime, cstime are 11 to 14
	if ended {
		last = 15
	}
	for _, field := range fields[11:last] {
		n, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return 0, 0, err
		}
		used += n
	}
	return used, parent, nil
}

// ownCPU is what this process has used.
func ownCPU() (time.Duration, bool) {
	var u unix.Rusage
	if unix.Getrusage(unix.RUSAGE_SELF, &u) != nil {
		return 0, false
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()), true
}

// busyTime is how long a CPU has worked for anybody, or was taken away.
func busyTime(cpu int) time.Duration {
	raw, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(raw), fmt.Sprintf("\ncpu%d ", cpu))
	line, _, _ := strings.Cut(rest, "\n")
	var sum int64
	for i, field := range strings.Fields(line) {
		if i == 3 || i == 4 || i > 7 { // idle, waiting for a disk, and guests, who are counted already
			continue
		}
		n, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return 0
		}
		sum += n
	}
	return time.Duration(sum) * time.Second / jiffies
}

// peak is the most memory the process had, and what of it was its own: the rest is the
// program's file as the system maps it, in pieces that differ from one build to the next.
func (p *process) peak() (all, own float64) {
	all = p.memory("VmHWM")
	return all, all - p.memory("RssFile")
}

// memory is a figure of /proc/PID/status in MiB: VmHWM is the peak, VmRSS what is
// held now.
func (p *process) memory(name string) float64 {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(raw), name+":")
	fields := strings.Fields(rest)
	if len(fields) == 0 {
		return 0
	}
	kib, err := strconv.ParseFloat(fields[0], 64)
	if err != nil {
		return 0
	}
	return kib / 1024
}

// machine says what the figures were taken on.
func machine() []string {
	model := "unknown CPU"
	if raw, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		if _, rest, ok := strings.Cut(string(raw), "model name"); ok {
			line, _, _ := strings.Cut(rest, "\n")
			model = strings.TrimSpace(strings.TrimLeft(line, "\t :"))
		}
	}
	kernel := "unknown"
	var u unix.Utsname
	if unix.Uname(&u) == nil {
		kernel = unix.ByteSliceToString(u.Release[:])
	}
	return []string{fmt.Sprintf("%d CPUs, %s", runtime.NumCPU(), model), "Linux " + kernel, runtime.Version() + " " + runtime.GOARCH}
}

// asPostgres lets a command run as the user postgres if this process is root's,
// whom PostgreSQL refuses, and gives it a folder.
func asPostgres(cmd *exec.Cmd, dir string) error {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGQUIT}
	if os.Geteuid() != 0 {
		return nil
	}
	account, err := user.Lookup("postgres")
	if err != nil {
		return err
	}
	uid, err := strconv.Atoi(account.Uid)
	if err != nil {
		return err
	}
	gid, err := strconv.Atoi(account.Gid)
	if err != nil {
		return err
	}
	cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	return os.Chown(dir, uid, gid)
}
