"""How a simulated provider behaves: its delays and its faults."""

from __future__ import annotations

import dataclasses
import enum
import random


class Service(enum.StrEnum):
    """The providers that are simulated."""

    DEEPGRAM = "deepgram"
    ELEVENLABS = "elevenlabs"
    OPENAI = "openai"


class FaultKind(enum.StrEnum):
    """What goes wrong."""

    REFUSE = "refuse"
    """The connection is taken and answered with a bare HTTP status, as a gateway in front of the provider does."""
    STATUS = "status"
    """The request is answered with an HTTP status and the provider's own error document."""
    STALL = "stall"
    """The request is accepted and nothing more is said."""
    CUT = "cut"
    """The TCP connection is dropped without a goodbye."""
    GARBAGE = "garbage"
    """Messages are sent that do not parse."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Fault:
    """A fault and when it strikes."""

    kind: FaultKind
    after_requests: int = 0
    """So many requests (or sockets) are served before the first one struck."""
    after_messages: int = 0
    """A stall, cut or garbage begins once so many messages were sent on the struck request."""
    times: int | None = None
    """How many requests are struck; None strikes every later one."""
    status: int = 503
    """The HTTP status of a refusal or an error document."""

    def strikes(self, request_number: int) -> bool:
        """Whether the request with this number (from 0, since the fault was set) is struck."""
        late_enough = request_number >= self.after_requests
        return late_enough and (self.times is None or request_number < self.after_requests + self.times)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Behaviour:
    """Delays in milliseconds, each lengthened by a seeded random part of `jitter_ms`."""

    connect_delay_ms: int = 0
    """Before a request or a socket's handshake is answered."""
    first_ms: int = 0
    """Speech recognition: from the audio to each result. Speech: from the text to its first audio. Model: to the first
    token."""
    interval_ms: int | None = None
    """Speech recognition: audio between interim results. Speech: between chunks of audio. Model: between tokens.
    None is the service's own pace."""
    jitter_ms: int = 0
    seed: int = 0
    fault: Fault | None = None


class Conduct:
    """The behaviour of one service as it runs: replaceable at any time, for the requests that come after."""

    def __init__(self, behaviour: Behaviour) -> None:
        self.replace(behaviour)

    def replace(self, behaviour: Behaviour) -> None:
        """Behave so from the next request on; request counts of faults and the random sequence start anew."""
        self._behaviour = behaviour
        self._random = random.Random(behaviour.seed)
        self._requests = 0

    @property
    def behaviour(self) -> Behaviour:
        """What the next request will meet."""
        return self._behaviour

    def next_request(self) -> Pace:
        """Count a request and decide what happens to it."""
        fault = self._behaviour.fault
        struck = fault if fault and fault.strikes(self._requests) else None
        self._requests += 1
        return Pace(self._behaviour, struck, self._random)


class Pace:
    """The delays and the fault of one request."""

    def __init__(self, behaviour: Behaviour, fault: Fault | None, source: random.Random) -> None:
        self.behaviour = behaviour
        self.fault = fault
        self._random = source
        self._messages = 0

    @property
    def connect_s(self) -> float:
        return self._delay_s(self.behaviour.connect_delay_ms)

    def first_s(self) -> float:
        """The delay before the next first message, in seconds."""
        return self._delay_s(self.behaviour.first_ms)

    def interval_s(self, usual_ms: int) -> float:
        """The delay before the next message that is not the first, in seconds."""
        given = self.behaviour.interval_ms
        return self._delay_s(usual_ms if given is None else given)

    def interval_ms(self, usual_ms: int) -> int:
        """The plain interval, without jitter."""
        return usual_ms if self.behaviour.interval_ms is None else self.behaviour.interval_ms

    def refusal(self) -> Fault | None:
        """The fault, if it answers the request with a status."""
        is_refusal = self.fault is not None and self.fault.kind in {FaultKind.REFUSE, FaultKind.STATUS}
        return self.fault if is_refusal else None

    def trouble(self) -> FaultKind | None:
        """The stall, cut or garbage that meets the next message, if any."""
        if self.fault is None or self.refusal() is not None or self._messages < self.fault.after_messages:
            return None
        return self.fault.kind

    def sent(self) -> None:
        """Count a message that went out whole."""
        self._messages += 1

    def _delay_s(self, delay_ms: int) -> float:
        return (delay_ms + self._random.random() * self.behaviour.jitter_ms) / 1000
