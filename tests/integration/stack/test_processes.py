"""Components: started until ready, stopped in time, brought back, and reported when they end by themselves."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator

import pytest

from lab.stack import errors, guard, probes, processes

pytestmark = pytest.mark.integration

WAIT_S = 10.0
STUBBORN = "trap '' TERM; echo up; while true; do sleep 1; done"


@pytest.fixture
async def keeper() -> AsyncIterator[guard.Guard]:
    async with await guard.Guard.start(os.environ) as started:
        yield started


def _component(
    keeper: guard.Guard, script: str, *, ready_s: float = WAIT_S, grace_s: float = 0.1, program: str = "sh"
) -> processes.Process:
    """A shell script that is ready when it says `up`."""
    command = processes.Command(
        name="component",
        argv=[program, "-c", script],
        environment=os.environ,
        folder=keeper.folder,
        stop_signal=signal.SIGTERM,
        ready_s=ready_s,
        grace_s=grace_s,
    )
    return processes.Process(keeper, command, lambda process: probes.printed(process, "up"))


async def test_started_component_is_ready_and_runs(keeper: guard.Guard) -> None:
    component = _component(keeper, "echo up; sleep 60")
    await component.start()
    assert component.running
    assert component.pid > 0
    assert component.output() == "up\n"


async def test_component_that_ends_at_once_is_reported_with_its_last_lines(keeper: guard.Guard) -> None:
    component = _component(keeper, "seq 1 40; echo cannot open the door >&2; exit 3")
    with pytest.raises(errors.ComponentFailed, match="component ended with exit code 3") as failure:
        await component.start()
    lines = failure.value.log.splitlines()
    assert lines[-2:] == ["40", "cannot open the door"]
    assert len(lines) == processes.LAST_LINES


async def test_component_that_is_never_ready_is_reported(keeper: guard.Guard) -> None:
    component = _component(keeper, "echo starting; sleep 60", ready_s=0.2)
    with pytest.raises(errors.ComponentFailed, match=r"component was not ready after 0 s; .*\nstarting"):
        await component.start()


async def test_program_that_cannot_be_executed_is_reported(keeper: guard.Guard) -> None:
    with pytest.raises(errors.ComponentFailed, match="component could not be started"):
        await _component(keeper, "", program="/no-such").start()


async def test_taken_port_is_told_from_other_failures(keeper: guard.Guard) -> None:
    with pytest.raises(errors.ComponentFailed) as failure:
        await _component(keeper, "echo 'bind: Address already in use'; exit 1").start()
    assert failure.value.lost_its_port
    with pytest.raises(errors.ComponentFailed) as failure:
        await _component(keeper, "echo 'no such address'; exit 1").start()
    assert not failure.value.lost_its_port


async def test_component_that_heeds_the_signal_ends_by_it(keeper: guard.Guard) -> None:
    component = _component(
        keeper, "trap 'echo goodbye; exit 0' TERM; echo up; while true; do sleep 0.05; done", grace_s=WAIT_S
    )
    await component.start()
    await component.stop()
    assert not component.running
    assert component.output() == "up\ngoodbye\n"


async def test_stubborn_component_is_killed_after_its_grace(keeper: guard.Guard) -> None:
    component = _component(keeper, STUBBORN)
    await component.start()
    pid = component.pid
    await component.stop()
    assert not component.running
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    with pytest.raises(errors.LabError, match="component is not running"):
        _ = component.pid


async def test_component_comes_back_with_output_of_its_own(keeper: guard.Guard) -> None:
    component = _component(keeper, "echo $$ up; sleep 60")
    await component.start()
    first = component.pid
    await component.kill()
    await component.start()
    assert component.pid != first
    assert component.output() == f"{component.pid} up\n"
    assert component.log.read_text() == f"{first} up\n{component.pid} up\n"
    await component.restart()
    assert component.running
    assert not component.failed.done()


async def test_end_that_nobody_asked_for_is_noticed(keeper: guard.Guard) -> None:
    component = _component(keeper, "echo up; sleep 60")
    await component.start()
    os.kill(component.pid, signal.SIGKILL)
    async with asyncio.timeout(WAIT_S):
        failure = await component.failed
    assert str(failure) == "component was killed by SIGKILL; its last lines:\nup"


async def test_stopping_or_killing_twice_is_nothing(keeper: guard.Guard) -> None:
    component = _component(keeper, "echo up; sleep 60")
    await component.stop()
    await component.start()
    await component.kill()
    await component.kill()
    await component.stop()
    assert not component.failed.done()


async def test_second_start_of_a_running_component_is_refused(keeper: guard.Guard) -> None:
    component = _component(keeper, "echo up; sleep 60")
    await component.start()
    with pytest.raises(errors.LabError, match="already running"):
        await component.start()


async def test_varied_variables_hold_from_the_next_start_on(keeper: guard.Guard) -> None:
    component = _component(keeper, "echo ${SHIFT:-none}; echo up; sleep 60")
    await component.start()
    component.vary({"SHIFT": "3600"})
    assert component.output().startswith("none\n")
    await component.restart()
    assert component.output().startswith("3600\n")


async def test_a_signal_that_does_not_end_it_reaches_the_component(keeper: guard.Guard) -> None:
    component = _component(keeper, "trap 'echo heard' HUP; echo up; while true; do sleep 0.05; done")
    await component.start()
    await component.send_signal(signal.SIGHUP)
    async with asyncio.timeout(WAIT_S):
        await probes.printed(component, "heard")
    assert component.running
