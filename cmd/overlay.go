package cmd

import (
	"bytes"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"
)

// overlay is a folder in which some files have another text than on the disk: what a
// bot would be if they were written.
type overlay struct {
	fs.FS
	texts map[string][]byte
}

// Open opens a file.
func (o overlay) Open(name string) (fs.File, error) {
	if text, ok := o.texts[name]; ok {
		return &openText{Reader: bytes.NewReader(text), info: textInfo{path.Base(name), int64(len(text))}}, nil
	}
	return o.FS.Open(name)
}

// Stat describes a file without opening it, which of a pipe would wait for ever.
func (o overlay) Stat(name string) (fs.FileInfo, error) {
	if text, ok := o.texts[name]; ok {
		return textInfo{path.Base(name), int64(len(text))}, nil
	}
	return fs.Stat(o.FS, name)
}

// ReadDir lists a folder, with files that are not on the disk yet.
func (o overlay) ReadDir(name string) ([]fs.DirEntry, error) {
	entries, err := fs.ReadDir(o.FS, name)
	for file, text := range o.texts {
		base := path.Base(file)
		if path.Dir(file) != name || slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return e.Name() == base }) {
			continue
		}
		entries, err = append(entries, fs.FileInfoToDirEntry(textInfo{base, int64(len(text))})), nil
	}
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return entries, err
}

// openText is an opened file of an overlay.
type openText struct {
	*bytes.Reader
	info textInfo
}

func (f *openText) Stat() (fs.FileInfo, error) { return f.info, nil }
func (f *openText) Close() error               { return nil }

// textInfo describes a file of an overlay.
type textInfo struct {
	name string
	size int64
}

func (i textInfo) Name() string       { return i.name }
func (i textInfo) Size() int64        { return i.size }
func (i textInfo) Mode() fs.FileMode  { return 0o644 }
func (i textInfo) ModTime() time.Time { return time.Time{} }
func (i textInfo) IsDir() bool        { return false }
func (i textInfo) Sys() any           { return nil }
