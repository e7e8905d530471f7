"""What worker and dispatch say to each other over HTTP, as pydantic models. Not public; both sides are of one version.

    job     ──POST /internal/calls──────────▶ dispatch     CallIntake → CallAccepted (within 1 s)
    job     ──GET /internal/calls/{id}/plan─▶ dispatch     CallPlan, held back until it is decided (long poll)
    job     ──POST /internal/calls/{id}/forward──────────▶ TransferProgress; dispatch dials from now on
    job     ──POST /internal/calls/{id}/transfers────────▶ TransferProgress; the agent wants this transfer
    job     ──GET /internal/calls/{id}/transfers/{id}────▶ TransferProgress, held back until it moves (long poll)
    job     ──POST /internal/calls/{id}/transfers/{id}/facts─▶ TransferProgress; what the job saw or did for it
    dispatch ─RPC trunkline.transfer────────▶ job          TransferNotice: take part in this transfer
    job     ──POST /internal/calls/{id}/ready────────────▶ Ready; dispatch dials the callee of its call from now on
    worker  ──POST /internal/spool──────────▶ dispatch     SpoolBatch → SpoolReceipt
    worker  ──POST /internal/workers────────▶ dispatch     WorkerReport, every 2 s
    worker  ──PUT /internal/audio/{kind}────▶ dispatch     what was recorded, as a WAV file; `AudioLabel` as query
    worker  ──GET /internal/snapshot────────▶ dispatch     `sip_config.snapshots.Snapshot`, with an ETag

Every request carries `Authorization: Bearer <internal secret>`. A job reports through its worker's spool, never
straight to dispatch, so that nothing is lost while dispatch is out; only the intake goes straight, because the caller
waits for it.
"""

from __future__ import annotations

import datetime as dt
import enum
from typing import Annotated, Literal

import pydantic

from callcore import calls, endings, events, transfer_wishes, transfers, turns

_MIN_SECRET = 16  # characters; shorter ones can be guessed


def _long_enough(value: pydantic.SecretStr) -> pydantic.SecretStr:
    if len(value.get_secret_value()) < _MIN_SECRET:
        raise ValueError(f"needs at least {_MIN_SECRET} characters")
    return value


InternalSecret = Annotated[pydantic.SecretStr, pydantic.AfterValidator(_long_enough)]
"""The secret that dispatch and its workers share, as each reads it from its environment."""

REPORT_EVERY_S = 2.0
"""How often a worker says that it is alive."""

AGENT_NAME = "trunkline"
"""The LiveKit agent name under which our workers register and our dispatch rules ask for them."""

ROOM_PREFIX = "call"
"""Rooms of our calls are named `call_<dialed>_<random>`: LiveKit puts the underscores."""

REFUSED_ROOM_PREFIX = "refused"
"""Rooms of what came through the catch-all rule."""

CATCH_ALL_ATTRIBUTE = "trunkline.catch_all"
"""Participant attribute set by the agentless rule that takes what no other rule takes."""

DIVERSION_ATTRIBUTE = "trunkline.diversion"
HISTORY_ATTRIBUTE = "trunkline.history_info"
FORWARDED_ATTRIBUTE = "trunkline.forwarded_from"
"""Participant attributes with the SIP headers Diversion (RFC 5806), History-Info (RFC 7044) and a carrier's own one."""

RINGING_S = 40.0
"""How long a phone that we dial rings where nobody says: about eight times; many voicemails answer before."""

MAX_RINGING_S = transfer_wishes.MAX_RINGING_S

MAX_TEXT = 20_000
"""Characters of one turn; longer ones are cut by the worker."""

Moment = Annotated[
    pydantic.AwareDatetime,
    pydantic.Field(ge=dt.datetime(2000, 1, 1, tzinfo=dt.UTC), lt=dt.datetime(9000, 1, 1, tzinfo=dt.UTC)),
]
"""A time with its zone, far enough from the ends of the calendar to be turned into any other zone."""


class Message(pydantic.BaseModel):
    """Base of everything that crosses between the two: immutable, unknown fields refused, errors repeat no input."""

    model_config = pydantic.ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class JobAssignment(Message):
    """Metadata of the job of a call that we place: dispatch has made the room, and dials when the job is ready."""

    direction: Literal["outbound"] = "outbound"
    caller: str | None = pydantic.Field(max_length=512)
    """The number of ours that is shown, E.164."""
    dialed: str = pydantic.Field(max_length=512)
    """The callee: E.164 or a `sip:` URI."""
    identity: str = pydantic.Field(max_length=128)
    """Of the callee's leg, once it is in the room."""
    generation: int = pydantic.Field(ge=1)
    """As in `CallIntake`."""


