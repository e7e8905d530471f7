"""Leases: what only one may do at a time, whichever process he is in. They run out, so the dead hold nothing."""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import secrets
import socket
from collections.abc import AsyncIterator

from callcore import clock, errors
from dispatch.store import engine, leases

APPLY = "apply"
"""Changing LiveKit's trunks and rules."""


class LeaseHeld(errors.Conflict):
    """Somebody else is doing this now."""

    public_code = "lease_held"

    def __init__(self, lease: leases.Lease) -> None:
        until = clock.rfc3339(lease.until)
        super().__init__(f"{lease.holder} is at it and may be until {until}: try again after that.")


def holder(program: str) -> str:
    """A name for this process that nobody else has, and that people can find it by."""
    return f"{program} on {socket.gethostname()[:64]}, process {os.getpid()} ({secrets.token_hex(3)})"


async def take(
    store: engine.Store, timepiece: clock.Clock, *, name: str, holder: str, ttl: dt.timedelta
) -> leases.Lease:
    """Take a lease, or prolong one's own.

    Raises:
        LeaseHeld: somebody else has it; the message says who, and until when.
        StoreUnavailable: nobody can tell.
    """
    now = timepiece.now()
    async with store.writing() as tx:
        lease = await leases.take(tx, leases.Lease(name=name, holder=holder, until=now + ttl), now)
    if lease.holder != holder:
        raise LeaseHeld(lease)
    return lease


async def release(store: engine.Store, *, name: str, holder: str) -> None:
    """Give it back, if it still is this holder's.

    Raises:
        StoreUnavailable: it runs out by itself.
    """
    async with store.writing() as tx:
        await leases.release(tx, name, holder)


@contextlib.asynccontextmanager
async def held(
    store: engine.Store, timepiece: clock.Clock, *, name: str, holder: str, ttl: dt.timedelta
) -> AsyncIterator[None]:
    """Hold a lease for the length of the block, which must not take longer than `ttl`.

    Raises:
        LeaseHeld: somebody else has it.
        StoreUnavailable: nobody can tell.
    """
    await take(store, timepiece, name=name, holder=holder, ttl=ttl)
    try:
        yield
    finally:
        with contextlib.suppress(engine.StoreUnavailable):
            await release(store, name=name, holder=holder)
