"""Options that give names and values: `--metadata campaign=autumn`."""

from __future__ import annotations

from collections.abc import Sequence

from callcore import errors


def read(written: Sequence[str], option: str) -> dict[str, str]:
    """What was given with an option.

    Raises:
        BadInput: one of them is no pair, or has the name of another.
    """
    pairs: dict[str, str] = {}
    for text in written:
        key, sign, value = text.partition("=")
        if not sign or not key or key in pairs:
            raise errors.BadInput(f"write {option} as name=value, each name once")
        pairs[key] = value
    return pairs
