"""A call always gets a plan, and in time: from dispatch, or from the snapshot where dispatch is out."""

from __future__ import annotations

import asyncio
import json
import pathlib

import pytest
from aiohttp import test_utils, web

from callcore import contract, endings
from sip_config import schema
from tests.unit.worker import conftest, samples
from worker import dispatch_client
from worker.jobs import plans

pytestmark = pytest.mark.unit

ANNOUNCE = ("POST", "/internal/calls")
PLAN = ("GET", f"/internal/calls/{samples.CALL}/plan")


def is_by_snapshot(decided: contract.CallPlan) -> bool:
    return (decided.call_id, decided.decided_by) == ("", "snapshot") and is_front_desk(decided.plan)


def is_front_desk(plan: contract.Plan) -> bool:
    return isinstance(plan, contract.Converse) and plan.agent.agent_id == "front-desk"


def accepted(plan: contract.CallPlan | None = None, *, within_s: float = 3.0) -> contract.CallAccepted:
    return contract.CallAccepted(call_id=samples.CALL, plan_within_s=within_s, plan=plan)


@pytest.fixture
def snapshot_path(tmp_path: pathlib.Path) -> pathlib.Path:
    path = tmp_path / "snapshot.json"
    path.write_text(samples.snapshot().model_dump_json())
    return path


@pytest.fixture
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plans, "_ACKNOWLEDGE_S", 0.05)
    monkeypatch.setattr(plans, "_GRACE_S", 0.05)


async def obtain(dispatch: dispatch_client.DispatchClient, path: pathlib.Path) -> contract.CallPlan:
    return await plans.obtain(samples.intake(), dispatch, path)


async def test_an_acceptance_with_the_plan_is_enough(
    internal: conftest.InternalApi, dispatch: dispatch_client.DispatchClient, tmp_path: pathlib.Path
) -> None:
    internal.answers[ANNOUNCE] = conftest.says(accepted(samples.BY_DISPATCH))
    assert await obtain(dispatch, tmp_path / "none") == samples.BY_DISPATCH
    assert internal.asked == [ANNOUNCE]


async def test_a_plan_that_is_not_decided_yet_is_waited_for(
    internal: conftest.InternalApi, dispatch: dispatch_client.DispatchClient, tmp_path: pathlib.Path
) -> None:
    asked, decided = asyncio.Event(), asyncio.Event()

    async def hold_back(_: web.Request) -> web.Response:
        asked.set()
        await decided.wait()
        return conftest.says(samples.BY_DISPATCH)

    internal.answers.update({ANNOUNCE: conftest.says(accepted()), PLAN: hold_back})
    obtaining = asyncio.create_task(obtain(dispatch, tmp_path / "none"))
    async with asyncio.timeout(30):
        await asked.wait()
        assert not obtaining.done()
        decided.set()
        assert await obtaining == samples.BY_DISPATCH


class Watched:
    """A dispatch client that notes how long it was given."""

    def __init__(self, within_s: float) -> None:
        self._within_s = within_s
        self.limits: list[float] = []

    async def announce(self, _: contract.CallIntake, limit: float) -> contract.CallAccepted:
        self.limits.append(limit)
        return accepted(within_s=self._within_s)

    async def wait_for_plan(self, _: str, limit: float) -> contract.CallPlan:
        self.limits.append(limit)
        return samples.BY_DISPATCH


@pytest.mark.parametrize(("within_s", "limit"), [(3.0, 3.5), (0.0, 0.5)])
async def test_dispatch_has_the_time_that_it_gave_itself(within_s: float, limit: float, tmp_path: pathlib.Path) -> None:
    watched = Watched(within_s)
    await obtain(watched, tmp_path / "none")  # type: ignore[arg-type]  # the two methods that are needed
    assert watched.limits == [1.0, pytest.approx(limit)]


async def test_a_dispatch_that_is_down_leaves_it_to_the_snapshot(
    server: test_utils.TestServer, dispatch: dispatch_client.DispatchClient, snapshot_path: pathlib.Path
) -> None:
    await server.close()
    assert is_by_snapshot(await obtain(dispatch, snapshot_path))


