package cmd

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/fsnotify/fsnotify"
)

// botParts are what a bot's folder is made of; whatever else lies there, such as the
// database, is not watched.
var botParts = []string{"bot.yaml", "flows", "locales", "data", "chats"}

const (
	quietFor = 150 * time.Millisecond // editors and git write in several strokes
	maxDirs  = 2_000                  // folders watched; what is in more is not seen
	maxLinks = 40                     // followed on the way to it, as systems do
)

// watchFolder calls begun as soon as it sees every change, and changed whenever something
// of a bot's folder has changed and then was quiet for a moment, until ctx ends.
func watchFolder(ctx context.Context, dir string, begun, changed func()) error {
	w, err := fsnotify.NewWatcher()
	if err != nil {
		return fmt.Errorf("watching %s: %w", dir, err)
	}
	defer w.Close()
	links, err := watchAll(w, dir)
	if err != nil {
		return fmt.Errorf("watching %s: %w", dir, err)
	}
	begun()
	quiet := time.NewTimer(time.Hour)
	quiet.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case e, open := <-w.Events:
			if !open {
				return errors.New("watching the folder ended")
			}
			if ofBot(dir, e.Name) || slices.Contains(links, e.Name) {
				quiet.Reset(quietFor)
			}
		case err, open := <-w.Errors:
			if !open {
				return errors.New("watching the folder ended")
			}
			if !errors.Is(err, fsnotify.ErrEventOverflow) {
				return fmt.Errorf("watching %s: %w", dir, err)
			}
			quiet.Reset(quietFor) // some were missed: look at everything
		case <-quiet.C:
			if links, err = watchAll(w, dir); err != nil {
				return fmt.Errorf("watching %s: %w", dir, err)
			}
			changed()
		}
	}
}

// watchAll watches a bot's folder and those in it, and where the links stand that lead
// there: whoever turns one to another folder touches neither. One that is watched already
// stays so.
func watchAll(w *fsnotify.Watcher, dir string) (links []string, err error) {
	if err := w.Add(dir); err != nil {
		return nil, err
	}
	links = linksOn(dir)
	for _, link := range links {
		if err := w.Add(filepath.Dir(link)); err != nil && !errors.Is(err, fs.ErrPermission) {
			return nil, err
		}
	}
	n := 0
	for _, part := range botParts {
		err := filepath.WalkDir(filepath.Join(dir, part), func(path string, d fs.DirEntry, err error) error {
			switch {
			case errors.Is(err, fs.ErrNotExist):
				return nil // it went meanwhile, or was never there
			case err != nil || !d.IsDir():
				return err
			}
			if n++; n > maxDirs {
				return fs.SkipAll
			}
			if err := w.Add(path); err != nil && !errors.Is(err, os.ErrNotExist) {
				return err
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return links, nil
}

// linksOn are the symbolic links on the way to a folder: a deployment turns one of them to
// the next version.
func linksOn(dir string) (links []string) {
	way, err := filepath.Abs(dir)
	if err != nil {
		return nil
	}
	at := filepath.VolumeName(way) + string(filepath.Separator)
	rest := strings.Split(strings.TrimPrefix(way, at), string(filepath.Separator))
	for len(rest) > 0 && len(links) < maxLinks {
		next := filepath.Join(at, rest[0])
		rest = rest[1:]
		target, err := os.Readlink(next)
		if err != nil {
			at = next
			continue
		}
		links = append(links, next)
		if !filepath.IsAbs(target) {
			target = filepath.Join(at, target)
		}
		at = filepath.VolumeName(target) + string(filepath.Separator)
		rest = append(strings.Split(strings.TrimPrefix(filepath.Clean(target), at), string(filepath.Separator)), rest...)
	}
	return links
}

// ofBot says whether a path belongs to a bot. Names that begin with two dots are how
// folders are swapped under a link.
func ofBot(dir, path string) bool {
	rel, err := filepath.Rel(dir, path)
	if err != nil {
		return false
	}
	first, _, _ := strings.Cut(filepath.ToSlash(rel), "/")
	return slices.Contains(botParts, first) || strings.HasPrefix(first, "..") && first != ".." // what is beside it
}
