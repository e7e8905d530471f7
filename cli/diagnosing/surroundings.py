"""What the checks go by: the settings, the configuration and LiveKit's own files, as far as they can be read."""

from __future__ import annotations

import asyncio
import dataclasses
import pathlib
import urllib.parse
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TypeVar

from callcore import errors
from cli.diagnosing import yaml_files

if TYPE_CHECKING:
    from dispatch import settings as dispatch_settings
    from sip_config import configurations
    from worker import settings as worker_settings

LOAD_S = 3.0
"""For reading everything; a folder on a network drive may hang."""

Value = TypeVar("Value")


@dataclasses.dataclass(frozen=True)
class RedisAccess:
    """Where Redis is. Its text has no credentials."""

    host: str
    port: int
    username: str = dataclasses.field(default="", repr=False)
    password: str = dataclasses.field(default="", repr=False)

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


@dataclasses.dataclass(frozen=True, kw_only=True)
class LiveKitAccess:
    """Where livekit-server is, and how to prove who asks."""

    url: str
    api_key: str
    api_secret: str = dataclasses.field(repr=False)

    @property
    def http_url(self) -> str:
        """The URL for plain requests."""
        return f"http{self.url.removeprefix('ws')}" if self.url.startswith("ws") else self.url


@dataclasses.dataclass(frozen=True, kw_only=True)
class Options:
    """What the command line says."""

    config: pathlib.Path | None = None
    """The configuration's folder, instead of TRUNKLINE_CONFIG."""
    sip_yaml: pathlib.Path = pathlib.Path("sip.yaml")
    livekit_yaml: pathlib.Path = pathlib.Path("livekit.yaml")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Surroundings:
    """Everything that could be read, and what is wrong with the rest."""

    environment: Mapping[str, str] = dataclasses.field(default_factory=dict, repr=False)
    dispatch: dispatch_settings.DispatchSettings | None = None
    dispatch_problems: tuple[str, ...] = ()
    worker: worker_settings.WorkerSettings | None = None
    worker_problems: tuple[str, ...] = ()
    config: pathlib.Path = pathlib.Path("config")
    configuration: configurations.Configuration | None = None
    configuration_problems: tuple[str, ...] = ()
    sip_yaml: yaml_files.YamlFile
    livekit_yaml: yaml_files.YamlFile

    @property
    def livekit(self) -> LiveKitAccess | None:
        """LiveKit, as dispatch's settings say, or else the worker's."""
        given = self.dispatch or self.worker
        if given is None:
            return None
        secret = given.livekit_api_secret.get_secret_value()
        return LiveKitAccess(url=given.livekit_url, api_key=given.livekit_api_key, api_secret=secret)

    @property
    def dispatch_url(self) -> str | None:
        """Dispatch's base URL, as the worker knows it, or else where dispatch is to listen."""
        if self.worker is not None:
            return self.worker.trunkline_dispatch_url.rstrip("/")
        if self.dispatch is not None:
            return local_url(self.dispatch)
        return None


def local_url(given: dispatch_settings.DispatchSettings) -> str:
    """The URL at which dispatch answers on its own machine."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(  # noqa: S104  # not bound to: replaced
        given.trunkline_http_host, given.trunkline_http_host
    )
    return f"http://{f'[{host}]' if ':' in host else host}:{given.trunkline_http_port}"


def shown(url: str) -> str:
    """A URL as it may be printed: without credentials, path and query."""
    try:
        parts = urllib.parse.urlsplit(url)
    except ValueError:
        return "a URL that is none"
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


async def look(options: Options) -> Surroundings:
    """Read everything."""
    from dispatch import settings as dispatch_settings
    from sip_config.reading import environments
    from worker import settings as worker_settings

    began = asyncio.get_running_loop().time()
    environment, _ = await _attempt(environments.read, began)
    environment = environment or {}
    config = environments.folder(options.config, environment)

    def load() -> configurations.Configuration:
        from sip_config import loading

        return loading.load(config, environment)

    (
        (dispatch, dispatch_problems),
        (worker, worker_problems),
        (configuration, configuration_problems),
        (sip_yaml, sip_problems),
        (livekit_yaml, livekit_problems),
    ) = await asyncio.gather(
        _attempt(dispatch_settings.load, began),
        _attempt(worker_settings.load, began),
        _attempt(load, began),
        _attempt(lambda: yaml_files.read(options.sip_yaml), began),
        _attempt(lambda: yaml_files.read(options.livekit_yaml), began),
    )
    return Surroundings(
        environment=environment,
        dispatch=dispatch,
        dispatch_problems=dispatch_problems,
        worker=worker,
        worker_problems=worker_problems,
        config=config,
        configuration=configuration,
        configuration_problems=configuration_problems,
        sip_yaml=sip_yaml or yaml_files.YamlFile(path=options.sip_yaml, values=None, problem="".join(sip_problems)),
        livekit_yaml=livekit_yaml
        or yaml_files.YamlFile(path=options.livekit_yaml, values=None, problem="".join(livekit_problems)),
    )


async def _attempt(load: Callable[[], Value], began: float) -> tuple[Value | None, tuple[str, ...]]:
    try:
        async with asyncio.timeout_at(began + LOAD_S):
            return await asyncio.to_thread(load), ()
    except errors.ConfigurationInvalid as error:
        return None, error.problems
    except TimeoutError:
        return None, (f"reading took longer than {LOAD_S:.0f} s",)
    except OSError as error:
        return None, (f"cannot be read: {error.strerror}",)
    except UnicodeError:
        return None, ("cannot be read: not UTF-8",)
    except Exception as error:  # noqa: BLE001  # shown as a finding; the other checks can still help
        return None, (f"cannot be read ({type(error).__name__})",)
