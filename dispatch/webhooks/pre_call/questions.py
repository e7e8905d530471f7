"""What is asked: who calls whom, and what the agent would do if nobody objected."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import pydantic

from callcore import calls, contract
from dispatch.webhooks import bodies
from sip_config import configurations, schema
from sip_config.plans import occasions
from sip_config.sessions import answering

Remake = Callable[[answering.Answer], contract.Converse]
"""The plan as an answer wants it; raises `Unfit` and `ConfigurationInvalid`."""

_NAMES = ("provider", "model", "voice", "language")  # of a provider's settings; never servers and keys


class Provider(bodies.Body):
    """Recognition, model or voice, by the names in the configuration; null where it has none."""

    provider: str
    model: str | None = None
    voice: str | None = None
    language: str | None = None


class Pipeline(bodies.Body):
    """What the agent would use."""

    agent_id: str
    agent_version: str
    language: str
    stt: Provider
    llm: Provider
    tts: Provider
    tools: tuple[str, ...]


class Person(bodies.Body):
    """What is known of the person at the other end."""

    is_known: bool
    """Whether there were calls before, or somebody told us of them."""
    name: str | None
    status: str | None
    """What came of the last call, such as `contacted`."""
    do_not_call: bool
    calls: int
    """Earlier calls, in both directions."""
    last_call: str | None
    """When the newest of them was, in words."""
    history: tuple[str, ...]
    """The newest calls, a line each."""
    fields: dict[str, str]
    """As the API or an import gave them."""


class QuestionBody(bodies.Body):
    """The body of the pre-call webhook."""

    type: str = "call.pre_call"
    call_id: str
    session_id: str
    """The same as `call_id`."""
    organization_id: str
    direction: calls.Direction
    to: str
    """The number that was dialed."""
    from_: str | None = pydantic.Field(serialization_alias="from")
    """Who calls; null where the number is withheld."""
    dialed_number: str
    forwarded_from_number: str | None
    phone_number_id: str
    """Of our number, as in `/v1/phone-numbers`."""
    call_control_id: str | None
    """The Call-ID of the SIP dialog (RFC 3261 section 20.8); null before a call of ours is dialed."""
    pipeline_config: Pipeline
    metadata: dict[str, str]
    """The session's, as it would be."""
    variables: dict[str, str]
    """What came along with the call, or with the call of ours that is returned."""
    contact: Person


@dataclasses.dataclass(frozen=True, kw_only=True)
class Question:
    """A call, and whom to ask about it."""

    call_id: str
    target: schema.PreCall
    occasion: occasions.Occasion
    draft: contract.Converse
    """What is done with the call if nobody objects."""
    remake: Remake
    call_control_id: str | None = None

    @property
    def configuration(self) -> configurations.Configuration:
        return self.occasion.configuration

    def body(self) -> bytes:
        """What is signed and sent."""
        occasion, number = self.occasion, self.occasion.number.e164
        direction = calls.Direction.INBOUND if occasion.callee is None else calls.Direction.OUTBOUND
        asked = QuestionBody(
            call_id=self.call_id,
            session_id=self.call_id,
            organization_id=self.configuration.organization.id,
            direction=direction,
            to=occasion.dialed,
            from_=occasion.caller,
            dialed_number=occasion.dialed,
            forwarded_from_number=occasion.forwarded_from,
            phone_number_id=number,
            call_control_id=self.call_control_id,
            pipeline_config=_pipeline(self.draft.agent),
            metadata=self.draft.metadata,
            variables=dict(occasion.given),
            contact=_person(occasion),
        )
        return asked.text().encode()


def target_of(configuration: configurations.Configuration, draft: contract.Plan) -> schema.PreCall | None:
    """Whom to ask about a call; None where no agent would talk, or its file names nobody."""
    if not isinstance(draft, contract.Converse):
        return None
    agent = configuration.agents.get(draft.agent.agent_id)
    return agent.settings.webhooks.pre_call if agent is not None else None


def longest_s(configuration: configurations.Configuration) -> float:
    """The longest time that any agent's endpoint may take, in seconds."""
    targets = (agent.settings.webhooks.pre_call for agent in configuration.agents.values())
    return max((target.timeout.total_seconds() for target in targets if target is not None), default=0.0)


def _pipeline(agent: contract.AgentPlan) -> Pipeline:
    return Pipeline(
        agent_id=agent.agent_id,
        agent_version=agent.agent_version,
        language=agent.language,
        stt=_provider(agent.stt),
        llm=_provider(agent.llm),
        tts=_provider(agent.tts),
        tools=agent.tools,
    )


def _provider(spec: contract.ProviderSpec) -> Provider:
    settings = spec.model_dump()
    return Provider(**{name: settings[name] for name in _NAMES if isinstance(settings.get(name), str)})


def _person(occasion: occasions.Occasion) -> Person:
    contact = occasion.contact
    return Person(
        is_known=contact.is_known,
        name=contact.name or None,
        status=contact.status or None,
        do_not_call=contact.do_not_call,
        calls=contact.calls,
        last_call=contact.last_call or None,
        history=tuple(contact.history.splitlines()),
        fields=dict(occasion.fields),
    )
