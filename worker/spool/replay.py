"""Delivery of the spool to dispatch: in order, again and again until dispatch says that it has it."""

from __future__ import annotations

import asyncio
import logging

from callcore import errors
from worker import dispatch_client
from worker.spool import store

_log = logging.getLogger(__name__)

_BATCH_LINES = 50  # few enough that an announcement does not wait long behind them
_FIRST_PAUSE_S = 0.2
_LONGEST_PAUSE_S = 3.0  # dispatch that is back gets its ledger complete within seconds


async def deliver_for_ever(spool: store.SpoolStore, dispatch: dispatch_client.DispatchClient) -> None:
    """Deliver what is there, wait for more, until cancelled."""
    pause = _FIRST_PAUSE_S
    while True:
        spool.appended.clear()
        try:
            await deliver_all(spool, dispatch)
        except errors.DispatchUnavailable:
            if pause == _FIRST_PAUSE_S:
                _log.warning("dispatch is out; reports wait in the spool", extra={"lines": spool.owed})
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE_S)
            continue
        pause = _FIRST_PAUSE_S
        await spool.appended.wait()


async def deliver_all(spool: store.SpoolStore, dispatch: dispatch_client.DispatchClient) -> None:
    """Deliver until nothing is owed.

    Raises:
        DispatchUnavailable: dispatch did not take a batch; nothing is lost.
    """
    while batch := await spool.next_batch(_BATCH_LINES):
        try:
            receipt = await dispatch.send_lines(batch)
        except dispatch_client.LinesMissing as missing:
            if missing.expected >= batch.lines[0].line:
                raise errors.DispatchUnavailable("dispatch asks for lines that it was just sent") from None
            _log.warning("dispatch has lost lines; sending them again", extra={"from": missing.expected})
            await spool.rewind(batch.spool_id, missing.expected)
            continue
        if receipt.acknowledged < batch.lines[0].line:
            raise errors.DispatchUnavailable("dispatch took no line of the batch")
        await spool.acknowledge(batch.spool_id, receipt.acknowledged)
