"""What dispatch counts. Labels come from closed lists, never a number or a name. `docs/metrics.md` lists them."""

from __future__ import annotations

import prometheus_client as prometheus

_SECONDS = (0.1, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0, 30.0)
_TRANSFER_SECONDS = (1.0, 2.0, 5.0, 10.0, 15.0, 20.0, 30.0, 45.0, 60.0, 90.0, 120.0, 180.0)  # phones ring, people talk
_HTTP_SECONDS = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Metrics:
    """One registry per process of dispatch, so that tests do not share counters."""

    def __init__(self) -> None:
        self.registry = prometheus.CollectorRegistry(auto_describe=True)
        self.calls_started = self._counter("calls_started", "Calls that came into being.", ("direction",))
        self.calls_ended = self._counter("calls_ended", "Calls that ended.", ("result", "reason"))
        self.calls_corrected = self._counter(
            "calls_corrected", "Inferred ends that a worker's own report replaced later.", ("reason",)
        )
        self.calls_live = prometheus.Gauge("trunkline_calls_live", "Calls that have not ended.", registry=self.registry)
        self.answer_seconds = prometheus.Histogram(
            "trunkline_answer_seconds",
            "From the first sight of a call to its answer, by us.",
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.pre_call_seconds = prometheus.Histogram(
            "trunkline_pre_call_seconds",
            "From asking the pre-call webhook to its verdict.",
            ("result",),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.webhook_deliveries = self._counter("webhook_deliveries", "Attempts at webhooks.", ("kind", "result"))
        self.webhook_attempt_seconds = prometheus.Histogram(
            "trunkline_webhook_attempt_seconds",
            "From the first step of an attempt at a webhook to its answer.",
            ("kind",),
            buckets=_HTTP_SECONDS,
            registry=self.registry,
        )
        self.webhook_backlog = self._gauge("webhook_backlog", "Webhooks that have not arrived and are not given up.")
        self.webhook_backlog_seconds = self._gauge("webhook_backlog_seconds", "Age of the oldest of them.")
        self.webhook_endpoints_disabled = self._gauge(
            "webhook_endpoints_disabled", "Endpoints of webhooks that are not used any more."
        )
        self.turns = self._counter("turns", "Turns of transcripts.", ("role",))
        self.transfers = self._counter("transfers", "Transfers that ended.", ("kind", "result"))
        self.refers = self._counter("refers", "Carriers that were asked by REFER to connect a caller.", ("result",))
        self.transfer_seconds = prometheus.Histogram(
            "trunkline_transfer_seconds",
            "From the wish for a transfer until caller and destination hear each other.",
            ("kind",),
            buckets=_TRANSFER_SECONDS,
            registry=self.registry,
        )
        self.dials_refused = self._counter("dials_refused", "Dials that the gate refused.", ("code", "stage"))
        self.late_facts = self._counter("late_facts", "Reports about calls that had no effect.", ("why",))
        self.spool_lines = self._counter("spool_lines", "Lines of workers' spools that were taken.", ())
        self.workers = prometheus.Gauge(
            "trunkline_workers",
            "Workers that report, by whether they take calls.",
            ("accepting",),
            registry=self.registry,
        )
        self.reaper_actions = self._counter("reaper_actions", "What the reaper had to mend.", ("action",))
        self.catch_all_refusals = self._counter(
            "catch_all_refusals", "Calls that no number of the configuration may take.", ()
        )
        self.livekit_webhooks = self._counter("livekit_webhooks", "Webhooks of LiveKit.", ("event",))
        self.livekit_failures = self._counter("livekit_failures", "Requests to LiveKit that failed.", ("request",))
        self.configuration_applied = prometheus.Gauge(
            "trunkline_configuration_applied",
            "1 while LiveKit has the trunks and rules wanted.",
            registry=self.registry,
        )
        self.configuration_drift = prometheus.Gauge(
            "trunkline_configuration_drift",
            "Trunks and rules of ours in LiveKit that are not as configured, or are missing.",
            registry=self.registry,
        )
        self.configuration_info = prometheus.Gauge(
            "trunkline_configuration_info",
            "Always 1; the label is the version of the configuration in force.",
            ("version",),
            registry=self.registry,
        )
        self.reloads = self._counter("reloads", "Reloads of the configuration.", ("result",))
        self.transcript_streams = prometheus.Gauge(
            "trunkline_transcript_streams", "Open transcript streams.", registry=self.registry
        )
        self.refused_requests = self._counter("refused_requests", "Requests that a key was missing for.", ("why",))
        self.http_requests = self._counter("http_requests", "HTTP requests.", ("method", "route", "status"))
        self.http_seconds = prometheus.Histogram(
            "trunkline_http_seconds",
            "Time to answer, streams left out.",
            ("route",),
            buckets=_HTTP_SECONDS,
            registry=self.registry,
        )

    def exposition(self) -> bytes:
        """Everything in the Prometheus text format."""
        return prometheus.generate_latest(self.registry)

    def _gauge(self, name: str, meaning: str) -> prometheus.Gauge:
        return prometheus.Gauge(f"trunkline_{name}", meaning, registry=self.registry)

    def _counter(self, name: str, meaning: str, labels: tuple[str, ...]) -> prometheus.Counter:
        return prometheus.Counter(f"trunkline_{name}", meaning, labels, registry=self.registry)
