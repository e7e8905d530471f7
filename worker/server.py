"""The livekit-agents server of this worker, set up for telephone calls."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from livekit import agents

from callcore import contract
from worker import settings
from worker.jobs import entry, kits

_FULL = 0.7  # livekit-server calls a worker full at this load, whatever the worker itself says
_MEMORY_WARN_MB = 700.0  # a call with local speech and turn models takes about 450 MB
_MEMORY_LIMIT_MB = 2000.0
_RETRY_FOR_EVER = 2**31  # a worker waits for livekit-server to come back, however long that takes
_END_S = 60.0  # for the last reports of a call


class CallServer(agents.AgentServer):
    """An agent server whose load is a count of calls: those that are up, and those that were accepted a moment ago.

    The library guesses what an accepted call will weigh, by the number of idle processes while no call is up: two calls
    at once on an idle worker would then fill it, and livekit-server would drop every call of the next seconds in
    silence. It has no public way to say otherwise; this is the one place that overrides its method.
    """

    def __init__(self, *, max_calls: int, **options: Any) -> None:
        super().__init__(load_fnc=_load_of(max_calls), load_threshold=_FULL, **options)
        self._max_calls = max_calls

    def _get_effective_load(self) -> float:
        return _FULL * (len(self.active_jobs) + self._reserved_slots) / self._max_calls


def is_connected(server: agents.AgentServer) -> bool:
    """Whether livekit-server can offer calls to this worker now; the library has no public way to ask."""
    return not server._connecting


def build(config: settings.WorkerSettings) -> agents.AgentServer:
    """A server that takes at most `trunkline_max_calls` at once, each in a process that was warm before."""
    server = CallServer(
        max_calls=config.trunkline_max_calls,
        ws_url=config.livekit_url,
        api_key=config.livekit_api_key,
        api_secret=config.livekit_api_secret.get_secret_value(),
        max_retry=_RETRY_FOR_EVER,
        num_idle_processes=config.trunkline_idle_processes,
        job_memory_warn_mb=_MEMORY_WARN_MB,
        job_memory_limit_mb=_MEMORY_LIMIT_MB,
        drain_timeout=config.trunkline_drain_timeout,
        session_end_timeout=_END_S,
        preload_modules=[entry.__name__],
        host="127.0.0.1",
        port=config.trunkline_health_port,
        log_level=config.trunkline_log_level,
    )
    server.setup_fnc = kits.prepare
    server.rtc_session(entry.hold_call, agent_name=contract.AGENT_NAME, on_session_end=entry.put_on_record)
    return server


def _load_of(max_calls: int) -> Callable[[agents.AgentServer], float]:
    return lambda server: _FULL * len(server.active_jobs) / max_calls
