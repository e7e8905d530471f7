"""`trunkline worker`."""

from __future__ import annotations

from cli import failing


def run() -> None:
    """Run a worker: it takes the calls that LiveKit offers and lets an agent talk with the caller."""
    with failing.plainly():
        from worker import main

        main.main()
