package lives

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/relance-bot/relance/bot/messenger"
)

// zones are where people live, at first and later. Most change their clocks, some by half
// an hour, at midnight, or on the other half of the world.
var zones = []string{
	"Europe/Paris", "America/New_York", "Africa/Cairo", "Australia/Lord_Howe", "Pacific/Auckland", "America/Sao_Paulo", "Europe/London",
	"Pacific/Apia", "America/St_Johns", "Asia/Beirut", "America/Havana", "Pacific/Chatham", "Atlantic/Azores", "America/Santiago",
	"Africa/Casablanca", "Asia/Tokyo", "Asia/Kathmandu", "Pacific/Honolulu", "Asia/Tehran", "America/Nuuk", "Pacific/Kiritimati",
}

// step is one thing that happens in a life: what, to whom, and two numbers that say more.
type step struct{ kind, who, x, y int }

// maxSteps is how much happens in a life at most.
const maxSteps = 120

// longest is after how much time a life goes on by small steps only.
const longest = 16 * day

// homes is in how many zones people live at first.
const homes = 6

// crowds lets the first n people have agreed to something before.
func (l *life) crowds(n int) {
	for i, p := range l.people[:n] {
		l.agreed(p, i)
	}
	l.rest()
}

func (l *life) agreed(p *person, i int) {
	var topics []string
	for _, name := range []string{"news", "restock", "tips", "gifts"} {
		if _, has := l.shop.topics[name]; has {
			topics = append(topics, name)
		}
	}
	l.meets(p, p.zone)
	for j := range 1 + i%len(topics) {
		topic := topics[(i+j)%len(topics)]
		often := l.shop.topics[topic].cadence
		l.gives(p, topic, often[i%len(often)], 36+i%3)
	}
}

// steps are what may happen, the usual first: a draw tends to the small numbers. Most of
// them stand there more than once.
var steps = []func(l *life, p *person, x, y int){
	nil, // which is what a life shrinks to
	passing,
	(*life).writing,
	passing,
	(*life).tapping,
	(*life).selling,
	(*life).accepting,
	passing,
	(*life).tapping,
	(*life).writing,
	(*life).selling,
	(*life).accepting,
	(*life).moving,
	(*life).troubling,
	(*life).dying,
	passing,
	(*life).stopping,
	(*life).switching,
	(*life).tapping,
	(*life).writing,
	(*life).deploying,
	(*life).sleeping,
	(*life).holding,
	(*life).switching,
	(*life).blocking,
	(*life).joining,
	(*life).moving,
	(*life).repeating,
	(*life).selling,
	(*life).troubling,
	(*life).tapping,
	(*life).forgetting,
	(*life).handing,
	passing,
	(*life).handing,
	(*life).forgetting,
	(*life).givesBack,
}

func passing(l *life, _ *person, x, _ int) {
	long := []time.Duration{
		time.Second, 20 * time.Second, time.Minute, 10 * time.Minute, time.Hour, 3 * time.Hour, 8 * time.Hour, 14 * time.Hour, day, 30 * time.Hour, 49 * time.Hour,
	}
	if l.clock.Now().Sub(l.start) > longest {
		long = long[:5]
	}
	l.passes(long[x%len(long)])
}

func (l *life) writing(p *person, x, y int) {
	texts := []string{"news", "watch 36", "say", "watch 37", "tips", "preferences", "gifts", "no news", "unwatch 36", "watch 38", "say", "hello", "move", "news", "preferences", "10pm-8am"}
	text := texts[x%len(texts)]
	switch text {
	case "say":
		l.said++
		text = "say " + strconv.Itoa(l.said)
	case "move":
		text = "move " + zones[y%len(zones)]
	}
	l.acts(func() error { return l.platform.Write(p.psid, text) })
}

// untapped are labels that lead to what the checker does not follow.
var untapped = []string{"Time zone", "Language", "What do you know?", "Delete me", "Yes, delete it all"}

func (l *life) tapping(p *person, x, _ int) {
	if len(p.screen) == 0 {
		return
	}
	recent := p.screen[max(0, len(p.screen)-8):]
	label := recent[len(recent)-1-x%len(recent)]
	if slices.Contains(untapped, label) {
		return
	}
	l.acts(func() error { return l.platform.Tap(p.psid, label) })
}

func (l *life) accepting(p *person, _, _ int) {
	l.acts(func() error { return l.platform.Accept(p.psid) })
}

func (l *life) stopping(p *person, x, _ int) {
	text := []string{"stop", "Stop!", "unsubscribe", "stop"}[x%4]
	l.acts(func() error { return l.platform.Write(p.psid, text) })
}

// switching is the platform's own switch of a topic, off or on.
func (l *life) switching(p *person, x, _ int) {
	topics := l.platform.Topics(p.psid)
	if len(topics) == 0 {
		return
	}
	topic := topics[x%len(topics)]
	l.acts(func() error {
		if topic.Stopped {
			return l.platform.ResumeTopic(p.psid, topic.Title)
		}
		return l.platform.StopTopic(p.psid, topic.Title)
	})
}

