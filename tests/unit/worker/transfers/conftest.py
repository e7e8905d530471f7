"""Short waits for every test of a transfer."""

from tests.unit.worker.transfers.stages import brief

__all__ = ["brief"]