@pytest.mark.parametrize(
    "answer",
    [
        web.Response(status=500),
        web.Response(status=401),
        web.Response(body=b"<html>"),
        web.Response(body=b'{"call_id": "x"}'),
        conftest.says_nothing,
    ],
    ids=["500", "401", "no JSON", "other JSON", "too late"],
)
@pytest.mark.parametrize("place", [ANNOUNCE, PLAN], ids=["at the announcement", "at the plan"])
@pytest.mark.usefixtures("_impatient")
async def test_a_dispatch_that_does_not_answer_leaves_it_to_the_snapshot(
    place: tuple[str, str],
    answer: conftest.Handler | web.Response,
    internal: conftest.InternalApi,
    dispatch: dispatch_client.DispatchClient,
    snapshot_path: pathlib.Path,
) -> None:
    internal.answers.update({ANNOUNCE: conftest.says(accepted(within_s=0.0)), place: answer})
    assert is_by_snapshot(await obtain(dispatch, snapshot_path))


@pytest.mark.parametrize(
    ("code", "refusal"), [("fenced", dispatch_client.CallTaken), ("call_over", dispatch_client.CallOver)]
)
async def test_a_call_that_is_not_this_jobs_is_not_routed_by_snapshot(
    code: str,
    refusal: type[Exception],
    internal: conftest.InternalApi,
    dispatch: dispatch_client.DispatchClient,
    snapshot_path: pathlib.Path,
) -> None:
    internal.answers[ANNOUNCE] = web.Response(status=409, text=json.dumps({"code": code}))
    with pytest.raises(refusal):
        await obtain(dispatch, snapshot_path)


@pytest.mark.parametrize("text", [None, "", "{", "{}", '{"version": "1", "numbers": {"+1": {}}}', "\x00"])
def test_without_a_snapshot_nobody_knows(text: str | None, tmp_path: pathlib.Path) -> None:
    path = tmp_path / "snapshot.json"
    if text is not None:
        path.write_text(text)
    plan = plans.by_snapshot(samples.intake(), path)
    assert isinstance(plan, contract.Refuse)
    assert (plan.reason, plan.sip_status_code) == (endings.Reason.INTERNAL_ERROR, 503)


@pytest.mark.parametrize(
    "dialed",
    [
        "+12015550100",
        "12015550100",
        "0012015550100",
        "+1 (201) 555-0100",
        "sip:+12015550100@10.0.0.1:5060;user=phone",
        "<sip:12015550100@carrier.example>",
        "tel:+1-201-555-0100",
        "+12015550100;npdi",
        "2015550100",
    ],
)
def test_a_number_is_known_however_a_carrier_spells_it(dialed: str, snapshot_path: pathlib.Path) -> None:
    assert is_front_desk(plans.by_snapshot(samples.intake(dialed), snapshot_path))


@pytest.mark.parametrize(
    "intake",
    [
        samples.intake("+12015550177"),
        samples.intake("anonymous"),
        samples.intake("sip:@"),
        samples.intake(""),
        samples.intake(None),
        samples.intake(trunk_id="ST_other"),
        samples.intake(trunk_id=None),
        samples.intake(rule_id="SDR_other"),
        samples.intake(rule_id=None),
        samples.intake(trunk_id=None, rule_id=None),
    ],
    ids=lambda intake: f"{intake.dialed} {intake.trunk_id} {intake.rule_id}",
)
def test_another_number_trunk_or_rule_is_refused(intake: contract.CallIntake, snapshot_path: pathlib.Path) -> None:
    plan = plans.by_snapshot(intake, snapshot_path)
    assert isinstance(plan, contract.Refuse)
    assert (plan.reason, plan.sip_status_code) == (endings.Reason.INVALID_NUMBER, 404)


def test_a_condition_that_fails_is_logged_without_the_caller(
    tmp_path: pathlib.Path, caplog: pytest.LogCaptureFixture
) -> None:
    route = schema.Route(when="1 / (size(caller) - 12) > 0", agent="front-desk")
    snapshot = samples.snapshot()
    numbers = tuple(number.model_copy(update={"routes": (route,)}) for number in snapshot.numbers)
    path = tmp_path / "snapshot.json"
    path.write_text(snapshot.model_copy(update={"numbers": numbers}).model_dump_json())
    assert is_front_desk(plans.by_snapshot(samples.intake(), path))
    (message,) = [record.getMessage() for record in caplog.records if record.name == plans.__name__]
    assert "route" in message
    assert "divide by zero" in message
    assert samples.CALLER not in message


def test_the_snapshot_speaks_of_the_hour_of_the_call(snapshot_path: pathlib.Path) -> None:
    plan = plans.by_snapshot(samples.intake(), snapshot_path)
    assert isinstance(plan, contract.Converse)
    assert plan.agent.greeting == "Hello. It is Friday, 6 March 2026, 09:30."
