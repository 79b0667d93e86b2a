//go:build !linux && !darwin

package cmd

// ownPermissions says that files have permissions for their owner and for others.
const ownPermissions = false

// freeBytes is not known here.
func freeBytes(string) (uint64, bool) { return 0, false }
