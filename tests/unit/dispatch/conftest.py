"""A dispatch in this process: a real store on disk and a real HTTP server, LiveKit behind test doubles."""

from __future__ import annotations

import asyncio
import dataclasses
import io
import os
import pathlib
import secrets
import shutil
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pydantic
import pytest
import sqlalchemy as sa
from aiohttp import test_utils, web
from sqlalchemy import event

import sip_config
from callcore import clock
from dispatch import app, keys, settings
from dispatch.store import engine, migrating, tables
from sip_config import configurations, loading
from tests import postgres
from tests.unit.dispatch import dialers, doubles, referrers, samples

API_KEY = "tl_test_0123456789abcdef"
SECRET = "internal-secret-of-the-tests"
SETTINGS: dict[str, Any] = {
    "trunkline_api_key": API_KEY,
    "trunkline_internal_secret": SECRET,
    "livekit_url": "ws://127.0.0.1:1",
    "livekit_api_key": "devkey",
    "livekit_api_secret": "secret-of-livekit-in-the-tests-0",
    "_env_file": None,
}
USUAL_STORE = os.environ.get("TRUNKLINE_TEST_STORE", "sqlite")
"""Of those tests that run on one only; `TRUNKLINE_TEST_STORE=postgres` has all of them run there."""


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    path = tmp_path_factory.mktemp("database") / "empty.db"

    async def make() -> None:
        store = engine.Store(f"sqlite+aiosqlite:///{path}")
        await migrating.upgrade(store)
        await store.close()

    asyncio.run(make())
    return path


@pytest.fixture(scope="session")
def configuration() -> configurations.Configuration:
    return loading.load(pathlib.Path(sip_config.__file__).parent / "demo", {})


@pytest.fixture(scope="session")
def usual_settings() -> settings.DispatchSettings:
    return settings.load(**SETTINGS)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """What is marked `both_stores`, and has to do with the store, runs on SQLite and on Postgres."""
    if metafunc.definition.get_closest_marker("both_stores") and "database_url" in metafunc.fixturenames:
        metafunc.parametrize("database_url", ["sqlite", "postgres"], indirect=True)


@pytest.fixture
def new_sqlite(empty_database: pathlib.Path, tmp_path: pathlib.Path) -> str:
    """What is about SQLite alone has its `database_url` be this one."""
    path = tmp_path / "trunkline.db"
    shutil.copy(empty_database, path)
    return f"sqlite+aiosqlite:///{path}"


@pytest.fixture
def database_url(request: pytest.FixtureRequest) -> str:
    """An empty database of this version's schema."""
    is_sqlite = getattr(request, "param", USUAL_STORE) == "sqlite"
    url: str = request.getfixturevalue("new_sqlite" if is_sqlite else "emptied_postgres")
    return url


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[engine.Store]:
    opened = engine.Store(database_url)
    if opened.is_exclusive:
        event.listen(opened._engine.sync_engine, "connect", _without_waiting_for_the_disk)
    yield opened
    await opened.close()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[postgres.Server]:
    with postgres.running() as server:
        yield server


@pytest.fixture(scope="session")
def migrated_postgres(postgres_server: postgres.Server) -> str:
    async def make() -> None:
        store = engine.Store(postgres_server.url())
        await migrating.upgrade(store)
        await store.close()

    asyncio.run(make())
    return postgres_server.url()


@pytest.fixture
def new_postgres(postgres_server: postgres.Server) -> Iterator[str]:
    """A database in which nothing is, no tables either."""
    name = f"new_{secrets.token_hex(4)}"
    postgres_server.execute(f"CREATE DATABASE {name} STRATEGY file_copy")
    yield postgres_server.url(name)
    postgres_server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def emptied_postgres(postgres_server: postgres.Server, migrated_postgres: str) -> str:
    """Nothing is in it but what is there after migrating; a test must leave the schema as it is."""
    postgres_server.execute(";".join(str(sa.delete(table)) for table in reversed(tables.metadata.sorted_tables)))
    return migrated_postgres


