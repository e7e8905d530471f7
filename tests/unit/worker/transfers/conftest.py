"""Short waits for the tests of transfers."""

from tests.unit.worker.transfers.stages import failing_soon, impatient, quiet

__all__ = ["failing_soon", "impatient", "quiet"]
