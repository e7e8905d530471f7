"""What a worker reads from its environment, once per process."""

from __future__ import annotations

import os
import pathlib
from typing import TYPE_CHECKING, Annotated, Literal

import pydantic
import pydantic_settings

from callcore import contract, errors

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

_DEFAULT_MAX_CALLS = 8  # about what two cores carry with local speech; providers over the network allow more
_MAX_SOCKET_PATH = 107  # bytes: sun_path of unix(7) is 108 with its closing zero


class WorkerSettings(pydantic_settings.BaseSettings):
    """Settings of the worker and its job processes. Names as in the environment, without regard to case."""

    model_config = pydantic_settings.SettingsConfigDict(
        env_file=".env", extra="ignore", frozen=True, env_ignore_empty=True, hide_input_in_errors=True
    )

    livekit_url: str
    """WebSocket URL of livekit-server."""
    livekit_api_key: str
    livekit_api_secret: pydantic.SecretStr
    trunkline_dispatch_url: str = "http://127.0.0.1:8080"
    """Base URL of dispatch."""
    trunkline_internal_secret: contract.InternalSecret
    """Shared by dispatch and its workers."""
    trunkline_state_dir: pathlib.Path = pathlib.Path("state")
    """Holds the spool, recordings under way and the routing snapshot; one folder per worker."""
    trunkline_max_calls: Annotated[int, pydantic.Field(ge=1, le=1000)] = _DEFAULT_MAX_CALLS
    """Calls this worker takes at once; further ones go to other workers."""
    trunkline_idle_processes: Annotated[int, pydantic.Field(ge=0, le=100)] = 2
    """Job processes kept warm for the next calls."""
    trunkline_health_port: Annotated[int, pydantic.Field(ge=0, le=65535)] = 0
    """Port of the worker's own health page on loopback; 0 picks a free one."""
    trunkline_drain_timeout: Annotated[int, pydantic.Field(ge=0)] = 3600
    """Seconds that calls may go on after SIGTERM."""
    trunkline_hold_music: pathlib.Path | None = None
    """A sound file for callers on hold, played again and again; unset: the piece that comes with livekit-agents."""
    trunkline_log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    @pydantic.field_validator("livekit_url", "trunkline_dispatch_url")
    @classmethod
    def _is_url(cls, value: str, info: pydantic.ValidationInfo) -> str:
        schemes = ("http://", "https://") + (("ws://", "wss://") if info.field_name == "livekit_url" else ())
        if not value.startswith(schemes):
            raise ValueError(f"must begin with {' or '.join(schemes)}")
        return value

    @pydantic.field_validator("trunkline_state_dir")
    @classmethod
    def _socket_fits(cls, value: pathlib.Path) -> pathlib.Path:
        excess = len(os.fsencode(_socket_path(value))) - _MAX_SOCKET_PATH
        if excess > 0:
            raise ValueError(f"this path is {excess} bytes too long for the unix socket below it")
        return value

    @property
    def worker_dir(self) -> pathlib.Path:
        return _worker_dir(self.trunkline_state_dir)

    @property
    def socket_path(self) -> pathlib.Path:
        """Unix socket on which the worker's main process takes its jobs' reports."""
        return _socket_path(self.trunkline_state_dir)

    @property
    def id_path(self) -> pathlib.Path:
        """Holds this worker's id, which stays the same over restarts."""
        return self.worker_dir / "id"

    @property
    def audio_dir(self) -> pathlib.Path:
        """Holds recordings until dispatch has them."""
        return self.worker_dir / "audio"

    @property
    def snapshot_path(self) -> pathlib.Path:
        return self.worker_dir / "snapshot.json"


def load() -> WorkerSettings:
    """The settings of this process.

    Raises:
        ConfigurationInvalid: something is missing or wrong; every variable is named, no value is shown.
    """
    try:
        return WorkerSettings()
    except pydantic.ValidationError as error:
        raise errors.ConfigurationInvalid([_sentence(problem) for problem in error.errors()]) from None


def _worker_dir(state_dir: pathlib.Path) -> pathlib.Path:
    return state_dir / "worker"


def _socket_path(state_dir: pathlib.Path) -> pathlib.Path:
    return _worker_dir(state_dir) / "spool.sock"


def _sentence(problem: ErrorDetails) -> str:
    name = str(problem["loc"][0]).upper()
    if problem["type"] == "missing":
        return f"{name} is not set; a worker does not start without it."
    return f"{name}: {problem['msg'].removeprefix('Value error, ')}."
