"""What the API and the command line say of trunks."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator

import pytest
from structlog import testing

from dispatch.store import refer_experiences as rows
from tests.unit.cli import conftest as cli_conftest
from tests.unit.dispatch import conftest, samples

pytestmark = pytest.mark.unit

TRUNK = "lab"
NEVER_ASKED = {
    "configured": True,
    "learned": "unknown",
    "taken": 0,
    "refused": 0,
    "unknown": 0,
    "lastResult": None,
    "lastSipStatusCode": None,
    "lastAt": None,
    "refusesSince": None,
}


async def learn(service: conftest.Service, **known: object) -> None:
    fields: dict[str, object] = {
        "trunk": TRUNK,
        "last_result": rows.Result.REFUSED,
        "last_sip_status_code": 405,
        "last_at": service.clock.now(),
    }
    async with service.store.writing() as tx:
        await rows.put(tx, rows.Experience(**(fields | known)))  # type: ignore[arg-type]  # its own fields


async def refer_of(service: conftest.Service) -> dict[str, object]:
    status, page = await service.public("/v1/trunks")
    assert (status, page["nextCursor"]) == (200, None)
    (trunk,) = page["items"]
    assert (trunk["name"], trunk["inbound"], trunk["managedBy"]) == (TRUNK, True, "file")
    refer: dict[str, object] = trunk["refer"]
    return refer


async def test_a_trunk_that_was_never_asked(service: conftest.Service) -> None:
    assert await refer_of(service) == NEVER_ASKED


async def test_a_trunk_that_refuses(service: conftest.Service) -> None:
    await learn(service, taken=3, refused=1, unknown=2, refuses_since=samples.START)
    at = "2026-01-02T03:04:05.000Z"
    assert await refer_of(service) == {
        "configured": True,
        "learned": "refuses",
        "taken": 3,
        "refused": 1,
        "unknown": 2,
        "lastResult": "refused",
        "lastSipStatusCode": 405,
        "lastAt": at,
        "refusesSince": at,
    }
    service.clock.advance(dt.timedelta(days=1).total_seconds())
    refer = await refer_of(service)
    assert (refer["learned"], refer["refusesSince"]) == ("unknown", None)


@pytest.mark.parametrize(
    ("known", "learned"),
    [
        ({"taken": 1, "last_result": rows.Result.TAKEN}, "accepts"),
        ({"taken": 1, "unknown": 1, "last_result": rows.Result.UNKNOWN}, "accepts"),
        ({"taken": 1, "refused": 1}, "unknown"),
        ({"unknown": 1, "last_result": rows.Result.UNKNOWN}, "unknown"),
    ],
)
async def test_what_was_learned(service: conftest.Service, known: dict[str, object], learned: str) -> None:
    await learn(service, **known)
    assert (await refer_of(service))["learned"] == learned


async def test_pages_are_those_of_every_list(service: conftest.Service) -> None:
    assert (await service.public("/v1/trunks?limit=0"))[0] == 422
    assert (await service.public("/v1/trunks?cursor=x"))[0] == 422


@pytest.fixture
def trunkline(service: conftest.Service) -> Iterator[cli_conftest.Trunkline]:
    url = str(service.client.make_url("")).rstrip("/")
    with testing.capture_logs():  # it logs to the stdout of this process, which is the command's
        yield cli_conftest.Trunkline({"TRUNKLINE_DISPATCH_URL": url, "TRUNKLINE_API_KEY": conftest.API_KEY})


async def test_the_command_shows_them(service: conftest.Service, trunkline: cli_conftest.Trunkline) -> None:
    await learn(service, refused=2, refuses_since=samples.START)
    shown = await trunkline("trunks")
    heading, row = shown.stdout.splitlines()
    assert heading.split()[:3] == ["trunk", "calls", "REFER"]
    for part in (TRUNK, "allowed", "refuses since 2026-01-02T03:04:05.000Z", "refused (405)"):
        assert part in row
    as_json = json.loads((await trunkline("trunks", "--json")).stdout)
    assert as_json["items"] == (await service.public("/v1/trunks"))[1]["items"]
