"""Makes reports when they are due, and anew when somebody wants that."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable

import pydantic
import structlog
from sqlalchemy.ext import asyncio as sa_async

from callcore import clock, errors, ids
from dispatch import background
from dispatch.reports import making, shapes
from dispatch.store import calls as call_rows
from dispatch.store import engine
from dispatch.store import reports as rows

_EVERY_S = 0.5  # one look at an index
_AGAIN = dt.timedelta(minutes=5)  # for one that cannot be made, until somebody has mended what is wrong

_log = structlog.get_logger(__name__)


class ReportNotReady(errors.NotFound):
    """The call has no report yet."""

    public_code = "report_not_ready"


class ReportUnreadable(errors.Conflict):
    """This report was made by another version of Trunkline: have it made anew."""

    public_code = "report_unreadable"


class CallNotOver(errors.Conflict):
    """The call is not over: its report is made when it is."""

    public_code = "call_not_over"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Finalized:
    """What came of the wish."""

    report: rows.Report
    is_remade: bool
    """Whether the report was made by it, for the first time or anew."""
    is_told: bool
    """Whether a delivery was begun by it."""


class Reports:
    """The reports of all calls. Several processes may do this at once: who holds a call's row makes its report."""

    def __init__(
        self, store: engine.Store, timepiece: clock.Clock, settle: making.Settle, *, wake: Callable[[], None]
    ) -> None:
        """Make reports.

        Args:
            store: where they are kept.
            timepiece: tells when one is due.
            settle: tells whom a call's webhooks are for.
            wake: called when there is something to deliver.
        """
        self._store = store
        self._clock = timepiece
        self._settle = settle
        self._wake = wake

    async def run(self, stop: background.Stop) -> None:
        """Make what is due, until told to stop."""
        while not stop.is_set:
            has_made = False
            try:
                has_made = await self.make_next()
            except errors.Unavailable as error:
                _log.warning("reports could not be made", error=error.public_code)
            if not has_made:
                await stop.pause(_EVERY_S)

    async def make_next(self) -> bool:
        """Make the report that has been due for longest; False where none is.

        Raises:
            StoreUnavailable: the database does not answer.
        """
        async with self._store.reading() as tx:
            call_id = await rows.due(tx, self._clock.now())
        if call_id is None:
            return False
        try:
            async with self._store.writing() as tx:
                await self._make(tx, call_id)
        except engine.StoreUnavailable:
            raise
        except call_rows.NoSuchCall:
            return True  # deleted meanwhile, and its report with it
        except Exception:  # noqa: BLE001  # one that cannot be made must not keep the others from being made
            _log.exception("a report cannot be made", call_id=call_id, again_in_s=_AGAIN.total_seconds())
            async with self._store.writing() as tx:
                await rows.put_due(tx, call_id, self._clock.now() + _AGAIN)
        self._wake()
        return True

    async def read(self, call_id: str) -> shapes.Report:
        """A report as it was made last.

        Raises:
            NoSuchCall: there is no such call.
            ReportNotReady: it is not made yet.
            ReportUnreadable: another version made it.
        """
        async with self._store.reading() as tx:
            await call_rows.get(tx, call_id)
            row = await rows.find(tx, call_id)
        if row is None or row.body is None:
            raise ReportNotReady
        try:
            return shapes.Report.model_validate_json(row.body)
        except pydantic.ValidationError as error:
            raise ReportUnreadable from error

    async def finalize(self, tx: sa_async.AsyncConnection, call_id: str, *, remake: bool, retell: bool) -> Finalized:
        """Have a report made if it is not yet, made anew, or delivered once more; the caller wakes the deliveries.

        Args:
            tx: a writing transaction.
            call_id: of a call that is over.
            remake: make it anew of what is known now.
            retell: deliver it once more, under the same id; not where the same is on its way.

        Raises:
            NoSuchCall: there is no such call.
            CallNotOver: it goes on.
        """
        call = (await call_rows.get_for_update(tx, call_id)).call
        if not call.is_over:
            raise CallNotOver
        now = self._clock.now()
        row = await rows.find(tx, call_id)
        if row is None:  # a call of a time when there were no reports
            row = rows.Report(call_id=call_id, id=ids.new(ids.REPORT, now), due_at=now)
            await rows.insert(tx, row)
        if not row.is_made:
            made, is_told = await making.make_and_tell(tx, call, row, now, self._settle)
            return Finalized(report=made, is_remade=True, is_told=is_told)
        if remake:
            row, _ = await making.make(tx, call, row, now)
        is_told = retell and await making.tell(tx, await self._settle(tx, call), row, now)
        return Finalized(report=row, is_remade=remake, is_told=is_told)

    def wake(self) -> None:
        """Have what was enqueued delivered now."""
        self._wake()

    async def _make(self, tx: sa_async.AsyncConnection, call_id: str) -> None:
        call = (await call_rows.get_for_update(tx, call_id)).call
        row = await rows.find(tx, call_id)
        now = self._clock.now()
        if row is None or row.is_made or row.due_at > now:
            return  # another process was faster, or something has changed
        await making.make_and_tell(tx, call, row, now, self._settle)
