"""A worker takes as many calls as it was told to, however many come at the same moment."""

from __future__ import annotations

import pytest
from livekit.agents import job as library
from livekit.protocol import agent

from worker import server, settings

pytestmark = pytest.mark.unit

MAX_CALLS = 10


class Busy(server.CallServer):
    """A server with calls that are up and calls that were accepted a moment ago."""

    def __init__(self, *, up: int, accepted: int) -> None:
        super().__init__(max_calls=MAX_CALLS, num_idle_processes=2, ws_url="ws://127.0.0.1:1")
        self._up = up
        self._reserved_slots = accepted
        self._devmode = False
        self._worker_load = 0.0
        self._previous_status = agent.WorkerStatus.WS_AVAILABLE
        self.said: list[agent.WorkerMessage] = []

    @property
    def active_jobs(self) -> list[library.RunningJobInfo]:
        return [None] * self._up  # type: ignore[list-item]  # only counted

    async def _queue_msg(self, msg: agent.WorkerMessage) -> None:
        self.said.append(msg)


@pytest.mark.parametrize(
    ("up", "accepted", "takes"),
    [
        (0, 0, True),
        (0, 2, True),
        (0, 9, True),
        (0, 10, False),
        (1, 8, True),
        (1, 9, False),
        (9, 0, True),
        (10, 0, False),
    ],
)
async def test_the_next_call_is_taken_up_to_the_maximum(up: int, accepted: int, takes: bool) -> None:
    busy = Busy(up=up, accepted=accepted)
    assert busy._is_available() is takes
    await busy._update_worker_status()
    wanted = agent.WorkerStatus.WS_AVAILABLE if takes else agent.WorkerStatus.WS_FULL
    assert [message.update_worker.status for message in busy.said] == [wanted]


def test_the_server_of_a_worker_counts_calls() -> None:
    config = settings.WorkerSettings.model_validate(
        {
            "livekit_url": "ws://127.0.0.1:1",
            "livekit_api_key": "key",
            "livekit_api_secret": "secret",
            "trunkline_internal_secret": "an internal secret",
        }
    )
    assert isinstance(server.build(config), server.CallServer)
