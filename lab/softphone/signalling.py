"""The messages of one call, as they went by."""

from __future__ import annotations

import collections
import dataclasses

from lab.softphone import messages, timelines

MOST_KEPT = 500
"""Of a very long call only the newest are kept."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Exchange:
    """One message, sent or received."""

    at_s: float
    """Seconds since the INVITE."""
    was_sent: bool
    message: messages.Request | messages.Response


class SignallingLog:
    """Every message of a call, retransmissions included."""

    def __init__(self, timeline: timelines.Timeline) -> None:
        self._timeline = timeline
        self._exchanges: collections.deque[Exchange] = collections.deque(maxlen=MOST_KEPT)

    def add(self, message: messages.Request | messages.Response, *, was_sent: bool) -> None:
        self._exchanges.append(Exchange(at_s=self._timeline.now_s(), was_sent=was_sent, message=message))

    def requests(self, method: str, *, was_sent: bool | None = None) -> list[Exchange]:
        """The requests of a method, oldest first; of one direction, if given."""
        return [
            exchange
            for exchange in self._exchanges
            if isinstance(exchange.message, messages.Request)
            and exchange.message.method == method
            and was_sent in (None, exchange.was_sent)
        ]

    def responses(self, code: int, *, was_sent: bool | None = None) -> list[Exchange]:
        """The responses with a status, oldest first; of one direction, if given."""
        return [
            exchange
            for exchange in self._exchanges
            if isinstance(exchange.message, messages.Response)
            and exchange.message.code == code
            and was_sent in (None, exchange.was_sent)
        ]

    def __str__(self) -> str:
        """One line per message, for the output of a failing test; without numbers, as start lines carry URIs."""
        return "\n".join(
            f"{exchange.at_s:8.3f} {'>' if exchange.was_sent else '<'} {_title(exchange.message)}"
            for exchange in self._exchanges
        )


def _title(message: messages.Request | messages.Response) -> str:
    if isinstance(message, messages.Request):
        return message.method
    return f"{message.code} {message.phrase} ({message.cseq_method})"
