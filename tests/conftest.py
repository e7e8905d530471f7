"""Rules for every test module."""

from __future__ import annotations

import gc
import pathlib
import signal

import pytest

_KINDS = ("unit", "integration", "calls")
_TESTS = pathlib.Path(__file__).parent


def pytest_configure() -> None:
    """Programs that tests start take Ctrl-C as usual, also where a shell's background job has it ignored."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_finish() -> None:
    """What is there by now stays to the end: to look through it for garbage, again and again, takes a tenth longer."""
    gc.collect()
    gc.freeze()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A module carries the marker of the folder it lies in, so that a kind can be chosen by either."""
    for item in items:
        folder = item.path.relative_to(_TESTS).parts[0]
        carried = [kind for kind in _KINDS if item.get_closest_marker(kind)]
        expected = [folder] if folder in _KINDS else ["unit"]
        if carried != expected:
            raise pytest.UsageError(f"{item.nodeid} must carry the marker {expected[0]!r} and no other, not {carried}")
