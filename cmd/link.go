package cmd

import (
	"bytes"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/skip2/go-qrcode"
	"github.com/spf13/cobra"

	"github.com/relance-bot/relance/flows"
)

func (a *app) linkCommand() *cobra.Command {
	var o linkOptions
	c := &cobra.Command{
		Use:   "link REF|FLOW [DIR]",
		Short: "Make a link, or a QR code, that starts a flow",
		Long: `Prints the m.me link that opens a conversation with the Page and starts the flow whose
referral: trigger knows its ref. Named by a flow, it is the ref of that flow's trigger.
On an account of Instagram it is an ig.me link, for which --page is the user name.

--qr draws the link as a QR code, to be printed: as SVG or PNG, by the name of the file.`,
		Example: "  relance link summer shop\n  relance link summer shop --qr poster.svg\n  relance link summer --page foulee.shop",
		Args:    arguments(1, 2),
		RunE:    func(_ *cobra.Command, args []string) error { return a.link(args[0], folder(args[1:]), o) },
	}
	c.Flags().StringVar(&o.qr, "qr", "", "draw it as a QR code into this file, .svg or .png")
	c.Flags().StringVar(&o.page, "page", "", "name or id of the Page (default MESSENGER_PAGE_ID)")
	c.Flags().StringVar(&o.channel, "channel", "", "the channel of bot.yaml, if it has several (default the first)")
	c.Flags().BoolVar(&o.asJSON, "json", false, "print JSON")
	return c
}

type linkOptions struct {
	qr, page, channel string
	asJSON            bool
}

// linkView is what link prints as JSON.
type linkView struct {
	Link string `json:"link"`
	Ref  string `json:"ref"`
	Flow string `json:"flow"`
	QR   string `json:"qr,omitempty"` // the file
}

// maxRef is the platform's bound on a ref, in characters ("m.me links").
const maxRef = 2083

func (a *app) link(word, dir string, o linkOptions) error {
	kind := strings.ToLower(filepath.Ext(o.qr))
	if o.qr != "" && kind != ".svg" && kind != ".png" {
		return errors.New("--qr wants the name of a file that ends in .svg or .png")
	}
	bot, err := a.loadQuietly(dir)
	if err != nil {
		return err
	}
	base, err := a.linkBase(bot.program, dir, o)
	if err != nil {
		return err
	}
	ref, flow, wrong := refOf(bot.program, word)
	if wrong != nil {
		fmt.Fprint(a.stderr, wrong.render(colorful(a.stderr)))
		return found()
	}
	if strings.Trim(ref, refLetters) != "" {
		odd := finding{Level: string(flows.Warning), Subject: "ref", Code: "ref-letters", Message: fmt.Sprintf("the ref %q holds more than letters, digits, - _ and =", ref), Hint: "some apps lose such a ref on the way; a plainer one is safer"}
		fmt.Fprint(a.stderr, odd.render(colorful(a.stderr)))
	}
	out := linkView{Link: base + "?ref=" + url.QueryEscape(ref), Ref: ref, Flow: flow, QR: o.qr}
	if o.qr != "" {
		drawn, err := drawQR(out.Link, kind)
		if err != nil {
			return failed(err)
		}
		if err := os.WriteFile(o.qr, drawn, 0o644); err != nil { //nolint:gosec // a picture for everybody
			return failed(err)
		}
	}
	if o.asJSON {
		return a.printJSON(out)
	}
	fmt.Fprintf(a.stdout, "%s\n", out.Link)
	fmt.Fprintf(a.stderr, "It starts the flow %s.\n", out.Flow)
	return nil
}

// refLetters are what every phone brings through, by the platform's pages.
const refLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_=-"

// linkBase is a link to the Page without its ref.
func (a *app) linkBase(program *flows.Program, dir string, o linkOptions) (string, error) {
	channels := channelsOf(program)
	at := slices.IndexFunc(channels, func(c flows.Channel) bool { return o.channel == "" || c.Name == o.channel })
	if at < 0 {
		return "", &exitError{exitUsage, fmt.Errorf("bot.yaml has no channel of the name %.40q", o.channel)}
	}
	channel, page := channels[at], o.page
	instagram := channel.Type == typeInstagram
	if page == "" && !instagram {
		env, err := a.environment(dir)
		if err == nil {
			page, err = env.get(channelPrefix(channel.Name) + "PAGE_ID")
		}
		if err != nil {
			return "", failed(err)
		}
	}
	switch {
	case page == "" && instagram:
		return "", &exitError{exitUsage, errors.New("name the account with --page: ig.me links go by its user name")}
	case page == "":
		return "", &exitError{exitUsage, fmt.Errorf("name the Page with --page, or set %sPAGE_ID", channelPrefix(channel.Name))}
	case strings.ContainsFunc(page, func(r rune) bool { return !strings.ContainsRune(refLetters+".", r) }):
		return "", &exitError{exitUsage, fmt.Errorf("--page wants the id or the name of the Page, as its address has it, not %.40q", page)}
	case instagram:
		return "https://ig.me/m/" + page, nil
	}
	return "https://m.me/" + page, nil
}

