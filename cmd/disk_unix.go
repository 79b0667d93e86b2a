//go:build linux || darwin

package cmd

import "syscall"

// ownPermissions says that files have permissions for their owner and for others.
const ownPermissions = true

// freeBytes is how much a user may still write below a folder.
func freeBytes(folder string) (uint64, bool) {
	var fs syscall.Statfs_t
	if err := syscall.Statfs(folder, &fs); err != nil {
		return 0, false
	}
	return fs.Bavail * uint64(fs.Bsize), true //nolint:gosec // a block has a size
}
