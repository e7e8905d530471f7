"""The report of a call: in webhooks and at `/v1/calls/{id}/report`."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import pydantic

from callcore import calls, contract, endings, outcomes, transfer_wishes, transfers, turns
from dispatch.webhooks import bodies

Seconds = Annotated[float, pydantic.AfterValidator(lambda value: round(value, 3))]


class ReportTurn(bodies.Body):
    """Something that was said."""

    role: turns.Role
    message: str
    """What was said; of an interrupted turn of the agent, the part that was spoken."""
    timestamp: bodies.Time
    """When it began."""
    source: Literal["voice_ai"] = "voice_ai"
    interrupted: bool
    """Whether the other side cut it off."""


class ReportTermination(bodies.Body):
    """How the call ended."""

    result: endings.Result
    reason: endings.Reason
    """Why, in one word."""
    sip_status_code: int | None
    """The final SIP answer, where one decided the end."""
    sip_status: str | None
    """The words of that answer."""
    ended_by: endings.EndedBy


class Durations(bodies.Body):
    """How long it took."""

    ringing_seconds: Seconds | None
    """From the first ringing to the answer, or to the end of a call that nobody answered; null where no phone rang."""
    talk_seconds: Seconds | None
    """From the answer to the end; null for a call that was not answered."""
    total_seconds: Seconds | None
    """From the dialing or the first ringing to the end; null for a call that was never dialed."""


class Usage(bodies.Body):
    """What was used of one provider's model."""

    part: contract.Part
    provider: str
    """As the agent's file names it."""
    model: str
    """Of the provider, or the flow; empty where there is none to choose."""
    requests: int
    """None are counted of recognition that streams."""
    audio_seconds: Seconds
    """Sound that was recognised, or spoken."""
    characters: int
    """Of the text that was spoken."""
    input_tokens: int
    cached_input_tokens: int
    """Of the input tokens: those that the provider had in its cache."""
    output_tokens: int


class ReportAttempt(bodies.Body):
    """One destination of a transfer."""

    to: str
    """An E.164 number or a SIP URI."""
    label: str | None
    method: transfers.Method = transfers.Method.DIAL
    """How it was reached: we dialed it, or the caller's carrier was asked to (REFER)."""
    result: transfers.AttemptResult | None
    """How it ended; null where that is not known yet."""
    sip_status_code: int | None
    """The final SIP answer, where there was one."""
    seconds: Seconds | None
    """How long it took, to the answer or the refusal."""


class ReportTransfer(bodies.Body):
    """A transfer of the call, with every destination that was tried."""

    id: str
    kind: transfers.Kind
    state: transfers.State
    requested_by: transfer_wishes.Requester = transfer_wishes.Requester.WORK_MODE
    attempts: tuple[ReportAttempt, ...]
    fallback: transfer_wishes.Fallback | None = None
    """What was to become of the caller where nobody took the call; null for a forward, which goes on as its number
    says.
    """
    created_at: bodies.Time
    bridged_at: bodies.Time | None = None
    """Since when caller and destination heard each other, or the carrier had the caller."""


class ReportVoicemail(bodies.Body):
    """A message that the caller left."""

    url: str
    """Path of the sound."""
    duration_seconds: Seconds
    recorded_at: bodies.Time


class Artifacts(bodies.Body):
    """What there is to fetch."""

    transcript_url: str
    """Path of the whole transcript."""
    recording_url: str | None
    """Path of the sound of the whole call."""
    voicemail: ReportVoicemail | None


class Report(bodies.Body):
    """All that is certain of a call when it is over."""

    type: Literal["call.report"] = "call.report"
    report_id: str
    """The same whenever it is made anew."""
    timestamp: bodies.Time
    """When it was made."""
    call_id: str
    session_id: str
    """The same as `call_id`."""
    direction: calls.Direction
    action: calls.Action | None
    """What was done with the call; null where it ended before that was decided."""
    agent_id: str | None
    agent_version: str | None
    """The version of the configuration that the call began with."""
    contact_id: str | None
    """Whom we talked to; null where the number is not known."""
    contact_status: str | None
    """What the outcome makes of that person, as a CRM would say it."""
    from_: str | None
    """The calling number, E.164."""
    to: str | None
    """Who was called: a number as E.164, or the `sip:` URI of a call that we placed."""
    dialed_number: str | None
    """The number called, E.164."""
    forwarded_from_number: str | None
    """Whose phone sent the call on to us."""
    ring_back: bool
    """Whether the caller returned a call of ours."""
    created_at: bodies.Time
    scheduled_at: bodies.Time | None
    """When the call was to be placed, where that was not at once."""
    answered_at: bodies.Time | None
    ended_at: bodies.Time
    durations: Durations
    termination: ReportTermination
    end_is_inferred: bool
    """Whether nobody who was in the call has told how it ended; what is told later is in a report that is made anew."""
    outcome: outcomes.Outcome
    """What came of it."""
    transcript: tuple[ReportTurn, ...]
    """Oldest turn first; of a very long one the end, see `transcript_omitted`."""
    transcript_omitted: int
    """How many of the first turns are left out: the body has room for the last 1,000, of 200 kB in all."""
    summary: str | None
    """Not made by this version: null."""
    structured_data: dict[str, Any] | None
    """Not made by this version: null."""
    cost: dict[str, Any] | None
    """Not made by this version: null."""
    scheduled_callback: dict[str, Any] | None
    """Not made by this version: null."""
    usage: tuple[Usage, ...]
    """By provider and model."""
    transfers: tuple[ReportTransfer, ...]
    artifacts: Artifacts
    metadata: dict[str, str]
    """The number's template, filled in; or as given with the call."""
