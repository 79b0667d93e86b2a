package flows

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Bounds of one file. They are far beyond what anybody writes by hand.
const (
	maxFileSize  = 512 << 10
	maxLineWidth = 20_000 // runes
	maxNodes     = 20_000 // values, with those that aliases repeat
	maxDepth     = 64     // maps and lists in one another
	maxSyntax    = 25     // syntax errors reported in one file
)

// decoder reads one file and collects what is wrong with it. That the file is YAML
// is known to decode.go alone.
type decoder struct {
	src *source
	out *reporter
	// flow is the id of the flow being decoded; empty in other files.
	flow    string
	dialect *dialect
	spoken  []*template // the texts people read
	// mentioned are all keys of the file, and what save: names: in a flow with
	// mistakes, a name may be one that could not be read where it is saved.
	mentioned map[string]bool

	// loose allows keys without a value, as tables and translations have them; most
	// and size are the bounds of values and bytes, if not the usual ones.
	loose      bool
	most, size int
	nodes      int
	odd        string // the last thing reported that should be a map
	cut        bool   // a second document was not read
	reread     int    // bytes parsed again to place syntax errors
	// watch is told of every map that was taken apart; nil outside of tests.
	watch func(*fields)
	// keep lets steps and triggers keep what they were decoded from, for Spots.
	keep bool
}

func (d *decoder) errorf(code string, at Span, hint string, format string, args ...any) finding {
	return d.out.report(Error, code, at, hint, fmt.Sprintf(format, args...))
}

func (d *decoder) warnf(code string, at Span, hint string, format string, args ...any) finding {
	return d.out.report(Warning, code, at, hint, fmt.Sprintf(format, args...))
}

// newDecoder makes a decoder for one file and registers its text for messages.
func newDecoder(file string, text []byte, out *reporter) *decoder {
	src := newSource(file, text)
	out.sources[file] = src
	return &decoder{src: src, out: out, most: maxNodes, size: maxFileSize}
}

// legible reports what in a line is no text: bytes that are not UTF-8, for which there is
// a hint, and characters nobody sees.
func (r *reporter) legible(src *source, n int, hint string) bool {
	line := src.line(n)
	if !utf8.ValidString(line) {
		r.report(Error, "file-encoding", src.span(n, 1, 2), hint, "this line is not UTF-8 text")
		return false
	}
	for col, c := range []rune(line) {
		if c < ' ' && c != '\t' || c == 0x7f || c >= 0x80 && c < 0xa0 || c == '\u2028' || c == '\u2029' || c == '\ufeff' || c == 0xfffe || c == 0xffff {
			r.report(Error, "file-encoding", src.span(n, col+1, col+2), "delete it; it may have come with a copied text", fmt.Sprintf("an invisible character (U+%04X) stands here", c))
			return false
		}
	}
	return true
}

// readable reports what makes a file no text at all.
func (d *decoder) readable() bool {
	size := 0
	for i, line := range d.src.lines {
		size += len(line) + 1
		if !d.out.legible(d.src, i+1, "save the file as UTF-8") {
			return false
		}
		if runes(line) > maxLineWidth {
			d.errorf("file-size", d.src.span(i+1, maxLineWidth, maxLineWidth+1), "break it into several lines: say: | starts a text of many lines", "the line is longer than %d characters", maxLineWidth)
			return false
		}
	}
	if size > d.size {
		d.errorf("file-size", Span{File: d.src.file}, "split it into several files", "the file is larger than %d KiB", d.size>>10)
		return false
	}
	return true
}

// glued reports a key of a map in braces that swallowed its value, because its
// colon or the blank behind that is missing, and says what the key was to be.
func (d *decoder) glued(key word) string {
	at := key.span
	if name, rest, ok := strings.Cut(key.text, ":"); ok && known(name) {
		at.End.Column = at.Start.Column + runes(name) + 1
		d.errorf("yaml-colon", at, "write: "+name+": "+rest, "a blank is missing behind %q", name+":").mend(at, name+": ")
		return name
	}
	if name, rest, ok := strings.Cut(key.text, " "); ok && known(name) {
		at.End.Column = at.Start.Column + runes(name)
		d.errorf("yaml-colon", at, "write: "+name+": "+rest, "a colon is missing behind %q", name).mend(at, name+":")
		return name
	}
	return ""
}

func (d *decoder) mention(name string) {
	if d.mentioned == nil {
		d.mentioned = make(map[string]bool)
	}
	d.mentioned[name] = true
}

// measure finds the end of a scalar, and the comment behind an unquoted one.
func (d *decoder) measure(n *node) {
	if n.plain || n.style == plainStyle {
		line := d.src.line(n.span.Start.Line)
		if strings.HasPrefix(cutColumns(line, n.span.Start.Column-1), n.text) {
			n.span.End = Pos{n.span.Start.Line, n.span.Start.Column + max(runes(n.text), 1)}
		} else if places := d.src.places(n); len(places) > 0 {
			n.span.End = places[len(places)-1]
			n.span.End.Column++
		}
		rest := cutColumns(d.src.line(n.span.End.Line), n.span.End.Column-1)
		if trimmed := strings.TrimLeft(rest, " \t"); trimmed != rest && strings.HasPrefix(trimmed, "#") {
			n.comment = trimmed
			n.apart = len(rest)-len(trimmed) >= 2 && (trimmed == "#" || trimmed[1] == ' ')
		}
		return
	}
	places := d.src.places(n)
	if len(places) == 0 {
		n.span.End = Pos{n.span.Start.Line, n.span.Start.Column + 2}
		return
	}
	n.span.End = places[len(places)-1]
	n.span.End.Column++
	if n.style == singleStyle || n.style == doubleStyle {
		n.span.End.Column++
		if n.text[len(n.text)-1] == '\'' && n.style == singleStyle {
			n.span.End.Column++
		}
	}
}