class CallIntake(Message):
    """A call as its job first sees it. Numbers are raw, as the trunk sent them."""

    room_name: str = pydantic.Field(min_length=1, max_length=256)
    direction: calls.Direction
    caller: str | None = pydantic.Field(max_length=512)
    dialed: str | None = pydantic.Field(max_length=512)
    trunk_id: str | None = pydantic.Field(max_length=128)
    """LiveKit's id of the trunk that took the call; None when no trunk did."""
    rule_id: str | None = pydantic.Field(max_length=128)
    """LiveKit's id of the dispatch rule that made the room."""
    forwarded_from: str | None = pydantic.Field(default=None, max_length=512)
    """Whose phone sent the call on to us, by Diversion, History-Info or a carrier's own header: a number or URI."""
    hops: int = pydantic.Field(default=0, ge=0, le=99)
    """How often the call was sent on before, as its Diversion header counts."""
    sip_call_id: str | None = pydantic.Field(max_length=512)
    """Call-ID of the SIP dialog (RFC 3261 section 20.8), to find the call in a carrier's logs."""
    job_id: str = pydantic.Field(max_length=128)
    worker_id: str = pydantic.Field(max_length=128)
    generation: int = pydantic.Field(default=1, ge=1)
    """Rises with each job that takes over this call; the higher one fences the lower."""
    arrived_at: Moment


class ProviderSpec(pydantic.BaseModel):
    """Settings of one recognition, model or voice; the provider says which further fields there are."""

    model_config = pydantic.ConfigDict(frozen=True, extra="allow")

    provider: str


class TurnSettings(Message):
    """How turns are taken."""

    detector: Literal["local", "vad", "stt"] = "local"
    """What decides that the caller has finished: the bundled turn model, silence alone, or the recogniser."""
    min_delay_s: float = pydantic.Field(default=0.4, ge=0, le=5)
    """Silence after which a turn that sounds finished is over."""
    max_delay_s: float = pydantic.Field(default=2.5, ge=0, le=20)
    """Silence after which any turn is over."""
    interruptions: bool = True
    """Whether the caller may cut in."""
    interruption_min_s: float = pydantic.Field(default=0.4, ge=0, le=5)
    """Speech of the caller that counts as cutting in; shorter sounds do not stop the agent."""


class TransferOption(Message):
    """Somebody to whom the agent may transfer a caller."""

    name: str = pydantic.Field(max_length=64)
    """By which the model chooses it."""
    label: str = pydantic.Field(max_length=200)
    """What the agent calls it."""
    kind: Literal[transfers.Kind.WARM, transfers.Kind.BLIND]
    wish: transfer_wishes.Wish
    """As the agent's file has it; without a summary."""


class TransferTexts(Message):
    """What is said around a transfer. `{destination}` stands for the destination's label."""

    connecting: str = "One moment, please. I will connect you with {destination}."
    """To the caller, before they are on hold."""
    unavailable: str = "I am sorry, {destination} cannot take your call right now. How else can I help you?"
    """To the caller, who is back with the agent."""
    take_message: str = "I am sorry, {destination} cannot take your call now. Please leave a message after the beep."
    """To the caller, before a message is recorded."""
    goodbye: str = "I am sorry, {destination} cannot take your call right now. Please call again later. Goodbye."
    """To the caller, before the agent hangs up."""
    briefing: str = (
        "Hello, this is {agent}. I have a caller on the line for {destination}. {summary} "
        "Can you take the call? Please say yes, or press 1. To decline, say no, or press 2."
    )
    """To the destination, where no language model words it."""


class TransferSettings(Message):
    """What an agent may do about transfers, and how it goes about them."""

    options: tuple[TransferOption, ...] = ()
    """What its tool `transfer_call` offers."""
    fallback: transfer_wishes.Fallback = transfer_wishes.Fallback.RETURN_TO_AGENT
    """Where a transfer says nothing else."""
    texts: TransferTexts = TransferTexts()
    keys: bool = True
    """Whether a destination may answer by key: 1 accepts, 2 declines. The caller on hold hears that key."""


