package chat

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/relance-bot/relance/flows"
)

// Parse reads a transcript. file is its name in messages. The script holds every
// line, also those that are not understood: what is wrong with them is in the
// diagnostics, and a script that has any cannot be played.
func Parse(file string, src []byte) (*Script, flows.Diagnostics) {
	p := &parser{script: &Script{File: file}}
	text, marked := strings.CutPrefix(string(src), "\ufeff")
	if marked {
		p.script.mark = "\ufeff"
	}
	if len(src) > maxFile {
		p.report(1, "", 0, 0, "chat-limit", "split it", fmt.Sprintf("a transcript of more than %d bytes", maxFile))
		return p.script, p.found
	}
	for text != "" {
		l := line{}
		if i := strings.IndexByte(text, '\n'); i >= 0 {
			l.text, l.end, text = text[:i], "\n", text[i+1:]
		} else {
			l.text, text = text, ""
		}
		if strings.HasSuffix(l.text, "\r") {
			l.text, l.end = l.text[:len(l.text)-1], "\r"+l.end
		}
		p.script.lines = append(p.script.lines, l)
	}
	if n := len(p.script.lines); n > maxLines {
		p.report(n, "", 0, 0, "chat-limit", "split it", fmt.Sprintf("a transcript of more than %d lines", maxLines))
		return p.script, p.found
	}
	for i := range p.script.lines {
		p.script.lines[i].do = p.line(p.script.lines[i].text, i+1)
	}
	return p.script, p.found
}

// parser goes through a transcript once, from top to bottom.
type parser struct {
	script *Script
	found  flows.Diagnostics

	began           bool // something stands there that must not stand before "at" and "seed"
	started, seeded int  // line of "at", of "seed"; 0: none
	silent          int  // line of "< nothing", until something happens
	nameless        int  // the first line that concerns a person, if none was named yet
	people          []string
	garbled         bool // a line that is not UTF-8 was told of
	anyone          bool // a broken person line: names cannot be checked
}

// verb is how a line begins, and who reads on from there.
type verb struct {
	sign string
	read func(*scanner) statement
}

// verbs is the whole language.
func verbs() []verb {
	return []verb{
		{"at", parseStart},
		{"seed", parseSeed},
		{"person", parsePerson},
		{"given", parseGiven},
		{">", parseAct},
		{"<", parseSaid},
		{"@", parseClock},
		{"!", parseWorld},
		{"=", parseCheck},
	}
}

func (p *parser) line(text string, num int) statement {
	if strings.TrimSpace(text) == "" || strings.TrimSpace(text)[0] == '#' {
		return nil
	}
	s := &scanner{p: p, line: []rune(text), num: num}
	switch {
	case len(s.line) > maxLine:
		s.errorf("chat-limit", 0, 1, "", "a line of more than %d characters", maxLine)
		return nil
	case !utf8.ValidString(text):
		if !p.garbled { // the whole file is, as a rule
			s.errorf("chat-text", 0, len(s.line), "save the file as UTF-8", "this is not UTF-8")
		}
		p.garbled = true
		return nil
	}
	if i := slices.IndexFunc(s.line, unseen); i >= 0 {
		s.errorf("chat-text", i, i+1, "take it out", "a character that nobody can see (%U)", s.line[i])
		return nil
	}
	before := len(p.found)
	do := s.statement()
	if len(p.found) > before {
		return nil
	}
	return do
}

// unseen reports control characters, and the marks that editors leave behind.
func unseen(r rune) bool { return r != '\t' && unicode.IsControl(r) || r == '\ufeff' }

func (s *scanner) statement() statement {
	s.skip()
	from := s.pos
	for _, v := range verbs() {
		sign := []rune(v.sign)
		end := from + len(sign)
		if end > len(s.line) || string(s.line[from:end]) != v.sign {
			continue
		}
		// A sign may touch what follows, a word may not.
		if len(sign) > 1 && end < len(s.line) && !blank(s.line[end]) {
			continue
		}
		s.pos = end
		return v.read(s)
	}
	w := s.until(blank)
	var known []string
	for _, v := range verbs() {
		known = append(known, v.sign)
	}
	hint := "a line begins with #, " + strings.Join(known, ", ") + "; a line break in a message is written ⏎"
	if best, ok := nearest(string(s.line[w.from:w.to]), known); ok {
		hint = fmt.Sprintf("did you mean %q?", best)
	}
	s.errorf("chat-line", w.from, w.to, hint, "no line begins with %q", clip(string(s.line[w.from:w.to])))
	return nil
}

// happens notes a line that lets something happen: the bot may speak again.
func (p *parser) happens() {
	p.began, p.silent = true, 0
}

// personal notes a line about the current person.
func (s *scanner) personal() {
	if s.p.nameless == 0 && len(s.p.people) == 0 && !s.p.anyone {
		s.p.nameless = s.num
	}
}

// top checks a line that stands once, before all others.
func (p *parser) top(word string, seen *int, s *scanner) {
	switch {
	case *seen > 0:
		s.errorf("chat-order", 0, len(s.line), fmt.Sprintf("line %d says it already", *seen), "%q stands twice", word)
	case p.began:
		s.errorf("chat-order", 0, len(s.line), "move it up", "%q stands at the top, before anything happens", word)
	}
	*seen = s.num
}

// errorf reports something wrong with the runes from and to of the line.
func (s *scanner) errorf(code string, from, to int, hint, format string, args ...any) {
	s.p.report(s.num, string(s.line), from, to, code, hint, fmt.Sprintf(format, args...))
}

func (p *parser) report(num int, text string, from, to int, code, hint, message string) {
	if len(p.found) >= maxFindings {
		return
	}
	p.found = append(p.found, flows.Diagnostic{
		File: p.script.File, Line: num, Column: from + 1, EndLine: num, EndColumn: max(to, from+1) + 1,
		Severity: flows.Error, Code: code, Message: message, Hint: hint, Source: text,
	})
}
