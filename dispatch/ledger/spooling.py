"""Spools: what workers kept on disk comes in batches, is taken in order and only once."""

from __future__ import annotations

import dataclasses
import datetime as dt
import itertools

import structlog
from sqlalchemy.ext import asyncio as sa_async

from callcore import contract, errors
from dispatch.ledger import changes, lines
from dispatch.store import spools

_LINES_AT_ONCE = 25  # some 50 ms of the only writer; a call that is announced has 1 s

_log = structlog.get_logger(__name__)


class LinesMissing(errors.Conflict):
    """There is a gap between this batch and what came before."""

    public_code = "lines_missing"

    def __init__(self, expected: int) -> None:
        super().__init__(f"The next line of this spool is {expected}.")
        self.expected = expected


@dataclasses.dataclass(frozen=True, kw_only=True)
class Taken:
    """What came of a batch."""

    last_line: int = 0
    """The last line that the ledger has of this spool."""
    lines: int = 0
    """How many were new."""
    outcomes: tuple[changes.Outcome, ...] = ()

    def and_then(self, later: Taken) -> Taken:
        """This and what was taken after it."""
        return Taken(last_line=later.last_line, lines=self.lines + later.lines, outcomes=self.outcomes + later.outcomes)


def parts(batch: contract.SpoolBatch) -> tuple[contract.SpoolBatch, ...]:
    """A batch in pieces for one transaction each; one even where it has no lines.

    Raises:
        LinesMissing: the batch is not gapless.
    """
    for earlier, later in itertools.pairwise(batch.lines):
        if later.line > earlier.line + 1:
            raise LinesMissing(earlier.line + 1)
    starts = range(0, max(1, len(batch.lines)), _LINES_AT_ONCE)
    return tuple(batch.model_copy(update={"lines": batch.lines[at : at + _LINES_AT_ONCE]}) for at in starts)


async def take(
    tx: sa_async.AsyncConnection, batch: contract.SpoolBatch, *, region: str | None, now: dt.datetime
) -> Taken:
    """Take the new lines of a batch, and remember how far the spool is read.

    Raises:
        LinesMissing: see `unread`; nothing is taken.
    """
    last = await spools.last_line(tx, batch.spool_id)
    new = unread(batch, last)
    outcomes = [outcome for line in new for outcome in await lines.take(tx, line, region)]
    if new:
        last = new[-1].line
        await spools.advance(tx, batch.spool_id, last, now)
    return Taken(last_line=last or 0, lines=len(new), outcomes=tuple(outcomes))


def unread(batch: contract.SpoolBatch, last_line: int | None) -> tuple[contract.SpoolLine, ...]:
    """The lines of a batch that are new.

    A spool that this store never heard of may begin anywhere: its earlier lines were acknowledged by a store that is
    gone, and refusing it would keep the later ones out as well.

    Raises:
        LinesMissing: the batch begins behind the next line.
    """
    expected = 1 if last_line is None else last_line + 1
    if last_line is None and batch.lines and batch.lines[0].line > expected:
        expected = batch.lines[0].line
        _log.warning("an unknown spool begins late", spool_id=batch.spool_id, line=expected)
    new = []
    for line in batch.lines:
        if line.line > expected:
            raise LinesMissing(expected)
        if line.line == expected:
            new.append(line)
            expected += 1
    return tuple(new)
