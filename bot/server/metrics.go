package server

import (
	"fmt"
	"net/http"
	"runtime"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/relance-bot/relance/bot"
)

// Metrics counts what a bot does, for Prometheus. It keeps a registry of its own;
// every name begins with relance_ and ends in a unit or _total, and no label ever
// carries a person.
type Metrics struct {
	registry *prometheus.Registry

	webhooks  counter
	events    counter
	turns     counter
	took      timer
	sends     counter
	decisions counter
	faults    counter
	told      counter
	paused    counter
	calls     counter
	callTook  timer
}

var (
	_ bot.WebhookObserver  = (*Metrics)(nil)
	_ bot.CampaignObserver = (*Metrics)(nil)
	_ bot.EventObserver    = (*Metrics)(nil)
)

// NewMetrics returns the figures of a bot that has done nothing yet. version is
// the program's.
func NewMetrics(version string) (*Metrics, error) {
	m := &Metrics{
		registry:  prometheus.NewRegistry(),
		webhooks:  newCounter("relance_webhooks_total", "Webhook events and refused webhook requests, by result.", "result"),
		events:    newCounter("relance_events_total", "Events of webhooks, by kind; of unknown ones with the reason.", "kind", "reason"),
		turns:     newCounter("relance_turns_total", "Inputs handled, by kind.", "kind"),
		sends:     newCounter("relance_sends_total", "Tries to send a message, by lane and result.", "lane", "result"),
		decisions: newCounter("relance_decisions_total", "Decisions about notifications, by kind and rule.", "kind", "rule"),
		faults:    newCounter("relance_faults_total", "Flows ended because they went wrong, by flow.", "flow"),
		calls:     newCounter("relance_calls_total", "Calls of handlers, by handler and result.", "handler", "result"),
		callTook:  newTimer("relance_call_seconds", "Time from a call to its result, by handler.", "handler"),
		paused:    newCounter("relance_campaign_pauses_total", "Campaigns that paused themselves, by reason.", "reason"),
		told:      newCounter("relance_webhooks_out_total", "Tries to tell a webhook of the shop, by target and result.", "target", "result"),
		took:      newTimer("relance_turn_seconds", "Time to handle an input, by kind.", "kind"),
	}
	build := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "relance_build_info", Help: "Always 1; the labels tell what runs.",
		ConstLabels: prometheus.Labels{"version": version, "go_version": runtime.Version()},
	})
	build.Set(1)
	machine := prometheus.WrapRegistererWithPrefix("relance_", m.registry)
	for _, err := range []error{
		m.registry.Register(m.webhooks.vec), m.registry.Register(m.events.vec), m.registry.Register(m.turns.vec), m.registry.Register(m.took.vec),
		m.registry.Register(m.sends.vec), m.registry.Register(m.decisions.vec), m.registry.Register(m.told.vec), m.registry.Register(m.paused.vec), m.registry.Register(m.faults.vec),
		m.registry.Register(m.calls.vec), m.registry.Register(m.callTook.vec),
		m.registry.Register(build),
		machine.Register(collectors.NewGoCollector()),
		machine.Register(collectors.NewProcessCollector(collectors.ProcessCollectorOpts{})),
	} {
		if err != nil {
			return nil, fmt.Errorf("metrics: %w", err)
		}
	}
	return m, nil
}

// Registry lets a developer's binary add figures of its own.
func (m *Metrics) Registry() *prometheus.Registry { return m.registry }

// handler serves them, and beside them what another collector knows. They are not
// compressed: the room for that would be up to 2 MB, for a page of some kB.
func (m *Metrics) handler(beside prometheus.Collector) (http.Handler, error) {
	more := prometheus.NewPedanticRegistry()
	if err := more.Register(beside); err != nil {
		return nil, fmt.Errorf("metrics: %w", err)
	}
	return promhttp.HandlerFor(prometheus.Gatherers{m.registry, more}, promhttp.HandlerOpts{DisableCompression: true}), nil
}

// Webhook implements bot.Observer.
func (m *Metrics) Webhook(result string) { m.webhooks.add(result) }

// Event implements bot.EventObserver.
func (m *Metrics) Event(kind, reason string) { m.events.add(kind, reason) }

// Turn implements bot.Observer.
func (m *Metrics) Turn(kind string, took time.Duration) {
	m.turns.add(kind)
	m.took.of(kind).Observe(took.Seconds())
}

// Send implements bot.Observer.
func (m *Metrics) Send(lane, result string) { m.sends.add(lane, result) }

// Decision implements bot.Observer.
func (m *Metrics) Decision(kind, rule string) { m.decisions.add(kind, rule) }

// Call implements bot.Observer.
func (m *Metrics) Call(handler, result string, took time.Duration) {
	m.calls.add(handler, result)
	m.callTook.of(handler).Observe(took.Seconds())
}

// Fault implements bot.Observer.
func (m *Metrics) Fault(flow string) { m.faults.add(flow) }

// WebhookOut implements bot.WebhookObserver.
func (m *Metrics) WebhookOut(target, result string) { m.told.add(target, result) }

// CampaignPaused implements bot.CampaignObserver.
func (m *Metrics) CampaignPaused(reason string) { m.paused.add(reason) }
