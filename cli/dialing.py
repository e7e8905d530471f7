"""What `trunkline dial` does: have the call placed once, whatever happens on the way, and follow it."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt
import secrets
import zoneinfo

import pydantic

from callcore import clock, errors
from cli import api, asking, failing, following, pairs, repeating, screen
from sip_config import values

_DURATION: pydantic.TypeAdapter[dt.timedelta] = pydantic.TypeAdapter(values.Duration)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Asked:
    """The command's options, as they were written."""

    to: str
    agent: str | None = None
    caller: str | None = None
    say: str | None = None
    prompt: str | None = None
    variables: tuple[str, ...] = ()
    metadata: tuple[str, ...] = ()
    max_duration: str | None = None
    ringing_timeout_s: float | None = None
    at: str | None = None
    time_zone: str | None = None


def dial(asked: Asked, *, url: str | None, waits: bool, as_json: bool) -> int:
    """Place the call, and follow it to its end where `waits`; the exit code.

    Raises:
        BadInput: an option makes no sense.
        ApiRefused: the call may not be placed; says when to try again.
        DispatchUnavailable: nobody answers.
    """
    body = request(asked)
    try:
        return asking.ask(url, lambda client: carry_out(client, body, waits=waits, as_json=as_json))
    except KeyboardInterrupt:
        return failing.EXIT_INTERRUPTED


async def carry_out(client: api.Api, body: api.Json, *, waits: bool, as_json: bool) -> int:
    """Place a call and follow it. Being cancelled hangs up, whenever that is."""
    placing = asyncio.create_task(_placed(client, body))
    is_cancelled = False
    try:
        placed = await asyncio.shield(placing)
    except asyncio.CancelledError:
        placed, is_cancelled = await placing, True
    watch = following.Watch(client, placed["callId"], as_json=as_json)
    try:
        if not is_cancelled:
            await watch.begin()
            if not waits:
                return 0
            return failing.EXIT_FAILED if (await watch.to_the_end())["answeredAt"] is None else 0
    except asyncio.CancelledError:
        is_cancelled = True
    await watch.hang_up()
    return failing.EXIT_INTERRUPTED


def request(asked: Asked) -> api.Json:
    """The body of the request.

    Raises:
        BadInput: an option makes no sense.
    """
    body = {
        "to": asked.to,
        "agentId": asked.agent,
        "from": asked.caller,
        "firstMessage": asked.say,
        "systemPrompt": asked.prompt,
        # Without an agent the prompt says what the call is about, which the API calls an intent.
        "intent": {} if asked.agent is None and asked.prompt is not None else None,
        "variables": pairs.read(asked.variables, "--var") or None,
        "metadata": pairs.read(asked.metadata, "--metadata") or None,
        "maxDurationSeconds": _seconds(asked.max_duration),
        "telephony": None if asked.ringing_timeout_s is None else {"ringingTimeout": asked.ringing_timeout_s},
        "schedule": None if asked.at is None else {"at": _moment(asked.at, asked.time_zone)},
        "timeZone": asked.time_zone,
    }
    return {name: value for name, value in body.items() if value is not None}


async def _placed(client: api.Api, body: api.Json) -> api.Json:
    key = f"dial-{secrets.token_hex(16)}"
    return await repeating.once(lambda: _asked(client, body, key))


async def _asked(client: api.Api, body: api.Json, key: str) -> api.Json:
    try:
        return await client.place_call(body, idempotency_key=key)
    except api.ApiRefused as refused:
        later = "" if refused.retry_at is None else f" Try again after {_local(refused.retry_at)}."
        raise api.ApiRefused(f"Not dialed: {refused.message}{later}") from None


def _local(moment: str) -> str:
    """A time of the API's by this machine's clock."""
    try:
        return f"{dt.datetime.fromisoformat(moment).astimezone():%Y-%m-%d %H:%M:%S %Z}"
    except ValueError:
        return screen.plain(moment)


def _seconds(written: str | None) -> float | None:
    if written is None:
        return None
    try:
        return _DURATION.validate_python(written).total_seconds()
    except pydantic.ValidationError as error:
        raise errors.BadInput(f"--max-duration: {error.errors()[0]['msg']}") from None


def _moment(written: str, time_zone: str | None) -> str:
    """A time without an offset is one of the callee's clock, where their zone is given; else of this machine's."""
    try:
        zone = zoneinfo.ZoneInfo(time_zone) if time_zone else None
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise errors.BadInput("write --time-zone as in the IANA database, such as America/New_York") from None
    try:
        given = dt.datetime.fromisoformat(written.strip())
        local = given if given.tzinfo else given.replace(tzinfo=zone) if zone else given.astimezone()
        return clock.rfc3339(local.astimezone(dt.UTC))
    except (ValueError, OverflowError):
        raise errors.BadInput('write --at as "2026-12-24 10:00", or with an offset') from None
