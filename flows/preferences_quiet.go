package flows

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// presets are the quiet hours that are offered beside the bot's own.
var presets = [...]Hours{{22 * 60, 8 * 60}, {20 * 60, 9 * 60}, {23 * 60, 7 * 60}}

// none says that the hours are no hours.
func (h *Hours) none() bool { return h == nil || h.From == h.To }

// quiet are the quiet hours that hold for the person: their own, else the bot's.
func (c centre) quiet() *Hours {
	if own := c.m.w.Contact.Quiet; own != nil {
		return own
	}
	return c.m.own.Bot.QuietHours
}

// quietMenu asks when the person wants to be left alone.
func (c centre) quietMenu() menu {
	n := menu{text: c.text("relance.preferences.quiet.never", nil)}
	now := c.quiet()
	if !now.none() {
		n.text = c.text("relance.preferences.quiet.now", c.between(*now))
	}
	n.text += "\n" + c.text("relance.preferences.quiet.ask", nil)
	offer := presets[:]
	if shop := c.m.own.Bot.QuietHours; !shop.none() && !slices.Contains(offer, *shop) {
		offer = append([]Hours{*shop}, offer...)
	}
	for _, h := range offer {
		if now.none() || h != *now {
			between := c.between(h)
			n.options = append(n.options, option{fmt.Sprintf("%s – %s", between["from"], between["to"]), quietWord(h)})
		}
	}
	if !now.none() {
		n.options = append(n.options, c.does("quiet.none", "quiet none"))
	}
	n.options = append(n.options, c.wayOut()...)
	n.typed = func(r reply) string {
		h, ok := typedHours(r.text)
		if !ok {
			return ""
		}
		return quietWord(h)
	}
	n.lost = c.text("relance.preferences.quiet.lost", nil)
	return n
}

// quietWord is what a choice of hours does: "quiet 1320-480".
func quietWord(h Hours) string {
	return "quiet " + strconv.Itoa(h.From) + "-" + strconv.Itoa(h.To)
}

// between are two times of day as the person reads them.
func (c centre) between(h Hours) map[string]any {
	return map[string]any{"from": c.clock(h.From), "to": c.clock(h.To)}
}

func (c centre) clock(minutes int) string {
	return c.m.see(nil).show(fmt.Sprintf("%02d:%02d", minutes/60, minutes%60), timeKind)
}

// setQuiet takes hours as quietWord writes them, or none.
func (c centre) setQuiet(text string) (move, bool) {
	own := Hours{}
	if text != "none" {
		from, to, _ := strings.Cut(text, "-")
		a, err1 := strconv.Atoi(from)
		b, err2 := strconv.Atoi(to)
		if err1 != nil || err2 != nil || a < 0 || b < 0 || a >= 24*60 || b >= 24*60 || a == b {
			return move{}, false
		}
		own = Hours{a, b}
	}
	set := &own
	if shop := c.m.own.Bot.QuietHours; own.none() && shop.none() || shop != nil && own == *shop {
		set = nil // and whatever they are one day
	}
	c.m.w.Contact.Quiet = set
	c.m.effects = append(c.m.effects, QuietHours{Hours: set})
	if own.none() {
		return c.show("", c.text("relance.preferences.quiet.never", nil)), true
	}
	return c.show("", c.text("relance.preferences.quiet.now", c.between(own))), true
}

// hourWord is a time of day among others: 22, 22h, 22h30, 22:30, 10pm, 10:30 p.m.
var hourWord = regexp.MustCompile(`(\d{1,2})\s*(?:[:h.](\d{2})|(?:h\b|uhr\b|ore\b))?\s*([ap]\.?m\b\.?)?`)

// hourLinks are the words that stand around two times of day, folded.
var hourLinks = strings.Fields(`de du des d a al as ao e et y to from till until between and entre jusque jusqua
	von bis um und zwischen das dalle alle dale tra le ate hasta las h uhr ore horas heures`)

// typedHours reads "22-8", "de 22h à 8h", "22:30 bis 7 Uhr", "10pm to 8am". ok is false
// for anything that may mean something else, as "not before 8".
func typedHours(text string) (h Hours, ok bool) {
	text = strings.ToLower(strings.TrimSpace(text))
	if len(text) > 60 {
		return Hours{}, false
	}
	found := hourWord.FindAllStringSubmatchIndex(text, -1)
	if len(found) != 2 {
		return Hours{}, false
	}
	times := [2]int{}
	rest := ""
	at := 0
	for i, g := range found {
		group := func(n int) string {
			if g[2*n] < 0 {
				return ""
			}
			return text[g[2*n]:g[2*n+1]]
		}
		if times[i], ok = minutesOf(group(1), group(2), group(3)); !ok {
			return Hours{}, false
		}
		rest, at = rest+" "+text[at:g[0]], g[1]
	}
	for _, word := range strings.Fields(fold(rest + " " + text[at:])) {
		if !slices.Contains(hourLinks, word) {
			return Hours{}, false
		}
	}
	return Hours{times[0], times[1]}, times[0] != times[1]
}

// minutesOf is a time of day in minutes after midnight; half is am or pm.
func minutesOf(hours, minutes, half string) (int, bool) {
	h, _ := strconv.Atoi(hours)
	m, _ := strconv.Atoi(minutes)
	switch {
	case h > 24 || m > 59 || h == 24 && m > 0:
		return 0, false
	case half != "" && (h < 1 || h > 12):
		return 0, false
	case half != "":
		if h %= 12; half[0] == 'p' {
			h += 12
		}
	}
	return (h%24)*60 + m, true
}
