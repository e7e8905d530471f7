"""The livekit-agents server of this worker, set up for telephone calls."""

from __future__ import annotations

from livekit import agents

from callcore import contract
from worker import settings
from worker.jobs import entry, kits

_FULL = 0.7  # livekit-server calls a worker full at this load, whatever the worker itself says
_MEMORY_WARN_MB = 700.0  # a call with local speech and turn models takes about 450 MB
_MEMORY_LIMIT_MB = 2000.0
_RETRY_FOR_EVER = 2**31  # a worker waits for livekit-server to come back, however long that takes
_END_S = 60.0  # for the last reports of a call


def is_connected(server: agents.AgentServer) -> bool:
    """Whether livekit-server can offer calls to this worker now; the library has no public way to ask."""
    return not server._connecting


def build(config: settings.WorkerSettings) -> agents.AgentServer:
    """A server that takes at most `trunkline_max_calls` at once, each in a process that was warm before."""

    def load(server: agents.AgentServer) -> float:
        return _FULL * len(server.active_jobs) / config.trunkline_max_calls

    server = agents.AgentServer(
        ws_url=config.livekit_url,
        api_key=config.livekit_api_key,
        api_secret=config.livekit_api_secret.get_secret_value(),
        load_fnc=load,
        load_threshold=_FULL,
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
