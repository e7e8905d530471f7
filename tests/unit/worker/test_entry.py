"""Which way a plan is carried out, and that a forward which does not come about is not the end."""

from __future__ import annotations

from typing import Any

import pytest

from callcore import contract, endings
from tests.unit.worker import reports, samples
from worker.jobs import entry, phone_calls, plans

pytestmark = pytest.mark.unit

OFFLINE = contract.ProviderSpec(provider="offline")
VOICE = contract.Voice(tts=OFFLINE, language="en")
MESSAGE = contract.Announce(text="We are closed.", voice=VOICE)
VOICEMAIL = contract.TakeMessage(greeting="Leave a message.", voice=VOICE, stt=OFFLINE)
FORWARD = contract.Forward(to="+12015550190", otherwise=VOICEMAIL)
REFUSAL = contract.Refuse(reason=endings.Reason.REJECTED, sip_status_code=603, text="Decline")
CONVERSATION = contract.Converse(agent=samples.agent())

NO_DISPATCH: Any = None


class Call:
    """Remembers what was done with it."""

    def __init__(self, *, connects: bool) -> None:
        self.done: list[str] = []
        self._connects = connects

    def refuse(self, _: contract.Refuse) -> None:
        self.done.append("refuse")

    async def converse(self, agent: contract.AgentPlan, call_id: str, _: object) -> None:
        self.done.append(f"converse {agent.agent_id} {call_id}")

    async def announce(self, _: contract.Announce) -> None:
        self.done.append("message")

    async def take_message(self, _: contract.TakeMessage) -> None:
        self.done.append("voicemail")

    async def forward(self, plan: contract.Forward, call_id: str, _: object) -> bool:
        self.done.append(f"forward {call_id}")
        return self._connects


@pytest.mark.parametrize(
    ("plan", "connects", "done"),
    [
        (REFUSAL, False, ["refuse"]),
        (CONVERSATION, False, ["converse front-desk c"]),
        (MESSAGE, False, ["message"]),
        (VOICEMAIL, False, ["voicemail"]),
        (FORWARD, True, ["forward c"]),
        (FORWARD, False, ["forward c", "voicemail"]),
        (FORWARD.model_copy(update={"otherwise": MESSAGE}), False, ["forward c", "message"]),
    ],
    ids=["refuse", "converse", "message", "voicemail", "forward", "else voicemail", "else message"],
)
async def test_a_plan_is_followed(plan: contract.Plan, connects: bool, done: list[str]) -> None:
    call: Any = Call(connects=connects)
    await entry._follow(call, contract.CallPlan(call_id="c", decided_by="dispatch", plan=plan), NO_DISPATCH)
    assert call.done == done


class Context:
    """A job's context as far as the plan is concerned."""

    log_context_fields: dict[str, object]
    room = None


@pytest.mark.parametrize(
    ("decided_by", "action"), [("dispatch", "forward"), ("snapshot", "voicemail")], ids=["dispatch", "snapshot"]
)
async def test_without_dispatch_nobody_dials(monkeypatch: pytest.MonkeyPatch, decided_by: str, action: str) -> None:
    async def obtain(*_: object) -> contract.CallPlan:
        return contract.CallPlan.model_validate({"call_id": "c", "decided_by": decided_by, "plan": FORWARD})

    monkeypatch.setattr(plans, "obtain", obtain)
    told = reports.Reports()
    call = phone_calls.PhoneCall(a(Context()), a(Kit()), a(Line()), a(told))
    decided = await call.ask_for_plan(NO_DISPATCH)
    (record,) = told.records
    assert isinstance(record, contract.RoutedRecord)
    assert (decided.plan.action, record.action) == (action, action)


class Kit:
    clock = samples.a_clock()

    class settings:  # noqa: N801
        snapshot_path = None


class Line:
    intake = samples.intake()


def a(stand_in: object) -> Any:
    return stand_in
