"""Does dispatch answer, and is it ready? Where it is not, its own codes say why."""

from __future__ import annotations

import pydantic

from cli.diagnosing import findings, surroundings, web_asking
from dispatch import health

_CURES = {
    "store": "see that the database's folder is writable and not full (`state-folder`)",
    "livekit": "see `livekit`",
    "configuration": "see `trunks-and-rules` and `foreign-rules`; with TRUNKLINE_APPLY=false, run `trunkline apply`",
    "workers": "start a worker, and see that it has this LIVEKIT_URL and TRUNKLINE_INTERNAL_SECRET",
    "redis": "see `redis`",
}
"""By the name of dispatch's own check."""
_START = "start `trunkline dispatch`, or correct TRUNKLINE_DISPATCH_URL"


async def readiness(base_url: str) -> health.Readiness | None:
    """What dispatch says of itself; None where what answers is not dispatch.

    Raises:
        Silent: nobody answers.
    """
    answer = await web_asking.get(f"{base_url}/readyz")
    try:
        return health.Readiness.model_validate_json(answer.text)
    except pydantic.ValidationError:
        return None


async def ask(around: surroundings.Surroundings) -> findings.Finding:
    """`/healthz`."""
    url = around.dispatch_url
    if url is None:
        return findings.skipped("the settings are not valid")
    try:
        answer = await web_asking.get(f"{url}/healthz")
    except web_asking.Silent as error:
        return findings.failed(error.message, _START)
    if answer.status != 200:
        return findings.failed(f"what answers at {surroundings.shown(url)} is not dispatch", _START)
    return findings.ok(f"{surroundings.shown(url)} answers")


async def ask_ready(around: surroundings.Surroundings) -> findings.Finding:
    """`/readyz`, reason by reason."""
    url = around.dispatch_url
    if url is None:
        return findings.skipped("the settings are not valid")
    try:
        found = await readiness(url)
    except web_asking.Silent:
        return findings.skipped("dispatch does not answer")
    if found is None:
        return findings.skipped(f"what answers at {surroundings.shown(url)} is not dispatch")
    wrong = {name: check.error for name, check in found.checks.items() if not check.ok}
    if wrong:
        seen = ", ".join(f"{_word(name)} ({_word(code or 'unknown')})" for name, code in wrong.items())
        cures = (_CURES.get(name, "see dispatch's log") for name in wrong)
        return findings.failed(f"dispatch lacks {seen}", "; ".join(dict.fromkeys(cures)))
    return findings.ok(f"dispatch has {', '.join(map(_word, found.checks))}")


def _word(text: str) -> str:
    """A name or code from the network, as it may stand on a terminal."""
    return text[:40] if text.isprintable() else "?"
