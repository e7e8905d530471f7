"""Do workers report to dispatch, and does one take calls?"""

from __future__ import annotations

from prometheus_client import parser

from cli.diagnosing import findings, surroundings, web_asking

_GAUGE = "trunkline_workers"


async def ask(around: surroundings.Surroundings) -> findings.Finding:
    """The gauge of dispatch's `/metrics`."""
    url = around.dispatch_url
    if url is None:
        return findings.skipped("the settings are not valid")
    try:
        counts = _counts((await web_asking.get(f"{url}/metrics")).text)
    except web_asking.Silent:
        return findings.skipped("dispatch does not answer")
    if counts is None:
        return findings.skipped(f"what answers at {surroundings.shown(url)} does not count workers")
    accepting, idle = counts.get("true", 0), counts.get("false", 0)
    if not accepting and not idle:
        return findings.failed(
            "no worker reports to dispatch",
            "start `trunkline worker` with this TRUNKLINE_DISPATCH_URL and TRUNKLINE_INTERNAL_SECRET",
        )
    seen = f"{accepting} of {accepting + idle} workers take calls"
    if not accepting:
        return findings.warning(
            seen, "they are full, draining or not connected to LiveKit: see their logs, or start another worker"
        )
    return findings.ok(seen)


def _counts(exposition: str) -> dict[str, int] | None:
    """Workers by whether they accept; None where that is not counted."""
    try:
        samples = [
            sample
            for family in parser.text_string_to_metric_families(exposition)
            for sample in family.samples
            if sample.name == _GAUGE
        ]
        return {sample.labels.get("accepting", ""): int(sample.value) for sample in samples} or None
    except (ValueError, OverflowError):
        return None