func (l *life) selling(_ *person, x, y int) {
	for i := range 1 + y%3 {
		l.reports(36 + (x+i)%3)
	}
}

func (l *life) moving(p *person, x, _ int) { l.meets(p, zones[x%len(zones)]) }

func (l *life) joining(p *person, x, y int) {
	for i := range 1 + x%8 {
		at := (slices.Index(l.people, p) + i) % crowd
		l.agreed(l.people[at], at+y)
	}
}

func (l *life) blocking(p *person, x, _ int) {
	l.acts(func() error {
		switch {
		case x%3 == 0:
			return l.platform.React(p.psid, "❤")
		case x%3 == 1:
			return l.platform.Block(p.psid)
		}
		return l.platform.Unblock(p.psid)
	})
}

// refusals are what the platform may answer, whatever was asked.
var refusals = [][2]int{
	{2, 0}, {1200, 0}, {613, 0}, {4, 0}, {551, 1545041}, {10, 2018278}, {4, 2018354}, {10, 1893015}, {100, 0}, {613, 1893016}, {368, 0}, {10, 2018108}, {2018300, 0},
}

// troubling lets the platform answer in its own way for a while.
func (l *life) troubling(_ *person, x, y int) {
	switch n := 1 + y%3; {
	case x%4 == 0:
		l.note(trouble, fmt.Sprintf("does not answer %d", n))
		for range n {
			l.platform.TimeoutNext()
		}
	case x%4 == 1:
		l.note(trouble, "loses one")
		l.platform.LoseNext()
	default:
		code := refusals[(x/4)%len(refusals)]
		l.note(trouble, fmt.Sprintf("refuses %d with %d/%d", n, code[0], code[1]))
		l.platform.FailNext(n, code[0], code[1])
	}
}

func (l *life) dying(_ *person, x, y int) {
	l.mortal.killSoon(1+x%10, y%2 == 0)
}

// sleeping is downtime.
func (l *life) sleeping(_ *person, x, _ int) {
	long := []time.Duration{time.Minute, time.Hour, 5 * time.Hour, 11 * time.Hour, 26 * time.Hour}[x%5]
	l.mortal.kill()
	l.clock.Set(l.clock.Now().Add(long))
	l.revive()
}

func (l *life) deploying(_ *person, x, y int) {
	l.which = 1 - l.which
	l.world.sums.deploys.Add(1)
	edition := l.world.compiler.edition(l.shop, l.which)
	if edition.program == nil {
		l.t.Fatalf("%s does not load: %v", l.shop.name, edition.found)
	}
	l.tape.add(line{at: l.clock.Now(), note: deployed, text: strconv.Itoa(l.which + 1)})
	if x%2 == 0 { // another process, in its place
		l.mortal.kill()
		l.revive()
		return
	}
	if y%3 == 0 {
		l.mortal.killSoon(1+y%5, y%2 == 0)
	}
	l.tries(func() error { return l.bot.Deploy(context.Background(), edition.program, edition.data) })
}

// holding keeps what people do from the bot for a while, and then brings it, perhaps in
// another order.
func (l *life) holding(p *person, x, y int) {
	l.note(trouble, "keeps webhooks back")
	l.platform.Hold()
	l.held = true
	for i := range 1 + y%3 {
		switch who := l.people[(slices.Index(l.people, p)+i%2)%crowd]; (x + i) % 5 {
		case 0:
			l.stopping(who, x, y)
		case 1:
			l.accepting(who, x, y)
		case 2:
			l.switching(who, x, y)
		default:
			l.writing(who, x+i, y)
		}
	}
	if y%2 == 0 {
		l.passes([]time.Duration{time.Minute, 2 * time.Hour, 26 * time.Hour}[x%3])
	}
	l.note(trouble, "lets them go")
	l.held = false
	l.platform.Release(x%2 == 0)
}

func (l *life) repeating(p *person, x, y int) {
	l.platform.RepeatNext(1 + x%2)
	l.writing(p, x, y)
}

func (l *life) note(n note, text string) { l.tape.add(line{at: l.clock.Now(), note: n, text: text}) }

// calm lets what is under way come to its end: the platform works, and brings what it
// had kept back.
func (l *life) calm() {
	l.note(trouble, "is well")
	l.mortal.killSoon(-1, false)
	if err := l.channel.SetAccessToken(messenger.Secret(accessToken)); err != nil {
		l.t.Fatal(err)
	}
	l.passes(10 * time.Minute)
	if err := l.platform.Echo(); err != nil {
		l.t.Fatal(err)
	}
	l.passes(20 * time.Minute)
	if err := l.platform.Echo(); err != nil { // of what it did not answer meanwhile
		l.t.Fatal(err)
	}
	l.rest()
}
