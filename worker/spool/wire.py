"""What a job and its worker say to each other over the unix socket: JSON lines, each answered by one."""

from __future__ import annotations

import datetime as dt

import pydantic

from callcore import contract

MAX_LINE = 256 * 1024  # bytes; the longest turn is far below


class Hello(contract.Message):
    """A job's first line: whose reports will follow."""

    room_name: str
    job_id: str
    generation: int


class Farewell(contract.Message):
    """A job says that its call goes on without it: it leaves, or is not needed any more. It may still report."""

    leaves: bool = True
    """False takes it back: the call needs its job again."""


class Report(contract.Message):
    """One record, numbered by the job."""

    number: int
    at: dt.datetime
    record: contract.Record


class Receipt(contract.Message):
    """The worker's answer: this record is on disk, or could not be kept."""

    number: int
    kept: bool


FromJob = pydantic.TypeAdapter[Report | Farewell](Report | Farewell)


def encode(message: pydantic.BaseModel) -> bytes:
    return message.model_dump_json().encode() + b"\n"
