"""Which limits apply to a dial, and whether they are reached."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterator, Sequence

from sqlalchemy.ext import asyncio as sa_async

from callcore import errors
from dispatch.gate import wishes
from dispatch.store import reservations
from sip_config import configurations, schema

CONCURRENT = "limit_concurrent"
PER_MINUTE = "limit_per_minute"
PER_DAY = "limit_per_day"
MINUTES_PER_DAY = "limit_minutes_per_day"
PER_CALLEE_PER_DAY = "limit_per_callee_per_day"

_MINUTE = dt.timedelta(minutes=1)
_DAY = dt.timedelta(days=1)
_WORDS = {
    CONCURRENT: "as many dials and calls as may be at the same time",
    PER_MINUTE: "as many dials as there may be in a minute",
    PER_DAY: "as many dials as there may be in a day",
    MINUTES_PER_DAY: "as many minutes as there may be in a day, counting those that calls may still last",
    PER_CALLEE_PER_DAY: "called as often as the same number may be in a day",
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Limit:
    """One limit of one scope."""

    code: str
    scope: str
    """`organization`, `key`, `number`, `trunk` or `callee`."""
    most: int
    whose: reservations.Whose
    measure: reservations.Measure
    window: dt.timedelta = dt.timedelta()

    def question(self, now: dt.datetime) -> reservations.Question:
        return reservations.Question(
            whose=self.whose,
            measure=self.measure,
            moment=now - self.window,
            most=self.most + 1,  # the call's own may be among them
        )


def limits_of(configuration: configurations.Configuration, wish: wishes.Wish, callee: str) -> tuple[Limit, ...]:
    """Every limit that a dial has to keep, those that take longest to wait for first."""
    number, key, dialing = wish.number, wish.key, configuration.dialing
    outbound = configuration.trunks[number.trunk].outbound
    found = [*_of_scope("organization", dialing.limits, reservations.Whose())]
    if outbound is not None:
        found += _of_scope("trunk", outbound.limits, reservations.Whose(column="trunk", value=number.trunk))
    found += _of_scope("number", number.limits, reservations.Whose(column="number", value=number.e164))
    if key is not None:
        found += _of_scope("key", key.limits, reservations.Whose(column="key_id", value=key.id))
    most = dialing.limits.per_callee_per_day
    if most is not None:
        whose = reservations.Whose(column="callee", value=callee)
        found.append(_calls(PER_CALLEE_PER_DAY, "callee", most, whose, _DAY))
    is_call = wish.kind is wishes.Kind.CALL
    waits = (PER_CALLEE_PER_DAY, PER_DAY, MINUTES_PER_DAY, PER_MINUTE, CONCURRENT)
    applying = (limit for limit in found if is_call or limit.measure is not reservations.Measure.CALLS)
    return tuple(sorted(applying, key=lambda limit: waits.index(limit.code)))


def _of_scope(scope: str, limits: schema.Limits, whose: reservations.Whose) -> Iterator[Limit]:
    if limits.concurrent is not None:
        measure = reservations.Measure.OPEN
        yield Limit(code=CONCURRENT, scope=scope, most=limits.concurrent, whose=whose, measure=measure)
    if limits.per_minute is not None:
        yield _calls(PER_MINUTE, scope, limits.per_minute, whose, _MINUTE)
    if limits.per_day is not None:
        yield _calls(PER_DAY, scope, limits.per_day, whose, _DAY)
    if limits.minutes_per_day is not None:
        measure, most = reservations.Measure.MINUTES, limits.minutes_per_day
        yield Limit(code=MINUTES_PER_DAY, scope=scope, most=most, whose=whose, measure=measure, window=_DAY)


def _calls(code: str, scope: str, most: int, whose: reservations.Whose, window: dt.timedelta) -> Limit:
    return Limit(code=code, scope=scope, most=most, whose=whose, measure=reservations.Measure.CALLS, window=window)


async def keep_to(
    tx: sa_async.AsyncConnection, limits: Sequence[Limit], wish: wishes.Wish, now: dt.datetime
) -> reservations.Reservation | None:
    """The reservation that the call of a wish holds already, if every limit leaves room for it or a new one.

    Raises:
        PolicyRefused: one does not.
    """
    overdue = reservations.Question(
        whose=reservations.Whose(), measure=reservations.Measure.OVERDUE, moment=now, most=1
    )
    questions = [*(limit.question(now) for limit in limits), overdue]
    own, (*answers, late) = await reservations.ask(tx, wish.call_id, wish.kind, questions)
    longer = await reservations.counted(tx, overdue) if late else ()
    for limit, answer in zip(limits, answers, strict=True):
        taken = answer - _of_own(limit, own, now)
        if limit.measure is reservations.Measure.MINUTES:
            taken += sum(_excess(one, now) for one in longer if limit.whose.has(one) and not _is(own, one))
            asked = wish.minutes
        else:
            asked = 1
        if taken + asked > limit.most:
            room = taken + asked - limit.most
            raise errors.PolicyRefused(
                f"There are {_WORDS[limit.code]}: `{limit.code.removeprefix('limit_')}` of the {limit.scope}.",
                code=limit.code,
                is_limit=True,
                retry_at=await _when_there_is_room(tx, limit, room, asked, own, now),
                scope=limit.scope,
            )
    return own


def _is(own: reservations.Reservation | None, one: reservations.Reservation) -> bool:
    return own is not None and own.id == one.id


def _of_own(limit: Limit, own: reservations.Reservation | None, now: dt.datetime) -> float:
    """How much of an answer is the call's own reservation."""
    if own is None or not limit.whose.has(own):
        return 0
    if limit.measure is not reservations.Measure.OPEN and own.made_at <= now - limit.window:
        return 0
    return own.minutes if limit.measure is reservations.Measure.MINUTES else 1


def _excess(one: reservations.Reservation, now: dt.datetime) -> float:
    """Minutes that an open reservation takes over and above those that were added up."""
    elapsed = (now - one.made_at).total_seconds() / 60
    return elapsed - one.minutes if one.made_at > now - _DAY else elapsed


async def _when_there_is_room(
    tx: sa_async.AsyncConnection,
    limit: Limit,
    room: float,
    asked: float,
    own: reservations.Reservation | None,
    now: dt.datetime,
) -> dt.datetime | None:
    """When enough of what is counted falls out of the window; None where that is when a call ends, or never."""
    if limit.measure is reservations.Measure.OPEN or asked > limit.most:
        return None
    is_minutes = limit.measure is reservations.Measure.MINUTES
    newest = None if is_minutes else limit.most + 1
    taking = await reservations.counted(tx, limit.question(now), newest=newest)
    freed = 0.0
    for one in reversed([one for one in taking if not _is(own, one)]):
        freed += one.minutes if is_minutes else 1
        if freed >= room:
            return one.made_at + limit.window
    return None
