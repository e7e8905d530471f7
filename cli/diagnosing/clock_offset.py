"""Does this machine's clock agree with LiveKit's and dispatch's? Tokens and webhooks are valid for minutes only."""

from __future__ import annotations

import asyncio
import datetime as dt
import email.utils

from callcore import clock
from cli.diagnosing import findings, surroundings, web_asking

_WARN_S = 5.0
_FAIL_S = 60.0
_HALF_S = 0.5  # a Date header is cut to whole seconds: on average that much too early


async def ask(around: surroundings.Surroundings, timepiece: clock.Clock | None = None) -> findings.Finding:
    """Against the `Date` header (RFC 9110 section 6.6.1) of both."""
    others = {"LiveKit": around.livekit.http_url if around.livekit else None, "dispatch": around.dispatch_url}
    asked = {name: url for name, url in others.items() if url is not None}
    offsets = await asyncio.gather(*(_offset(url, timepiece or clock.SystemClock()) for url in asked.values()))
    measured = {name: offset for name, offset in zip(asked, offsets, strict=True) if offset is not None}
    if not measured:
        return findings.skipped("neither LiveKit nor dispatch tells the time")
    name, offset = max(measured.items(), key=lambda pair: abs(pair[1]))
    seen = f"{abs(offset):.0f} s {'ahead of' if offset > 0 else 'behind'} {name}"
    cure = "let NTP set the clocks of all machines: `timedatectl set-ntp true`"
    if abs(offset) > _FAIL_S:
        return findings.failed(seen, cure)
    if abs(offset) > _WARN_S:
        return findings.warning(seen, cure)
    return findings.ok(f"agrees with {' and '.join(measured)}")


async def _offset(url: str, timepiece: clock.Clock) -> float | None:
    """Seconds by which this machine is ahead; None where the other does not tell."""
    try:
        began = timepiece.now()
        date = (await web_asking.get(f"{url.rstrip('/')}/healthz")).date
        middle = began + (timepiece.now() - began) / 2
        there = email.utils.parsedate_to_datetime(date)
    except (web_asking.Silent, ValueError, TypeError):
        return None
    there = there if there.tzinfo else there.replace(tzinfo=dt.UTC)
    return (middle - there).total_seconds() - _HALF_S
