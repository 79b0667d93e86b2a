package cmd

import (
	"fmt"

	"github.com/relance-bot/relance/flows"
)

// finding is one thing that was looked at outside the bot's own files: that it is well, or
// what is wrong and what to do.
type finding struct {
	Level   string `json:"severity"`       // ok, warning, error
	Subject string `json:"subject"`        // what it is about: a variable, "webhook", "database"
	Code    string `json:"code,omitempty"` // "" if all is well
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty"`
}

const levelOK = "ok"

// findings is a list that grows while one looks.
type findings []finding

func (f *findings) ok(subject, message string, args ...any) {
	*f = append(*f, finding{Level: levelOK, Subject: subject, Message: fmt.Sprintf(message, args...)})
}

func (f *findings) warn(subject, code, hint, message string, args ...any) {
	*f = append(*f, finding{Level: string(flows.Warning), Subject: subject, Code: code, Message: fmt.Sprintf(message, args...), Hint: hint})
}

func (f *findings) fail(subject, code, hint, message string, args ...any) {
	*f = append(*f, finding{Level: string(flows.Error), Subject: subject, Code: code, Message: fmt.Sprintf(message, args...), Hint: hint})
}

// count is how many there are of a level.
func (f findings) count(level string) (n int) {
	for _, one := range f {
		if one.Level == level {
			n++
		}
	}
	return n
}

// print prints what was found, and ends with findings if there are errors. well is the
// last line if nothing is wrong.
func (a *app) printFindings(list findings, asJSON bool, well string) error {
	errors, warnings := list.count(string(flows.Error)), list.count(string(flows.Warning))
	if asJSON {
		if err := a.printJSON(list); err != nil {
			return err
		}
	} else {
		for _, one := range list {
			fmt.Fprint(a.stdout, one.render(colorful(a.stdout)))
		}
		switch {
		case errors+warnings > 0:
			fmt.Fprintf(a.stdout, "%s, %s\n", count(errors, "error"), count(warnings, "warning"))
		case well != "":
			fmt.Fprintln(a.stdout, well)
		}
	}
	if errors > 0 {
		return found()
	}
	return nil
}

// render writes a finding as check writes those of a bot's files.
func (f finding) render(color bool) string {
	if f.Level != levelOK {
		return flows.Diagnostic{File: f.Subject, Severity: flows.Severity(f.Level), Code: f.Code, Message: f.Message, Hint: f.Hint}.Render(color)
	}
	if color {
		return fmt.Sprintf("\x1b[1m%s\x1b[0m: \x1b[32;1mok\x1b[0m: %s\n", f.Subject, f.Message)
	}
	return fmt.Sprintf("%s: ok: %s\n", f.Subject, f.Message)
}