class AgentPlan(Message):
    """Everything a job needs to hold the conversation; texts are rendered, secrets are `${NAME}` references."""

    agent_id: str
    agent_version: str
    name: str
    instructions: str
    greeting: str
    language: str
    stt: ProviderSpec
    llm: ProviderSpec
    tts: ProviderSpec
    vad: ProviderSpec = ProviderSpec(provider="local")
    turns: TurnSettings = TurnSettings()
    tools: tuple[str, ...] = ("end_call", "do_not_call")
    transfers: TransferSettings = TransferSettings()
    pronunciations: dict[str, str] = {}
    """By word as it is written: how it is said."""
    max_duration_s: float = pydantic.Field(default=1800.0, gt=0)
    flow: str | None = None
    """Text of the scripted flow, where the model is the offline one."""


class Voice(Message):
    """With what a fixed text is spoken."""

    tts: ProviderSpec
    language: str
    pronunciations: dict[str, str] = {}
    """By word as it is written: how it is said."""


class Converse(Message):
    """Answer, and let this agent talk."""

    action: Literal["converse"] = "converse"
    agent: AgentPlan
    ring_back: bool = False
    """The caller returns a call of ours, so the agent that placed it takes this one."""
    metadata: dict[str, str] = {}
    """The session's metadata: the number's template, filled in, under what the agent's own file says."""


class Announce(Message):
    """Answer, say this, and hang up."""

    action: Literal["message"] = "message"
    text: str = pydantic.Field(min_length=1, max_length=MAX_TEXT)
    voice: Voice
    metadata: dict[str, str] = {}


class TakeMessage(Message):
    """Answer, say the greeting, beep, and record what the caller says."""

    action: Literal["voicemail"] = "voicemail"
    greeting: str = pydantic.Field(min_length=1, max_length=MAX_TEXT)
    voice: Voice
    stt: ProviderSpec
    """Writes down what was said."""
    max_duration_s: float = pydantic.Field(default=120.0, gt=0)
    """Of the message."""
    metadata: dict[str, str] = {}


class Forward(Message):
    """Connect the caller with another phone, which dispatch dials."""

    action: Literal["forward"] = "forward"
    to: str = pydantic.Field(max_length=512)
    """E.164, or a `sip:` URI."""
    ringing_timeout_s: float = pydantic.Field(default=RINGING_S, gt=0, le=MAX_RINGING_S)
    otherwise: Annotated[Announce | TakeMessage, pydantic.Field(discriminator="action")]
    """What the caller gets when nobody answers there, or dispatch is out."""
    metadata: dict[str, str] = {}


class Refuse(Message):
    """Do not answer. The caller gets `486`, fixed by livekit-sip; code and text go into a Reason header (RFC 3326)."""

    action: Literal["refuse"] = "refuse"
    reason: endings.Reason
    sip_status_code: int = pydantic.Field(ge=400, le=699)
    text: str = pydantic.Field(max_length=120)


Plan = Annotated[Converse | Announce | TakeMessage | Forward | Refuse, pydantic.Field(discriminator="action")]


class CallPlan(Message):
    """What is to be done with a call."""

    call_id: str
    decided_by: Literal["dispatch", "snapshot"]
    plan: Plan


class CallAccepted(Message):
    """Dispatch has the call in its ledger and will decide in time; the plan is here if it is decided already."""

    call_id: str
    plan_within_s: float = pydantic.Field(ge=0, le=10)
    """How long the plan may take from now on."""
    plan: CallPlan | None
    draft: Plan | None = None
    """While `plan` is not decided: what it will be unless the pre-call webhook wants it otherwise. A job may open its
    providers and make its first sentence by it, and must not answer the caller by it."""


class ArrivedRecord(Message):
    """The call exists. Always a call's first line, so that dispatch can adopt a call it never heard of."""

    kind: Literal["arrived"] = "arrived"
    intake: CallIntake


class RoutedRecord(Message):
    """The plan that the job follows."""

    kind: Literal["routed"] = "routed"
    action: Literal["converse", "message", "voicemail", "forward"] = "converse"
    agent_id: str | None
    """None where no agent takes the call."""
    agent_version: str | None
    decided_by: Literal["dispatch", "snapshot"]
    ring_back: bool = False
    metadata: dict[str, str] = {}


