"""The phones of the unit tests; here they talk as long as people do, by the clock on the wall."""

from tests.unit.softphone.conftest import callee, caller, pair, peer

__all__ = ["callee", "caller", "pair", "peer"]
