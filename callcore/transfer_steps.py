"""The only way a transfer changes: `step(transfer, fact)`.

    requested ──Held──▶ holding ──Dialed──▶ dialing ──PickedUp──▶ consulting ──Accepted, Merged──▶ bridged
        │                  ▲ ▲                 │                       │                              │
        │                  │ └──AttemptFailed──┴───────────────────────┘                              │
        │                  └── Dialed, Refused: the next destination, while there is one              │
        └──▶ returned, failed, cancelled: from every state that is not final          Lost ──▶ returned

A forward and a blind transfer need no consent: what is picked up there is bridged at once. A fact that came too late,
or a second time, changes nothing and has no event. Pure.
"""

from __future__ import annotations

import dataclasses
import datetime as dt

from callcore import errors, events, transfers


@dataclasses.dataclass(frozen=True, kw_only=True)
class Requested:
    """It came into being."""

    at: dt.datetime


@dataclasses.dataclass(frozen=True, kw_only=True)
class Held:
    """The caller was told, and is on hold where it is a warm one."""

    at: dt.datetime


@dataclasses.dataclass(frozen=True, kw_only=True)
class Dialed:
    """A destination is tried from now on; after this, whatever happens, this attempt is never made again."""

    at: dt.datetime
    to: str
    label: str | None
    method: transfers.Method = transfers.Method.DIAL


@dataclasses.dataclass(frozen=True, kw_only=True)
class Refused:
    """A destination is passed over, without a dial."""

    at: dt.datetime
    to: str
    label: str | None
    result: transfers.AttemptResult
    rule: str | None = None
    """Code of the rule of this installation that forbids it; None where it leads nowhere."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class PickedUp:
    """The destination answered its phone, or the carrier has taken the caller over."""

    at: dt.datetime
    attempt: int
    """Counted from 1."""
    sip_status_code: int | None = 200


@dataclasses.dataclass(frozen=True, kw_only=True)
class Accepted:
    """The destination takes the call, or an operator says so for it."""

    at: dt.datetime
    attempt: int


@dataclasses.dataclass(frozen=True, kw_only=True)
class Merged:
    """Caller and destination hear each other."""

    at: dt.datetime
    attempt: int


@dataclasses.dataclass(frozen=True, kw_only=True)
class AttemptFailed:
    """This destination does not take the call."""

    at: dt.datetime
    attempt: int
    result: transfers.AttemptResult
    sip_status_code: int | None = None


@dataclasses.dataclass(frozen=True, kw_only=True)
class Returned:
    """Nobody took the call; the caller is back with the agent."""

    at: dt.datetime


@dataclasses.dataclass(frozen=True, kw_only=True)
class Failed:
    """Nobody took the call, and the caller does not go back to the agent."""

    at: dt.datetime


@dataclasses.dataclass(frozen=True, kw_only=True)
class Cancelled:
    """Called off, or the caller hung up."""

    at: dt.datetime


@dataclasses.dataclass(frozen=True, kw_only=True)
class Lost:
    """The destination was gone in the moment in which the two were to hear each other; the caller is with the agent."""

    at: dt.datetime


Fact = (
    Requested
    | Held
    | Dialed
    | Refused
    | PickedUp
    | Accepted
    | Merged
    | AttemptFailed
    | Returned
    | Failed
    | Cancelled
    | Lost
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Stepped:
    """A transfer after a fact."""

    transfer: transfers.Transfer
    event: events.EventType | None
    """What the call's ledger keeps of it; None where nothing changed."""
    data: events.Data = dataclasses.field(default_factory=dict)


_ENDS: dict[type[Fact], tuple[transfers.State, events.EventType]] = {
    Returned: (transfers.State.RETURNED, events.EventType.TRANSFER_RETURNED),
    Failed: (transfers.State.FAILED, events.EventType.TRANSFER_FAILED),
    Cancelled: (transfers.State.CANCELLED, events.EventType.TRANSFER_CANCELLED),
}


def step(transfer: transfers.Transfer, fact: Fact) -> Stepped:
    """The transfer after a fact, and the event that tells of it.

    Raises:
        IllegalTransition: the transfer's state does not allow this fact.
    """
    if isinstance(fact, Lost):
        return _lost(transfer, fact)
    if transfer.state.is_final:
        return Stepped(transfer=transfer, event=None)
    match fact:
        case Requested():
            return _moved(transfer, fact.at, transfer.state, events.EventType.TRANSFER_REQUESTED)
        case Held():
            if transfer.state is not transfers.State.REQUESTED:
                return Stepped(transfer=transfer, event=None)
            return _moved(transfer, fact.at, transfers.State.HOLDING, events.EventType.TRANSFER_HOLDING)
        case Dialed() | Refused():
            return _tried(transfer, fact)
        case PickedUp() | Accepted() | Merged() | AttemptFailed():
            return _of_attempt(transfer, fact)
        case Returned() | Failed() | Cancelled():
            return _ended(transfer, fact)


