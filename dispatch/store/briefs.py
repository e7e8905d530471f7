"""What a call's job said of it and was told, as JSON in the call's row. Read only where a plan is asked for."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from typing import Any, TypeVar

import pydantic
import sqlalchemy as sa
import structlog
from sqlalchemy.ext import asyncio as sa_async

from callcore import contract
from dispatch.store import tables

_T = tables.calls
_INTAKE: pydantic.TypeAdapter[contract.CallIntake] = pydantic.TypeAdapter(contract.CallIntake)
_PLAN: pydantic.TypeAdapter[contract.Plan] = pydantic.TypeAdapter(contract.Plan)

_log = structlog.get_logger(__name__)

Message = TypeVar("Message")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Brief:
    """Both of them; each is None also where another version wrote what this one cannot read."""

    intake: contract.CallIntake | None
    """The call as its job first saw it, with the raw numbers."""
    plan: contract.Plan | None
    """What dispatch decided; None while it has not, or when a worker decided alone."""
    asked_until: dt.datetime | None = None
    """When the pre-call webhook will have been asked for the plan; None where it was not."""


async def get(tx: sa_async.AsyncConnection, call_id: str) -> Brief:
    """What is kept of a call; of one that is not there, nothing."""
    columns = _T.c.intake, _T.c.plan, _T.c.pre_call_until
    row = (await tx.execute(sa.select(*columns).where(_T.c.id == call_id))).one_or_none()
    if row is None:
        return Brief(intake=None, plan=None)
    return Brief(intake=_load(_INTAKE, row.intake), plan=_load(_PLAN, row.plan), asked_until=row.pre_call_until)


def intake_values(intake: contract.CallIntake) -> dict[str, str]:
    """The column that keeps an intake."""
    return {"intake": intake.model_dump_json()}


async def put_intake(tx: sa_async.AsyncConnection, call_id: str, intake: contract.CallIntake) -> None:
    await tx.execute(sa.update(_T).where(_T.c.id == call_id).values(intake_values(intake)))


async def put_plan(tx: sa_async.AsyncConnection, call_id: str, plan: contract.Plan) -> None:
    await tx.execute(sa.update(_T).where(_T.c.id == call_id).values(plan=_PLAN.dump_json(plan).decode()))


async def claim_question(tx: sa_async.AsyncConnection, call_id: str, until: dt.datetime) -> bool:
    """Note that the pre-call webhook is being asked until then; False where it was before, or there is a plan."""
    is_free = (_T.c.id == call_id) & _T.c.pre_call_until.is_(None) & _T.c.plan.is_(None)
    claimed = await tx.execute(sa.update(_T).where(is_free).values(pre_call_until=until))
    return claimed.rowcount == 1


def _load(shape: pydantic.TypeAdapter[Message], text: str | None) -> Message | None:
    if text is None:
        return None
    try:
        return _lenient(shape, text)
    except ValueError as error:  # its text would repeat what is stored
        _log.warning("a stored intake or plan cannot be read", error=type(error).__name__)
        return None


def _lenient(shape: pydantic.TypeAdapter[Message], text: str) -> Message:
    """A message without the fields that only another version knows. Settings of providers are open and stay."""
    try:
        return shape.validate_json(text)
    except pydantic.ValidationError as error:
        content = json.loads(text)
        for problem in error.errors():
            if problem["type"] == "extra_forbidden":
                _drop(content, problem["loc"])
        return shape.validate_json(json.dumps(content))


def _drop(content: Any, place: tuple[int | str, ...]) -> None:  # JSON of any shape
    *path, name = place
    for part in path:
        if isinstance(content, dict) and part in content:  # a union's tag is in the place and not in the content
            content = content[part]
    if isinstance(content, dict):
        content.pop(name, None)
