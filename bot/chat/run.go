package chat

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/relance-bot/relance/flows"
)

// Folder is where a bot keeps its transcripts, and Extension how they end.
const (
	Folder    = "chats"
	Extension = ".chat"
)

// Options say how transcripts are played.
type Options struct {
	Factory Factory
	// Update rewrites what does not hold ("<" and "=" lines) so that it does, and
	// nothing else.
	Update bool
	// Match keeps the transcripts whose name it finds something in; nil keeps all.
	Match *regexp.Regexp
	// Workers is how many are played at once; 0: one for each processor.
	Workers int
	// Timeout is how long one may take; 0: a minute.
	Timeout time.Duration
	// Now is the real clock, for Result.Duration; nil: durations are not measured.
	Now func() time.Time
}

// Result is what became of one transcript.
type Result struct {
	Name     string        `json:"name"` // its path in the folder, without extension
	File     string        `json:"file"`
	Duration time.Duration `json:"duration"` // nanoseconds
	// Diagnostics are mistakes in the transcript itself; with any, it is not played.
	Diagnostics flows.Diagnostics `json:"diagnostics,omitempty"`
	Failures    []Failure         `json:"failures,omitempty"`
	// Notices are what went wrong in the bot meanwhile: a flow that had to be ended.
	Notices []string `json:"notices,omitempty"`
	Updated bool     `json:"updated,omitempty"` // the file was rewritten
	// Err is why it could not be played at all: an unreadable file, a stage that
	// does not start.
	Err error `json:"-"`
}

// Passed reports whether the transcript was played and everything in it holds.
func (r Result) Passed() bool {
	return r.Err == nil && len(r.Diagnostics) == 0 && len(r.Failures) == 0
}

// Render writes all that is wrong, nothing if it passed. color is for terminals.
func (r Result) Render(w io.Writer, color bool) error {
	if err := r.Diagnostics.Render(w, color); err != nil {
		return err
	}
	for _, f := range r.Failures {
		if err := f.Render(w, color); err != nil {
			return err
		}
	}
	for _, notice := range r.Notices {
		if _, err := fmt.Fprintf(w, "   the bot: %s\n", printable(notice)); err != nil {
			return err
		}
	}
	if r.Err != nil {
		if _, err := fmt.Fprintf(w, "%s: could not be played: %v\n", r.File, r.Err); err != nil {
			return err
		}
	}
	return nil
}

// Find lists the transcripts of a bot's folder, sorted: all *.chat under chats/.
// None is no error.
func Find(dir string) ([]string, error) {
	var files []string
	err := filepath.WalkDir(filepath.Join(dir, Folder), func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && strings.HasSuffix(path, Extension) {
			files = append(files, path)
		}
		return err
	})
	if errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Stat(dir); err != nil {
			return nil, fmt.Errorf("looking for transcripts: %w", err)
		}
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("looking for transcripts: %w", err)
	}
	slices.Sort(files)
	return files, nil
}

// nameOf is what a transcript is called: its path in the chats folder.
func nameOf(dir, file string) string {
	rel, err := filepath.Rel(filepath.Join(dir, Folder), file)
	if err != nil {
		rel = filepath.Base(file)
	}
	return strings.TrimSuffix(filepath.ToSlash(rel), Extension)
}

// RunDir plays the transcripts of a bot's folder, several at once, and returns
// their results sorted by name. The error is about the folder only.
func RunDir(ctx context.Context, dir string, o Options) ([]Result, error) {
	files, err := Find(dir)
	if err != nil {
		return nil, err
	}
	if o.Match != nil {
		files = slices.DeleteFunc(files, func(f string) bool { return !o.Match.MatchString(nameOf(dir, f)) })
	}
	workers := o.Workers
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	results := make([]Result, len(files))
	turn := make(chan struct{}, workers)
	var wg sync.WaitGroup
	for i, file := range files {
		wg.Go(func() {
			turn <- struct{}{}
			defer func() { <-turn }()
			results[i] = RunFile(ctx, file, o)
			results[i].Name = nameOf(dir, file)
		})
	}
	wg.Wait()
	return results, nil
}

// RunFile plays one transcript on a stage of its own.
func RunFile(ctx context.Context, file string, o Options) (r Result) {
	r = Result{Name: strings.TrimSuffix(filepath.Base(file), Extension), File: file}
	if o.Now != nil {
		began := o.Now()
		defer func() { r.Duration = o.Now().Sub(began) }()
	}
	src, err := Read(file)
	if err != nil {
		r.Err = err
		return r
	}
	script, found := Parse(file, src)
	if r.Diagnostics = found; len(found) > 0 {
		return r
	}
	var repaired []byte
	if r.Failures, repaired, r.Notices, r.Err = play(ctx, script, o); r.Err != nil || !o.Update || string(repaired) == string(src) {
		return r
	}
	if r.Err = replace(file, repaired); r.Err == nil {
		r.Updated = true
	}
	return r
}

// Play plays a script that has no mistakes. With o.Update what does not hold is
// no failure, and repaired is the text in which it does; else repaired is the
// script as it stands. The error means that there was no stage.
func Play(ctx context.Context, s *Script, o Options) (failures []Failure, repaired []byte, err error) {
	failures, repaired, _, err = play(ctx, s, o)
	return failures, repaired, err
}

func play(ctx context.Context, s *Script, o Options) (failures []Failure, repaired []byte, notices []string, err error) {
	limit := o.Timeout
	if limit <= 0 {
		limit = patience
	}
	ctx, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("it took longer than %s", limit))
	defer cancel()
	stage, err := o.Factory(ctx, s.setup())
	if err != nil {
		return nil, nil, nil, fmt.Errorf("setting the stage: %w", err)
	}
	p := &player{script: s, stage: stage, update: o.Update, people: map[string]*actor{}, edits: edits{}}
	p.block.anchor = -1
	err = p.play(ctx)
	if closing := stage.Close(); closing != nil && err == nil {
		err = fmt.Errorf("clearing the stage: %w", closing)
	}
	if n, able := stage.(Noticer); able {
		notices = n.Notices()
	}
	return p.failures, s.apply(p.edits), notices, err
}

// Read takes a transcript, up to what Parse refuses. A pipe or a device is not opened: that
// would wait for whoever writes into it, for ever.
func Read(file string) ([]byte, error) {
	if info, err := os.Stat(file); err == nil && !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is no file, but a pipe, a device or a folder", file)
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	src, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", file, err)
	}
	return src, nil
}

// replace writes a file at once or not at all, with the permissions it had.
func replace(file string, text []byte) error {
	info, err := os.Stat(file)
	if err != nil {
		return err
	}
	temp, err := os.CreateTemp(filepath.Dir(file), ".*"+Extension+".new")
	if err != nil {
		return err
	}
	defer os.Remove(temp.Name())
	_, err = temp.Write(text)
	if closing := temp.Close(); err == nil {
		err = closing
	}
	if err == nil {
		err = os.Chmod(temp.Name(), info.Mode().Perm())
	}
	if err == nil {
		err = os.Rename(temp.Name(), file)
	}
	if err != nil {
		return fmt.Errorf("updating %s: %w", file, err)
	}
	return nil
}
