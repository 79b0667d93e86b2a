//go:build unix

package messenger

import "syscall"

// peek looks whether something has come, and does not wait for it. What it takes
// away is not missed: a line on which something has come is closed.
func (l *line) peek(fd uintptr) {
	var b [1]byte
	_, err := syscall.Read(int(fd), b[:])
	l.quiet = err == syscall.EAGAIN || err == syscall.EWOULDBLOCK
}
