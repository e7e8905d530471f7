"""Rows of reservations: every dial holds one, from before it is dialed until what came of it is over."""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
import functools
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext import asyncio as sa_async

from callcore import calls
from dispatch.store import tables

_T = tables.reservations
_IS_OPEN = _T.c.released_at.is_(None)


class Kind(enum.StrEnum):
    """What is dialed."""

    CALL = "call"
    """A call that we originate."""
    TRANSFER = "transfer"
    """Where a call is sent on to, as the configuration says."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Reservation:
    """What a dial takes up of the limits."""

    id: str
    call_id: str
    kind: Kind
    key_id: str | None
    number: str
    """Ours, E.164."""
    trunk: str
    callee: str
    """E.164, or a `sip:` URI."""
    made_at: dt.datetime
    minutes: float
    """At most, while it is open; then those of the conversation."""
    lasts_until: dt.datetime
    """While it is open: after this it takes more minutes than were reserved."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Whose:
    """Those reservations that one limit counts."""

    column: str | None = None
    """`number`, `trunk`, `key_id` or `callee`; None: all."""
    value: str = ""

    def has(self, one: Reservation) -> bool:
        return self.column is None or getattr(one, self.column) == self.value


class Measure(enum.Enum):
    """What a limit counts."""

    OPEN = enum.auto()
    """Those that are open now, of any kind."""
    CALLS = enum.auto()
    """Calls dialed since a moment, whatever came of them."""
    MINUTES = enum.auto()
    """Minutes of what was dialed since a moment, of any kind, as far as reserved."""
    OVERDUE = enum.auto()
    """Those that are open now and take more minutes than were reserved."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Question:
    """How much of something there is."""

    whose: Whose
    measure: Measure
    moment: dt.datetime
    """Since when; of `OPEN` nothing, of `OVERDUE` now."""
    most: int = 0
    """Where counting may stop; minutes are all added up."""

    @property
    def shape(self) -> _Shape:
        return self.measure, self.whose.column


_Shape = tuple[Measure, str | None]
"""What tells the SQL of one question from that of another: the measure, and the column of `whose`."""


async def insert(tx: sa_async.AsyncConnection, made: Reservation) -> None:
    await tx.execute(sa.insert(_T), dataclasses.asdict(made) | {"kind": made.kind.value})


async def renew(tx: sa_async.AsyncConnection, made: Reservation) -> None:
    """Put an open reservation again, as of now."""
    values = dataclasses.asdict(made) | {"kind": made.kind.value}
    await tx.execute(sa.update(_T).where(_T.c.id == made.id).values(values))


async def ask(
    tx: sa_async.AsyncConnection, call_id: str, kind: Kind, questions: Sequence[Question]
) -> tuple[Reservation | None, tuple[float, ...]]:
    """The open reservation that a call has of this kind, and the answers in the order of the questions, it included."""
    values: dict[str, object] = {"call_id": call_id, "kind": kind.value}
    for place, question in enumerate(questions):
        values |= _values_at(place, question)
    row = (await tx.execute(_asking(tuple(question.shape for question in questions)), values)).one()
    own_one = _reservation(row) if row.id is not None else None
    return own_one, tuple(row)[len(row) - len(questions) :]


@functools.lru_cache(maxsize=64)
def _asking(shapes: tuple[_Shape, ...]) -> sa.Select[Any]:
    """The statement of `ask`; made once, as making it takes longer than running it."""
    is_own = (_T.c.call_id == sa.bindparam("call_id"), _T.c.kind == sa.bindparam("kind"), _IS_OPEN)
    own = sa.select(_T).where(*is_own).limit(1).subquery()
    asked = [_answer(place, shape).label(f"answer_{place}") for place, shape in enumerate(shapes)]
    nothing = sa.select(sa.literal(1).label("one")).subquery()
    return sa.select(own, *asked).select_from(nothing.outerjoin(own, sa.true()))


def _answer(place: int, shape: _Shape) -> sa.ScalarSelect[float]:
    sought = _sought(place, shape)
    if shape[0] is Measure.MINUTES:
        return sa.select(sa.func.coalesce(sa.func.sum(_T.c.minutes), 0.0)).where(sought).scalar_subquery()
    most = sa.bindparam(f"most_{place}", type_=sa.Integer)
    some = sa.select(sa.literal(1)).select_from(_T).where(sought).limit(most)
    return sa.select(sa.func.count()).select_from(some.subquery()).scalar_subquery()


def _sought(place: int, shape: _Shape) -> sa.ColumnElement[bool]:
    measure, column = shape
    moment: sa.BindParameter[dt.datetime] = sa.bindparam(f"moment_{place}", type_=_T.c.made_at.type)
    whose = sa.true() if column is None else _T.c[column] == sa.bindparam(f"value_{place}")
    match measure:
        case Measure.OPEN:
            return _IS_OPEN & whose
        case Measure.OVERDUE:
            return _IS_OPEN & (_T.c.lasts_until < moment) & whose
        case Measure.CALLS:
            return (_T.c.made_at > moment) & (_T.c.kind == Kind.CALL.value) & whose
        case Measure.MINUTES:
            return (_T.c.made_at > moment) & whose


def _values_at(place: int, question: Question) -> dict[str, object]:
    values = {"moment": question.moment, "value": question.whose.value, "most": question.most}
    return {f"{name}_{place}": value for name, value in values.items()}


async def counted(
    tx: sa_async.AsyncConnection, question: Question, *, newest: int | None = None
) -> tuple[Reservation, ...]:
    """The reservations behind an answer, newest first; only so many of them where a number is given."""
    query = sa.select(_T).where(_sought(0, question.shape)).order_by(_T.c.made_at.desc()).limit(newest)
    return tuple(_reservation(row) for row in await tx.execute(query, _values_at(0, question)))


def _reservation(row: sa.Row[Any]) -> Reservation:
    return Reservation(
        id=row.id,
        call_id=row.call_id,
        kind=Kind(row.kind),
        key_id=row.key_id,
        number=row.number,
        trunk=row.trunk,
        callee=row.callee,
        made_at=row.made_at,
        minutes=row.minutes,
        lasts_until=row.lasts_until,
    )


async def release(
    tx: sa_async.AsyncConnection,
    call_id: str,
    at: dt.datetime,
    *,
    call_minutes: float | None,
    transfer_minutes: float | None,
) -> None:
    """Close what a call still holds.

    Args:
        tx: a transaction that writes.
        call_id: whose.
        at: when what was dialed ended.
        call_minutes: of the conversation; None: the call's own reservation stays.
        transfer_minutes: of its transfers; None: as long as they were held.
    """
    held = sa.select(_T.c.id, _T.c.kind, _T.c.made_at).where(_T.c.call_id == call_id, _IS_OPEN)
    for row in (await tx.execute(held)).all():
        is_call = row.kind == Kind.CALL.value
        if is_call and call_minutes is None:
            continue
        minutes = call_minutes if is_call else transfer_minutes
        if minutes is None:
            minutes = max(0.0, (at - row.made_at).total_seconds() / 60)
        await tx.execute(sa.update(_T).where(_T.c.id == row.id).values(released_at=at, minutes=minutes))


@dataclasses.dataclass(frozen=True, kw_only=True)
class Abandoned:
    """A call that holds a reservation, though it is over, or there is none of that id any more."""

    call_id: str
    ended_at: dt.datetime | None
    """None where there is no such call."""
    minutes: float
    """Of the conversation."""


async def abandoned(tx: sa_async.AsyncConnection) -> Sequence[Abandoned]:
    """Calls whose reservations nobody gives back any more."""
    called = tables.calls
    gone = sa.or_(called.c.id.is_(None), called.c.status == calls.Status.ENDED.value)
    query = (
        sa.select(_T.c.call_id, called.c.ended_at, called.c.duration_s)
        .select_from(_T.outerjoin(called, called.c.id == _T.c.call_id))
        .where(_IS_OPEN, gone)
        .distinct()
    )
    return [
        Abandoned(call_id=row.call_id, ended_at=row.ended_at, minutes=(row.duration_s or 0) / 60)
        for row in await tx.execute(query)
    ]


async def forget_before(tx: sa_async.AsyncConnection, moment: dt.datetime) -> None:
    """Delete what was made before a moment and is released."""
    await tx.execute(sa.delete(_T).where(_T.c.made_at < moment, _T.c.released_at.is_not(None)))
