"""A conversation made ready by a draft: used where the plan comes out like that, gone without a trace where not."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from livekit import rtc
from livekit.agents.voice import events as session_events

from callcore import contract, errors, transfer_wishes
from tests.unit.worker import bridges, conftest, reports, samples
from tests.unit.worker.test_plans import ANNOUNCE, PLAN, snapshot_path
from worker import dispatch_client
from worker.jobs import answering, conversation, drafts, plans
from worker.jobs import endings as job_endings
from worker.providers import registry

pytestmark = pytest.mark.unit

__all__ = ["snapshot_path"]


class Talk:
    """Stands in for a conversation."""

    def __init__(self, failure: Exception | None = None) -> None:
        self.has_failed = False
        self.done: list[str] = []
        self._failure = failure
        self.may_begin = asyncio.Event()
        self.may_begin.set()

    def keep_back(self) -> None:
        self.done.append("keep back")

    async def begin(self, identity: str) -> None:
        await self.may_begin.wait()
        if self._failure:
            raise self._failure
        self.done.append(f"begin {identity}")

    async def amend(self, plan: contract.AgentPlan) -> None:
        self.done.append(f"amend {plan.instructions}")

    def adopt(self) -> None:
        self.done.append("adopt")

    async def close(self) -> None:
        self.done.append("close")


def draft_of(talk: Talk) -> drafts.Draft:
    stand_in: Any = talk
    return drafts.Draft(samples.agent(), stand_in, "caller")


async def test_a_plan_as_it_was_drafted_gets_what_is_ready() -> None:
    talk = Talk()
    draft = draft_of(talk)
    taken: Any = await draft.take(samples.agent())
    assert taken is talk
    ready = ["keep back", "begin caller", f"amend {samples.agent().instructions}", "adopt"]
    assert talk.done == ready
    await draft.aclose()
    assert talk.done == [*ready, "close"]


async def test_another_prompt_and_other_tools_are_no_reason_to_begin_anew() -> None:
    talk = Talk()
    draft = draft_of(talk)
    changed = {"instructions": "Be brief.", "tools": (), "agent_version": "1+2", "max_duration_s": 60.0}
    taken: Any = await draft.take(samples.agent().model_copy(update=changed))
    assert taken is talk
    assert talk.done == ["keep back", "begin caller", "amend Be brief.", "adopt"]
    await draft.aclose()


async def test_fewer_destinations_are_no_reason_to_begin_anew() -> None:
    talk = Talk()
    draft = draft_of(talk)
    fewer = contract.TransferSettings(fallback=transfer_wishes.Fallback.HANG_UP)
    taken: Any = await draft.take(samples.agent().model_copy(update={"tools": (), "transfers": fewer}))
    assert taken is talk
    await draft.aclose()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("greeting", "Hi."),
        ("language", "de"),
        ("tts", contract.ProviderSpec(provider="offline", voice="awb")),
        ("pronunciations", {"Acme": "Ack me"}),
        ("flow", "other"),
    ],
)
async def test_anything_else_is(name: str, value: object) -> None:
    talk = Talk()
    draft = draft_of(talk)
    assert await draft.take(samples.agent().model_copy(update={name: value})) is None
    await draft.aclose()
    assert talk.done[-1] == "close"


async def test_an_amended_conversation_has_the_prompt_and_the_tools_of_the_plan(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told: Any = reports.Reports()
    room: Any = bridges.build(monkeypatch)
    nothing: Any = None
    providers = registry.Providers(stt=nothing, llm=nothing, tts=nothing, vad=nothing, turn_detection="vad")
    plan = samples.agent()
    talk = conversation.Conversation(room, plan, providers, job_endings.Ending(), told)
    async with talk._session as session:
        await session.start(talk._agent, record=False)
        await talk.amend(plan.model_copy(update={"instructions": "Be brief.", "tools": ("end_call",)}))
        said = [item for item in talk._agent.chat_ctx.items if item.type == "message"]
        assert (talk._agent.instructions, [tool.id for tool in talk._agent.tools]) == ("Be brief.", ["end_call"])
        assert [item.text_content for item in said] == ["Be brief."]
    await talk.gate.aclose()


async def test_another_plan_gets_nothing_and_waits_for_nothing() -> None:
    talk = Talk()
    talk.may_begin.clear()  # it never comes about
    draft = draft_of(talk)
    assert await draft.take(samples.agent().model_copy(update={"greeting": "Hi."})) is None
    await draft.aclose()
    assert talk.done == ["keep back", "close"]


@pytest.mark.parametrize("failure", [errors.ProviderUnavailable(), None], ids=["at the start", "later"])
async def test_what_failed_is_not_used(failure: Exception | None) -> None:
    talk = Talk(failure)
    talk.has_failed = failure is None
    draft = draft_of(talk)
    assert await draft.take(samples.agent()) is None
    await draft.aclose()
    assert talk.done[-1] == "close"


async def test_a_draft_that_nobody_asks_for_is_closed() -> None:
    talk = Talk()
    draft = draft_of(talk)
    await draft.aclose()
    assert talk.done[-1] == "close"


async def test_what_is_kept_back_ends_no_call_and_reports_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    told, ending = reports.Reports(), job_endings.Ending()
    room: Any = bridges.build(monkeypatch)
    stand_in: Any = told
    nothing: Any = None
    providers = registry.Providers(stt=nothing, llm=nothing, tts=nothing, vad=nothing, turn_detection="vad")
    talk = conversation.Conversation(room, samples.agent(), providers, ending, stand_in)
    talk.keep_back()
    closed = session_events.CloseEvent(reason=session_events.CloseReason.ERROR)
    talk._on_close(closed)
    assert (talk.has_failed, is_decided(ending)) == (True, False)
    talk.adopt()
    talk._on_close(closed)
    assert is_decided(ending)
    assert told.records == []
    await talk.gate.aclose()


async def test_a_gate_that_is_shut_publishes_nothing_until_it_opens(monkeypatch: pytest.MonkeyPatch) -> None:
    bridge = bridges.build(monkeypatch)
    room: Any = bridge
    gate = answering.AnswerGate(room)
    gate.shut()
    saying = asyncio.create_task(gate.capture_frame(samples_frame()))
    async with asyncio.timeout(30):
        await gate.first_frame()
        assert bridge.published == []
        bridge.subscribed.set()
        await gate.open()
        await saying
    assert bridge.published == ["agent"]
    await gate.aclose()


async def test_what_is_cut_short_behind_a_shut_gate_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    room: Any = bridges.build(monkeypatch)
    gate = answering.AnswerGate(room)
    gate.shut()
    saying = asyncio.create_task(gate.capture_frame(samples_frame()))
    async with asyncio.timeout(30):
        await gate.first_frame()
        saying.cancel()
        await asyncio.gather(saying, return_exceptions=True)
        gate.flush()
        gate.clear_buffer()
        assert (await gate.wait_for_playout()).interrupted
    await gate.aclose()


async def test_the_draft_is_handed_on_before_the_plan_is_there(
    internal: conftest.InternalApi, dispatch: dispatch_client.DispatchClient, snapshot_path: Any
) -> None:
    draft = contract.Converse(agent=samples.agent())
    accepted = contract.CallAccepted(call_id=samples.CALL, plan_within_s=3.0, plan=None, draft=draft)
    internal.answers.update({ANNOUNCE: conftest.says(accepted), PLAN: conftest.says(samples.BY_DISPATCH)})
    seen: list[contract.Plan] = []
    assert await plans.obtain(samples.intake(), dispatch, snapshot_path, seen.append) == samples.BY_DISPATCH
    assert seen == [draft]


def is_decided(ending: job_endings.Ending) -> bool:
    return ending.is_decided


def samples_frame() -> rtc.AudioFrame:
    return rtc.AudioFrame(b"\0" * 960, 24_000, 1, 480)