def _without_waiting_for_the_disk(connection: Any, _record: object) -> None:  # the driver's has no public type
    cursor = connection.cursor()
    cursor.execute("PRAGMA synchronous=OFF")
    cursor.close()


@pytest.fixture
def manual_clock() -> clock.ManualClock:
    return clock.ManualClock(wall=samples.START)


@dataclasses.dataclass
class Files:
    """What a reload finds instead of YAML: a configuration, or something to raise."""

    content: configurations.Configuration | Exception

    def load(self) -> configurations.Configuration:
        if isinstance(self.content, Exception):
            raise self.content
        return self.content


@dataclasses.dataclass(kw_only=True)
class Service:
    """A running dispatch, and hands to reach into it."""

    app: web.Application
    client: test_utils.TestClient[web.Request, web.Application]
    store: engine.Store
    clock: clock.ManualClock
    livekit: doubles.FakeRooms
    dialer: dialers.FakeDialer
    referrer: referrers.FakeReferrer
    objects: doubles.FakeObjects
    files: Files

    async def internal(self, method: str, path: str, body: pydantic.BaseModel | None = None) -> tuple[int, Any]:
        """A request of a worker."""
        headers = {"Authorization": f"Bearer {SECRET}", "Content-Type": "application/json"}
        data = io.BytesIO(body.model_dump_json().encode()) if body is not None else None
        async with self.client.request(method, path, data=data, headers=headers) as response:
            return response.status, await response.json() if response.content_length else None

    async def public(self, path: str, method: str = "GET", **options: Any) -> tuple[int, Any]:
        """A request with an API key."""
        headers = {"Authorization": f"Bearer {API_KEY}", **options.pop("headers", {})}
        async with self.client.request(method, path, headers=headers, **options) as response:
            return response.status, await response.json() if response.content_length else None

    async def deliver(self, *records: Any, first: int = 1, **options: Any) -> None:
        """Spool lines of a worker."""
        status, _ = await self.internal("POST", "/internal/spool", samples.batch(records, first=first, **options))
        assert status == 200

    async def only_call(self) -> dict[str, Any]:
        _, page = await self.public("/v1/calls")
        (summary,) = page["items"]
        _, call = await self.public(f"/v1/calls/{summary['callId']}")
        assert isinstance(call, dict)
        return call


@pytest.fixture
def parts(
    store: engine.Store,
    configuration: configurations.Configuration,
    manual_clock: clock.ManualClock,
    usual_settings: settings.DispatchSettings,
    tmp_path: pathlib.Path,
) -> app.Parts:
    livekit = doubles.FakeRooms()
    return app.Parts(
        settings=usual_settings.model_copy(update={"trunkline_state_dir": tmp_path}),
        configuration=configuration,
        load=Files(configuration).load,
        store=store,
        livekit=livekit,
        dialer=dialers.FakeDialer(livekit),
        referrer=referrers.FakeReferrer(),
        objects=doubles.FakeObjects(),
        clock=manual_clock,
    )


@pytest.fixture
async def service(parts: app.Parts, manual_clock: clock.ManualClock) -> AsyncIterator[Service]:
    """Nothing goes by time in it: what looks again and again, such as the reaper, looks when a test tells it to."""
    livekit, objects, files = doubles.FakeRooms(), doubles.FakeObjects(), Files(parts.configuration)
    dialer = dialers.FakeDialer(livekit)
    referrer = referrers.FakeReferrer()
    given = dataclasses.replace(
        parts, livekit=livekit, dialer=dialer, referrer=referrer, objects=objects, load=files.load
    )
    application = app.build(given)
    async with test_utils.TestClient(test_utils.TestServer(application)) as client:
        application[keys.SWITCHBOARD].connect(doubles.LIVE)
        yield Service(
            app=application,
            client=client,
            store=parts.store,
            clock=manual_clock,
            livekit=livekit,
            dialer=dialer,
            referrer=referrer,
            objects=objects,
            files=files,
        )