def _of_attempt(transfer: transfers.Transfer, fact: PickedUp | Accepted | Merged | AttemptFailed) -> Stepped:
    if fact.attempt != transfer.attempt or not transfer.is_attempting:
        return Stepped(transfer=transfer, event=None)  # another destination is being tried by now
    match fact:
        case AttemptFailed():
            return _attempt_failed(transfer, fact.at, fact.result, fact.sip_status_code)
        case PickedUp() if transfer.kind is transfers.Kind.WARM:
            if transfer.state is not transfers.State.DIALING:
                return Stepped(transfer=transfer, event=None)
            return _moved(transfer, fact.at, transfers.State.CONSULTING, events.EventType.TRANSFER_CONSULTING)
        case PickedUp():
            return _bridged(transfer, fact.at, fact.sip_status_code)
    if transfer.state is not transfers.State.CONSULTING:
        raise errors.IllegalTransition(f"{type(fact).__name__} does not fit a transfer that is {transfer.state}")
    if isinstance(fact, Merged):
        return _bridged(transfer, fact.at, None)
    if transfer.accepted_at is not None:
        return Stepped(transfer=transfer, event=None)
    accepted = dataclasses.replace(transfer, accepted_at=fact.at)
    return _moved(accepted, fact.at, transfer.state, events.EventType.TRANSFER_ACCEPTED)


def _tried(transfer: transfers.Transfer, fact: Dialed | Refused) -> Stepped:
    if transfer.is_attempting:
        raise errors.IllegalTransition("a destination is being tried already")
    method = fact.method if isinstance(fact, Dialed) else transfers.Method.DIAL
    attempt = transfers.Attempt(
        to=fact.to,
        label=fact.label,
        result=None,
        sip_status_code=None,
        seconds=None,
        method=method,
        began_at=fact.at if isinstance(fact, Dialed) else None,
    )
    is_leg = isinstance(fact, Dialed) and method is transfers.Method.DIAL
    tried = dataclasses.replace(
        transfer,
        identity=f"{transfer.id}_{transfer.attempt + 1}" if is_leg else None,
        attempts=(*transfer.attempts, attempt),
        accepted_at=None,
    )
    if isinstance(fact, Refused):
        return _attempt_failed(tried, fact.at, fact.result, None, fact.rule)
    return _moved(tried, fact.at, transfers.State.DIALING, events.EventType.TRANSFER_DIALING, method=method.value)


def _bridged(transfer: transfers.Transfer, at: dt.datetime, code: int | None) -> Stepped:
    answered = _with_result(transfer, at, transfers.AttemptResult.ANSWERED, code)
    bridged = dataclasses.replace(answered, bridged_at=at)
    seconds = max(0.0, (at - transfer.created_at).total_seconds())
    return _moved(bridged, at, transfers.State.BRIDGED, events.EventType.TRANSFER_BRIDGED, seconds=seconds)


def _attempt_failed(
    transfer: transfers.Transfer,
    at: dt.datetime,
    result: transfers.AttemptResult,
    code: int | None,
    rule: str | None = None,
) -> Stepped:
    failed = dataclasses.replace(_with_result(transfer, at, result, code), accepted_at=None)
    told: dict[str, str | int | None] = {"result": result.value, "sip_status_code": code}
    if rule is not None:
        told["code"] = rule
    return _moved(failed, at, transfers.State.HOLDING, events.EventType.TRANSFER_ATTEMPT_FAILED, **told)


def _ended(transfer: transfers.Transfer, fact: Returned | Failed | Cancelled) -> Stepped:
    state, event = _ENDS[type(fact)]
    if transfer.is_attempting:
        result = transfers.AttemptResult.CANCELLED if isinstance(fact, Cancelled) else transfers.AttemptResult.UNKNOWN
        transfer = _with_result(transfer, fact.at, result, None)
    last = transfer.attempts[-1] if transfer.attempts else None
    told = {"result": last.result.value, "sip_status_code": last.sip_status_code} if last and last.result else {}
    return _moved(transfer, fact.at, state, event, **told)


def _lost(transfer: transfers.Transfer, fact: Lost) -> Stepped:
    if transfer.state is not transfers.State.BRIDGED:
        return Stepped(transfer=transfer, event=None)
    *before, last = transfer.attempts
    hung_up = dataclasses.replace(last, result=transfers.AttemptResult.HUNG_UP)
    parted = dataclasses.replace(transfer, attempts=(*before, hung_up), bridged_at=None, accepted_at=None)
    return _moved(
        parted,
        fact.at,
        transfers.State.RETURNED,
        events.EventType.TRANSFER_RETURNED,
        result=transfers.AttemptResult.HUNG_UP.value,
        sip_status_code=None,
    )


def _with_result(
    transfer: transfers.Transfer, at: dt.datetime, result: transfers.AttemptResult, code: int | None
) -> transfers.Transfer:
    *before, last = transfer.attempts
    seconds = max(0.0, (at - last.began_at).total_seconds()) if last.began_at is not None else None
    done = dataclasses.replace(last, result=result, sip_status_code=code, seconds=seconds)
    return dataclasses.replace(transfer, attempts=(*before, done))


def _moved(
    transfer: transfers.Transfer,
    at: dt.datetime,
    state: transfers.State,
    event: events.EventType,
    **told: str | float | None,
) -> Stepped:
    after = dataclasses.replace(transfer, state=state, updated_at=at, version=transfer.version + 1)
    data = {
        "transfer_id": transfer.id,
        "kind": transfer.kind.value,
        "requested_by": transfer.requested_by.value,
        "destination": transfer.attempt,
        **told,
    }
    return Stepped(transfer=after, event=event, data=data)