// refOf finds the ref that a word names, itself or by a flow, and the flow that it
// starts; or what is wrong with it.
func refOf(program *flows.Program, word string) (ref, flow string, wrong *finding) {
	t, known := program.Referred(word)
	if known && (t.Value == word || !hasFlow(program, word)) {
		return word, t.Flow, tooLong(word)
	}
	var refs, open []string
	for _, t := range program.Triggers {
		switch start, begins := strings.CutSuffix(t.Value, "*"); {
		case t.Kind != flows.OnReferral:
		case t.Flow != word:
			refs = append(refs, t.Value)
		case begins:
			open = append(open, start)
		default:
			return t.Value, word, tooLong(t.Value)
		}
	}
	subject := "flows/" + word + ".yaml"
	switch {
	case len(open) > 0:
		return "", "", &finding{Level: string(flows.Error), Subject: subject, Code: "ref-open", Message: fmt.Sprintf("the flow knows every ref that begins with %q, and none by name", open[0]), Hint: fmt.Sprintf("name one: relance link %sposter", open[0])}
	case hasFlow(program, word):
		return "", "", &finding{Level: string(flows.Error), Subject: subject, Code: "ref-missing", Message: "no link starts the flow: it has no referral: trigger", Hint: fmt.Sprintf("add to its triggers: - referral: %s", lastPart(word))}
	}
	hint := "add a trigger to the flow that it is to start: - referral: " + printableWord(word)
	if near := nearest(word, append(refs, flowNames(program)...)); near != "" {
		hint = fmt.Sprintf("did you mean %q?", near)
	} else if len(refs) > 0 {
		hint += fmt.Sprintf("; known are %s", strings.Join(refs[:min(len(refs), 10)], ", "))
	}
	return "", "", &finding{Level: string(flows.Error), Subject: "ref", Code: "ref-unknown", Message: fmt.Sprintf("no flow knows the ref %.80q: the link would start nothing of its own", word), Hint: hint}
}

// tooLong is what is wrong with a ref that the platform does not take whole.
func tooLong(ref string) *finding {
	n := len([]rune(ref))
	if n <= maxRef {
		return nil
	}
	return &finding{Level: string(flows.Error), Subject: "ref", Code: "ref-long", Message: fmt.Sprintf("the ref has %d characters; the platform takes %d", n, maxRef), Hint: "choose a shorter one"}
}

func hasFlow(program *flows.Program, name string) bool {
	return slices.Contains(flowNames(program), name)
}

func flowNames(program *flows.Program) (out []string) {
	for _, o := range program.Outlines() {
		out = append(out, o.Flow)
	}
	return out
}

func lastPart(flow string) string { return flow[strings.LastIndexByte(flow, '/')+1:] }

// drawQR draws a text as a QR code that still reads with an eighth of it covered: black
// on white, with the margin that readers need.
func drawQR(text, kind string) ([]byte, error) {
	code, err := qrcode.New(text, qrcode.Medium)
	if err != nil {
		return nil, fmt.Errorf("drawing the QR code: %w", err)
	}
	if kind == ".png" {
		return code.PNG(-16) // pixels for each square
	}
	squares := code.Bitmap()
	var b bytes.Buffer
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %[1]d %[1]d" shape-rendering="crispEdges"><path fill="#fff" d="M0 0h%[1]dv%[1]dH0z"/><path d="`, len(squares))
	for y, row := range squares {
		for x := 0; x < len(row); x++ {
			from := x
			for x < len(row) && row[x] {
				x++
			}
			if x > from {
				fmt.Fprintf(&b, "M%d %dh%dv1h-%dz", from, y, x-from, x-from)
			}
		}
	}
	b.WriteString("\"/></svg>\n")
	return b.Bytes(), nil
}
