"""What dispatch reads from its environment, once, in `main`."""

from __future__ import annotations

import contextlib
import pathlib
from collections.abc import Iterator
from typing import Annotated, Any, Literal

import pydantic
import pydantic_settings
import sqlalchemy as sa

from callcore import contract, errors
from dispatch.access import api_keys
from dispatch.store import postgres

_MAX_SHIFT_S = 10 * 366 * 86_400  # ten years: enough for every holiday, and still a date


_RETRIES = (0.0, 5.0, 300.0, 1800.0, 7200.0, 18_000.0, 36_000.0, 50_400.0, 72_000.0, 86_400.0)
_MAX_RETRIES, _MAX_DELAY_S = 50, 7 * 86_400.0


class StoreSettings(pydantic_settings.BaseSettings):
    """Where the store is: all that a command needs that works on it without a running dispatch."""

    model_config = pydantic_settings.SettingsConfigDict(
        env_file=".env", extra="ignore", frozen=True, env_ignore_empty=True, hide_input_in_errors=True
    )

    trunkline_state_dir: pathlib.Path = pathlib.Path("state")
    """Holds the recordings, and the database, unless DATABASE_URL says otherwise."""
    database_url: str = ""
    """URL of a Postgres database, or of a SQLite file; the default is such a file under the state folder."""

    @pydantic.field_validator("database_url")
    @classmethod
    def _url_is_url(cls, value: str) -> str:
        try:
            driver = sa.make_url(value).drivername if value else ""
        except sa.exc.ArgumentError:
            raise ValueError("this is not a database URL") from None
        if driver and driver not in ("sqlite+aiosqlite", *postgres.SCHEMES):
            raise ValueError("only sqlite+aiosqlite:///path and postgresql://user:password@host/database are supported")
        return value

    @property
    def store_url(self) -> str:
        return self.database_url or self.state_database

    @property
    def state_database(self) -> str:
        """The one under the state folder, whether it is used or not."""
        return f"sqlite+aiosqlite:///{self.trunkline_state_dir / 'trunkline.db'}"


class DispatchSettings(StoreSettings):
    """Settings of dispatch. Names as in the environment, without regard to case."""

    trunkline_internal_secret: contract.InternalSecret
    """Shared by dispatch and its workers."""
    livekit_url: str
    """URL of livekit-server, `ws://` or `http://`."""
    livekit_api_key: str
    livekit_api_secret: pydantic.SecretStr

    trunkline_api_key: pydantic.SecretStr | None = None
    """Keys that may do everything, each `tl_<id>_<secret>`, separated by commas; others are in the store."""
    trunkline_config: pathlib.Path = pathlib.Path("config")
    """Folder with the YAML configuration."""
    trunkline_apply: bool = True
    """Make LiveKit's trunks and rules what the configuration wants."""
    trunkline_http_host: str = "127.0.0.1"
    trunkline_http_port: Annotated[int, pydantic.Field(ge=0, le=65535)] = 8080
    """0 picks a free port."""
    trunkline_redis_url: str | None = None
    """LiveKit's Redis, `redis://[user:password@]host[:port]`; only `/readyz` asks it."""
    trunkline_max_streams: Annotated[int, pydantic.Field(ge=1, le=100_000)] = 200
    """Transcript streams open at once."""
    trunkline_webhook_retries: Annotated[tuple[float, ...], pydantic_settings.NoDecode] = _RETRIES
    """Seconds before each attempt at a webhook, from the end of the one before, separated by commas; the first: 0."""
    trunkline_webhook_timeout: Annotated[float, pydantic.Field(gt=0, le=60)] = 15.0
    """Seconds that an attempt at a webhook may take in all."""
    trunkline_webhook_disable_days: Annotated[float, pydantic.Field(gt=0, le=365)] = 5.0
    """Days of nothing but failure after which an endpoint of webhooks is disabled."""
    trunkline_time_shift: Annotated[int, pydantic.Field(ge=-_MAX_SHIFT_S, le=_MAX_SHIFT_S)] = 0
    """Seconds that the clock of opening hours is ahead, to rehearse a holiday; negative: behind."""
    trunkline_log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    trunkline_environment: str = "production"
    """Name of this installation, in every log line."""

    @pydantic.field_validator("trunkline_api_key")
    @classmethod
    def _keys_are_keys(cls, value: pydantic.SecretStr | None) -> pydantic.SecretStr | None:
        try:
            if value is not None:
                api_keys.parse(value.get_secret_value())
        except errors.BadInput as error:
            raise ValueError(error.message) from None
        return value

    @pydantic.field_validator("trunkline_webhook_retries", mode="before")
    @classmethod
    def _retries_are_listed(cls, value: object) -> object:
        return [part.strip() for part in value.split(",")] if isinstance(value, str) else value

    @pydantic.field_validator("trunkline_webhook_retries")
    @classmethod
    def _retries_are_delays(cls, value: tuple[float, ...]) -> tuple[float, ...]:
        if not value or value[0] != 0 or len(value) > _MAX_RETRIES:
            raise ValueError(f"must begin with 0 and have {_MAX_RETRIES} entries at most")
        if not all(0 <= delay_s <= _MAX_DELAY_S for delay_s in value):
            raise ValueError("must be seconds, a week at most")
        return value

    @pydantic.field_validator("livekit_url")
    @classmethod
    def _livekit_is_url(cls, value: str) -> str:
        if not value.startswith(("ws://", "wss://", "http://", "https://")):
            raise ValueError("must begin with ws://, wss://, http:// or https://")
        return value

    @pydantic.field_validator("trunkline_redis_url")
    @classmethod
    def _redis_is_redis(cls, value: str | None) -> str | None:
        if value is not None and not value.startswith("redis://"):
            raise ValueError("must begin with redis://")
        return value

    @property
    def recordings_folder(self) -> pathlib.Path:
        """Where sound is kept."""
        return self.trunkline_state_dir / "audio"


def load(**overrides: Any) -> DispatchSettings:
    """The settings of this process; `overrides` stand in for variables, for tests.

    Raises:
        ConfigurationInvalid: something is missing or wrong; every variable is named, no value is shown.
    """
    with _plainly():
        return DispatchSettings(**overrides)


def load_store(**overrides: Any) -> StoreSettings:
    """Where the store of this process is; as `load`."""
    with _plainly():
        return StoreSettings(**overrides)


@contextlib.contextmanager
def _plainly() -> Iterator[None]:
    try:
        yield
    except pydantic.ValidationError as error:
        raise errors.ConfigurationInvalid([_sentence(problem) for problem in error.errors()]) from None


def _sentence(problem: Any) -> str:
    name = str(problem["loc"][0]).upper() if problem["loc"] else "settings"
    if problem["type"] == "missing":
        return f"{name} is not set; dispatch does not start without it."
    return f"{name}: {problem['msg'].removeprefix('Value error, ')}."