class RingingRecord(Message):
    """The callee's phone rings; of calls that we place."""

    kind: Literal["ringing"] = "ringing"


class DoNotCallRecord(Message):
    """The person asked not to be called again."""

    kind: Literal["do_not_call"] = "do_not_call"


class AnsweredRecord(Message):
    """200 OK was sent."""

    kind: Literal["answered"] = "answered"
    ringing_ms: int = pydantic.Field(ge=0)


class TurnRecord(Message):
    """Something was said."""

    kind: Literal["turn"] = "turn"
    role: turns.Role
    message: str = pydantic.Field(max_length=MAX_TEXT)
    interrupted: bool = False
    transcription_delay_s: float | None = None
    end_of_turn_delay_s: float | None = None
    llm_first_token_s: float | None = None
    tts_first_audio_s: float | None = None
    reply_delay_s: float | None = None


class NotedRecord(Message):
    """An event that moves nothing."""

    kind: Literal["noted"] = "noted"
    type: events.EventType
    data: dict[str, str | int | float | bool | None] = {}


class Part(enum.StrEnum):
    """What a provider was used for."""

    STT = "stt"
    """Recognition."""
    LLM = "llm"
    """The model."""
    TTS = "tts"
    """The voice."""


class ProviderUsage(Message):
    """How much of one provider's model a job has used in all."""

    part: Part
    provider: str = pydantic.Field(max_length=64)
    """As the agent's file names it."""
    model: str = pydantic.Field(max_length=200)
    """As the agent's file names it, or the flow; empty where the provider has no models to choose from."""
    requests: int = pydantic.Field(default=0, ge=0)
    """None are counted of recognition that streams."""
    audio_s: float = pydantic.Field(default=0.0, ge=0)
    """Seconds of sound: heard by recognition, spoken by the voice."""
    characters: int = pydantic.Field(default=0, ge=0)
    """Spoken by the voice."""
    input_tokens: int = pydantic.Field(default=0, ge=0)
    cached_input_tokens: int = pydantic.Field(default=0, ge=0)
    """Of `input_tokens`: those that the provider had in its cache."""
    output_tokens: int = pydantic.Field(default=0, ge=0)


class UsageRecord(Message):
    """What a job has used of its providers, in all; comes before the end."""

    kind: Literal["usage"] = "usage"
    usage: tuple[ProviderUsage, ...] = pydantic.Field(max_length=50)


class EndedRecord(Message):
    """The call is over."""

    kind: Literal["ended"] = "ended"
    reason: endings.Reason
    ended_by: endings.EndedBy
    sip_status_code: int | None = None
    sip_status: str | None = None
    duration_s: float | None = pydantic.Field(default=None, ge=0)


Record = Annotated[
    ArrivedRecord
    | RoutedRecord
    | RingingRecord
    | AnsweredRecord
    | TurnRecord
    | DoNotCallRecord
    | NotedRecord
    | UsageRecord
    | EndedRecord,
    pydantic.Field(discriminator="kind"),
]


class SpoolLine(Message):
    """One line of a spool. `line` is gapless from 1 within the spool; the order of a call is that of its lines."""

    line: int = pydantic.Field(ge=1)
    room_name: str
    job_id: str = pydantic.Field(max_length=128)
    """The job that reports; lines of another job than the one that holds the call change nothing."""
    generation: int = pydantic.Field(ge=1)
    at: Moment
    record: Record


class SpoolBatch(Message):
    """Lines in ascending order. Sending one twice is harmless: dispatch remembers the last line of each spool."""

    spool_id: str = pydantic.Field(max_length=64)
    lines: tuple[SpoolLine, ...] = pydantic.Field(max_length=500)


class SpoolReceipt(Message):
    """Every line up to `acknowledged` is in the ledger, or is a late or illegal one that dispatch has logged."""

    acknowledged: int


class WorkerReport(Message):
    """A worker's main process says that it is alive, and with which calls."""

    worker_id: str = pydantic.Field(max_length=128)
    version: str
    calls: int = pydantic.Field(ge=0)
    max_calls: int = pydantic.Field(ge=1)
    accepting: bool
    """False while it drains, or has lost LiveKit."""
    rooms: tuple[str, ...] = pydantic.Field(max_length=2000)
    """Rooms that its jobs are in."""


