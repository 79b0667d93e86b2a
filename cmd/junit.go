package cmd

import (
	"encoding/xml"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/relance-bot/relance/bot/chat"
)

// The schema that continuous integration reads: a suite for each folder of
// transcripts, a case for each transcript.
type (
	junit struct {
		XMLName  xml.Name     `xml:"testsuites"`
		Name     string       `xml:"name,attr"`
		Tests    int          `xml:"tests,attr"`
		Failures int          `xml:"failures,attr"`
		Errors   int          `xml:"errors,attr"`
		Time     string       `xml:"time,attr"`
		Suites   []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name     string      `xml:"name,attr"`
		Tests    int         `xml:"tests,attr"`
		Failures int         `xml:"failures,attr"`
		Errors   int         `xml:"errors,attr"`
		Time     string      `xml:"time,attr"`
		Cases    []junitCase `xml:"testcase"`

		took float64
	}
	junitCase struct {
		Name     string         `xml:"name,attr"`
		Class    string         `xml:"classname,attr"`
		File     string         `xml:"file,attr"`
		Time     string         `xml:"time,attr"`
		Failures []junitProblem `xml:"failure"` // an expectation that does not hold
		Errors   []junitProblem `xml:"error"`   // what kept it from being played
		Log      string         `xml:"system-err,omitempty"`
	}
	junitProblem struct {
		Message string `xml:"message,attr"`
		Type    string `xml:"type,attr"`
		Text    string `xml:",chardata"`
	}
)

// writeJUnit writes results, which are sorted by name, as JUnit does. bot names the
// whole.
func writeJUnit(w io.Writer, bot string, results []chat.Result) error {
	out := junit{Name: bot, Suites: []junitSuite{}}
	took := 0.0
	for _, r := range results {
		folder := path.Join(chat.Folder, path.Dir(r.Name))
		at := slices.IndexFunc(out.Suites, func(s junitSuite) bool { return s.Name == folder })
		if at < 0 {
			at = len(out.Suites)
			out.Suites = append(out.Suites, junitSuite{Name: folder})
		}
		suite := &out.Suites[at]
		one := junitCase{Name: path.Base(r.Name), Class: strings.ReplaceAll(folder, "/", "."), File: r.File, Time: seconds(r.Duration.Seconds())}
		for _, d := range r.Diagnostics {
			one.Errors = append(one.Errors, junitProblem{
				Message: fmt.Sprintf("%s:%d: %s", d.File, d.Line, d.Message), Type: d.Code, Text: allowed(d.Render(false)),
			})
		}
		if r.Err != nil {
			one.Errors = append(one.Errors, junitProblem{Message: "it could not be played", Type: "stage", Text: allowed(r.Err.Error())})
		}
		for _, f := range r.Failures {
			kind := "expectation"
			if f.Broken {
				kind = "broken"
			}
			one.Failures = append(one.Failures, junitProblem{
				Message: allowed(fmt.Sprintf("%s:%d: %s", f.File, f.Line, f.Message)), Type: kind, Text: allowed(f.String()),
			})
		}
		one.Log = allowed(strings.Join(r.Notices, "\n"))
		suite.Tests++
		suite.took += r.Duration.Seconds()
		switch { // a case counts once
		case len(one.Errors) > 0:
			suite.Errors++
			out.Errors++
		case len(one.Failures) > 0:
			suite.Failures++
			out.Failures++
		}
		suite.Time = seconds(suite.took)
		took += r.Duration.Seconds()
		suite.Cases = append(suite.Cases, one)
	}
	out.Tests, out.Time = len(results), seconds(took)
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	enc := xml.NewEncoder(w)
	enc.Indent("", "  ")
	if err := enc.Encode(out); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func seconds(s float64) string { return fmt.Sprintf("%.3f", s) }

// allowed replaces what XML cannot hold.
func allowed(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t', r == '\n', r == '\r':
			return r
		case r < 0x20, r == utf8.RuneError, r == 0xfffe, r == 0xffff:
			return '\ufffd'
		}
		return r
	}, s)
}
