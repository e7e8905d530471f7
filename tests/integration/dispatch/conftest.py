"""Dispatch as a process of its own beside a real Redis and livekit-server; phones are participants of kind SIP."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any, Literal

import aiohttp
import pydantic
import pytest_asyncio
from livekit import api, rtc

from lab import applications, labs
from lab.stack import processes, stacks
from tests.unit.dispatch import samples
from tests.unit.dispatch.conftest import (
    database_url,
    emptied_postgres,
    empty_database,
    migrated_postgres,
    new_sqlite,
    postgres_server,
    pytest_generate_tests,
)

__all__ = [
    "database_url",
    "emptied_postgres",
    "empty_database",
    "migrated_postgres",
    "new_sqlite",
    "postgres_server",
    "pytest_generate_tests",
]

DEADLINE_S = 20.0
_POLL_S = 0.05

Json = Any


@dataclasses.dataclass(frozen=True, kw_only=True)
class Site:
    """A running dispatch, and everything around it."""

    stack: stacks.Stack
    deployment: applications.Deployment
    dispatch: processes.Process
    http: aiohttp.ClientSession
    livekit: api.LiveKitAPI

    @property
    def url(self) -> str:
        return self.deployment.dispatch_url

    async def get(self, path: str) -> tuple[int, Json]:
        headers = {"Authorization": f"Bearer {self.deployment.api_key}"}
        async with self.http.get(self.url + path, headers=headers) as response:
            return response.status, await response.json()

    async def post(self, path: str, message: pydantic.BaseModel) -> int:
        """A worker's request."""
        headers = {
            "Authorization": f"Bearer {self.deployment.internal_secret}",
            "Content-Type": "application/json",
        }
        async with self.http.post(self.url + path, data=message.model_dump_json(), headers=headers) as response:
            return response.status

    async def checks(self) -> dict[str, bool]:
        """What `/readyz` says of each thing."""
        _, body = await self.get("/readyz")
        return {name: check["ok"] for name, check in body["checks"].items()}

    async def call_of(self, room: str) -> Json:
        """The call in a room; None while there is none."""
        _, page = await self.get("/v1/calls?limit=200")
        return next((call for call in page["items"] if call["roomName"] == room), None)

    async def rooms(self) -> set[str]:
        listed = await self.livekit.room.list_rooms(api.ListRoomsRequest())
        return {room.name for room in listed.rooms}

    @contextlib.asynccontextmanager
    async def phone(
        self, room_name: str, attributes: Mapping[str, str] | None = None, *, kind: Literal["sip", "agent"] = "sip"
    ) -> AsyncIterator[rtc.Room]:
        """Somebody on the phone in a room, as livekit-sip would bring them; or, by its kind, an agent."""
        access = self.stack.site.access
        token = (
            api.AccessToken(access.api_key, access.api_secret)
            .with_identity(f"{kind}_{samples.CALLER}")
            .with_kind(kind)
            .with_attributes(dict(attributes or {}))
            .with_grants(api.VideoGrants(room_join=True, room=room_name))
            .to_jwt()
        )
        room = rtc.Room()
        await room.connect(access.url, token)
        try:
            yield room
        finally:
            await room.disconnect()


async def eventually(holds: Callable[[], Awaitable[bool]], within_s: float = DEADLINE_S) -> float:
    """Wait until something holds; the seconds that it took."""
    began = time.monotonic()
    async with asyncio.timeout(within_s):
        while not await holds():
            await asyncio.sleep(_POLL_S)
    return time.monotonic() - began


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def site() -> AsyncIterator[Site]:
    async with stacks.running(stacks.StackOptions(environment=os.environ)) as stack:
        deployment = applications.Deployment(
            site=stack.site,
            program=applications.TRUNKLINE,
            config=labs.SAMPLE_SET,
            max_calls=1,
            environment=os.environ,
        )
        dispatch = applications.dispatch(deployment)
        await dispatch.start()
        access = stack.site.access
        async with (
            aiohttp.ClientSession() as http,
            api.LiveKitAPI(access.url, access.api_key, access.api_secret) as livekit,
        ):
            yield Site(stack=stack, deployment=deployment, dispatch=dispatch, http=http, livekit=livekit)
        await dispatch.stop()