class AudioKind(enum.StrEnum):
    """What a recording holds."""

    VOICEMAIL = "voicemail"
    """A message that the caller left."""


class AudioLabel(Message):
    """What goes with a recording on its way to dispatch; the room name is the key of an inbound call."""

    room_name: str = pydantic.Field(min_length=1, max_length=256)
    duration_s: float = pydantic.Field(ge=0)
    recorded_at: Moment


class ForwardRequest(Message):
    """A job asks dispatch to carry out the forward of its call's plan; asking twice gets the same transfer."""

    job_id: str = pydantic.Field(max_length=128)
    generation: int = pydantic.Field(ge=1)


class Ready(Message):
    """The job of a call that we place can talk: the callee may be dialed. Saying it twice is harmless."""

    job_id: str = pydantic.Field(max_length=128)
    generation: int = pydantic.Field(ge=1)


class TransferNotice(Message):
    """Dispatch asks the job of a call to take part in a transfer; saying it twice is harmless."""

    call_id: str
    transfer_id: str


class TransferRequest(Message):
    """The agent wants its call transferred. The same `request_id` gets the same transfer."""

    job_id: str = pydantic.Field(max_length=128)
    generation: int = pydantic.Field(ge=1)
    request_id: str = pydantic.Field(min_length=1, max_length=128)
    destination: str = pydantic.Field(max_length=64)
    """Name of an option of the agent's plan."""
    summary: str | None = pydantic.Field(default=None, max_length=transfer_wishes.MAX_SUMMARY)
    """What the destination is to be told of the call."""
    is_held: bool
    """The caller was told, and is on hold where it is a warm one: a phone may be dialed at once."""


class Seen(enum.StrEnum):
    """What a job saw or did in a transfer."""

    HELD = "held"
    """The caller was told, and is on hold where it is a warm one."""
    PICKED_UP = "picked_up"
    """The dialed leg is answered."""
    ACCEPTED = "accepted"
    """The destination takes the call. Once the answer says `is_accepted`, the job lets the two hear each other."""
    MERGED = "merged"
    """They hear each other."""
    DECLINED = "declined"
    """The destination does not take the call."""
    VOICEMAIL = "voicemail"
    """A machine answered."""
    UNRESPONSIVE = "unresponsive"
    """Nobody said in time whether they take the call."""
    LEFT = "left"
    """The dialed leg left before they heard each other."""
    LOST = "lost"
    """The dialed leg left in the moment in which they heard each other; the caller is with the agent again."""
    RETURNED = "returned"
    """The job could not go on, or waited in vain for dispatch: the caller is with the agent, and no destination is to
    be tried any more."""


class TransferFact(Message):
    """What a job saw or did. Saying it twice, or too late, changes nothing; the answer says how things stand."""

    job_id: str = pydantic.Field(max_length=128)
    generation: int = pydantic.Field(ge=1)
    attempt: int = pydantic.Field(ge=0)
    """Which attempt it is about, counted from 1; 0 for `held`."""
    seen: Seen
    at: Moment


class TransferProgress(Message):
    """How far a transfer has come: everything that a job needs to do its part, whenever it begins to look."""

    transfer_id: str
    kind: transfers.Kind
    state: transfers.State
    version: int = pydantic.Field(ge=1)
    """Rises with every change."""
    identity: str | None = None
    """Of the leg that is dialed, in the call's room; None before there is one, and by REFER."""
    attempt: int = pydantic.Field(default=0, ge=0)
    """Which attempt is the latest, counted from 1."""
    is_attempting: bool = False
    """That attempt is under way."""
    method: transfers.Method | None = None
    """Of that attempt."""
    label: str | None = None
    """Of the latest destination; of the first one before any is tried."""
    result: transfers.AttemptResult | None = None
    """How the latest attempt ended."""
    requested_by: transfer_wishes.Requester = transfer_wishes.Requester.WORK_MODE
    is_accepted: bool = False
    """The destination, or an operator for it, takes the call: let them hear each other, and say `merged`."""
    screening: str | None = None
    summary: str | None = None
    fallback: transfer_wishes.Fallback = transfer_wishes.Fallback.RETURN_TO_AGENT
    voicemail_detection: transfer_wishes.VoicemailDetection = transfer_wishes.VoicemailDetection()
