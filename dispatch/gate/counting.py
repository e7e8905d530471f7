"""Which limits apply to a dial, and whether they are reached."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterator, Mapping, Sequence

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
_ALL = reservations.Whose()
_WORDS = {
    CONCURRENT: "There are as many dials and calls as may be at the same time",
    PER_MINUTE: "There were as many dials as there may be in a minute",
    PER_DAY: "There were as many dials as there may be in a day",
    MINUTES_PER_DAY: "This would be more minutes than there may be in a day, counting those that calls may still last",
    PER_CALLEE_PER_DAY: "This number was called as often as the same one may be in a day",
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
    outbound = configuration.outbound(number)
    found = [*_of_scope("organization", dialing.limits, _ALL)]
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

    What all dials together take is asked first. A key, number or trunk takes no more than that: its own share is only
    asked for where the whole would be too much for it.

    Raises:
        PolicyRefused: one leaves none.
    """
    whole = [_of_all(limit, limits) for limit in limits]
    asked = tuple(dict.fromkeys(whole))
    overdue = reservations.Question(whose=_ALL, measure=reservations.Measure.OVERDUE, moment=now, most=1)
    questions = [*(limit.question(now) for limit in asked), overdue]
    own, (*answers, late) = await reservations.ask(tx, wish.call_id, wish.kind, questions)
    longer = await reservations.counted(tx, overdue) if late else ()
    state = _State(own=own, longer=longer, wish=wish, now=now)
    known = dict(zip(asked, answers, strict=True))
    near = [limit for limit, all_of_it in zip(limits, whole, strict=True) if state.over(limit, all_of_it, known) > 0]
    unknown = [limit for limit in near if limit not in known]
    if unknown:
        _, shares = await reservations.ask(tx, wish.call_id, wish.kind, [limit.question(now) for limit in unknown])
        known |= zip(unknown, shares, strict=True)
    for limit in near:
        excess = state.over(limit, limit, known)
        if excess > 0:
            raise errors.PolicyRefused(
                f"{_WORDS[limit.code]}: `{limit.code.removeprefix('limit_')}` of the {limit.scope}.",
                code=limit.code,
                is_limit=True,
                retry_at=await _when_there_is_room(tx, limit, excess, state),
                scope=limit.scope,
            )
    return own


def _of_all(limit: Limit, limits: Sequence[Limit]) -> Limit:
    """The question of a limit, asked of all dials, and counted as far as any limit of its kind needs."""
    if limit.code == PER_CALLEE_PER_DAY:
        return limit
    most = max(other.most for other in limits if other.code == limit.code)
    return dataclasses.replace(limit, scope="organization", whose=_ALL, most=most)


@dataclasses.dataclass(frozen=True, kw_only=True)
class _State:
    """What is known of a dial when its limits are looked at."""

    own: reservations.Reservation | None
    """What the call holds already: it does not count against itself."""
    longer: Sequence[reservations.Reservation]
    """Those that take more minutes than were reserved."""
    wish: wishes.Wish
    now: dt.datetime

    def amount(self, limit: Limit) -> float:
        """How much the dial itself takes of a limit."""
        return self.wish.minutes if limit.measure is reservations.Measure.MINUTES else 1

    def over(self, limit: Limit, counted: Limit, answers: Mapping[Limit, float]) -> float:
        """By how much a limit would be exceeded, if what `counted` counts were its own; none where it is not over 0."""
        taken = answers[counted] - self._of_own(counted)
        if counted.measure is reservations.Measure.MINUTES:
            others = (one for one in self.longer if counted.whose.has(one) and not self.is_own(one))
            taken += sum(self._excess(one) for one in others)
        return taken + self.amount(limit) - limit.most

    def is_own(self, one: reservations.Reservation) -> bool:
        return self.own is not None and self.own.id == one.id

    def _of_own(self, limit: Limit) -> float:
        """How much of an answer is the call's own reservation."""
        if self.own is None or not limit.whose.has(self.own):
            return 0
        if limit.measure is not reservations.Measure.OPEN and self.own.made_at <= self.now - limit.window:
            return 0
        return self.own.minutes if limit.measure is reservations.Measure.MINUTES else 1

    def _excess(self, one: reservations.Reservation) -> float:
        """Minutes that an open reservation takes over and above those that were added up."""
        elapsed = (self.now - one.made_at).total_seconds() / 60
        return elapsed - one.minutes if one.made_at > self.now - _DAY else elapsed


async def _when_there_is_room(
    tx: sa_async.AsyncConnection, limit: Limit, excess: float, state: _State
) -> dt.datetime | None:
    """When enough of what is counted falls out of the window; None where that is when a call ends, or never."""
    if limit.measure is reservations.Measure.OPEN or state.amount(limit) > limit.most:
        return None
    is_minutes = limit.measure is reservations.Measure.MINUTES
    if is_minutes and await _may_be_given_back(tx, limit, state) >= excess:
        return None
    newest = None if is_minutes else limit.most + 1
    taking = await reservations.counted(tx, limit.question(state.now), newest=newest)
    freed = 0.0
    for one in reversed([one for one in taking if not state.is_own(one)]):
        freed += one.minutes if is_minutes else 1
        if freed >= excess:
            return one.made_at + limit.window
    return None


async def _may_be_given_back(tx: sa_async.AsyncConnection, limit: Limit, state: _State) -> float:
    """Minutes that are only reserved: calls that are up may end at any moment, and then take less."""
    held = dataclasses.replace(limit, measure=reservations.Measure.OPEN).question(state.now)
    return sum(one.minutes for one in await reservations.counted(tx, held) if not state.is_own(one))
