"""The worker tells dispatch that it is alive: the open livekit-server keeps no list of workers."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.metadata
from collections.abc import Callable

from callcore import contract, errors
from worker import dispatch_client

_REQUEST_S = 2.0


async def report_for_ever(dispatch: dispatch_client.DispatchClient, state: Callable[[], contract.WorkerReport]) -> None:
    """Report every 2 s until cancelled; a dispatch that is out is told again in the next round."""
    while True:
        with contextlib.suppress(errors.DispatchUnavailable):
            await dispatch.report(state(), _REQUEST_S)
        await asyncio.sleep(contract.REPORT_EVERY_S)


def version() -> str:
    """The version of this installation."""
    return importlib.metadata.version("trunkline")
