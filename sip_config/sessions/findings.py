"""What a client got wrong in what it asked of one call."""

from __future__ import annotations

from collections.abc import Sequence

from callcore import errors

Finding = tuple[str, str]
"""Where in the request, as the client writes it, such as `llm.temperature`; and what is wrong there."""

_MOST = 300  # characters of a path or message; both may repeat what the client made up


class Unfit(errors.BadInput):
    """The call cannot be as it was asked for."""

    def __init__(self, found: Sequence[Finding]) -> None:
        super().__init__("; ".join(f"{path}: {message}" for path, message in found))
        self.found = tuple(found)


def of(path: str, message: str) -> Finding:
    """A finding that is short and on one line, whatever names the client made up."""
    return _plain(path), _plain(message)


def _plain(text: str) -> str:
    plain = "".join(sign if sign.isprintable() else "\ufffd" for sign in text[: _MOST + 1])
    return plain if len(plain) <= _MOST else f"{plain[:_MOST]}…"
