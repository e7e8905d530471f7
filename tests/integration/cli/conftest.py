"""The `trunkline` command as a process of its own, beside a dispatch of the test's own."""

from tests.unit.cli.conftest import dispatch, environment, server

__all__ = ["dispatch", "environment", "server"]
