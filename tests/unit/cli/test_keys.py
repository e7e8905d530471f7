"""`trunkline keys`, beside a real dispatch in this process, and beside nothing but a database."""

from __future__ import annotations

import json
import os
import pathlib
from collections.abc import AsyncIterator, Iterator

import pytest
from aiohttp import test_utils, web
from structlog import testing

from cli import failing, key_database, key_desks
from dispatch import offline, settings
from dispatch.access import api_keys
from tests.unit.cli import conftest
from tests.unit.dispatch import conftest as dispatch_conftest
from tests.unit.dispatch.conftest import (  # noqa: F401  # fixtures
    configuration,
    database_url,
    empty_database,
    manual_clock,
    new_sqlite,
    parts,
    service,
    store,
    usual_settings,
)

pytestmark = pytest.mark.unit

LIMITS = ("--concurrent", "2", "--per-minute", "3", "--per-day", "4", "--minutes-per-day", "5")
CREATE = ("keys", "create", "--scope", "calls:read", "--scope", "config:read", "--label", "the CRM", *LIMITS)
NOWHERE = "http://127.0.0.1:9"


@pytest.fixture
def folder(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    """An empty one to work in."""
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    monkeypatch.setattr(os, "umask", lambda _mask: 0o022)  # of the whole test process
    return here


@pytest.fixture
def beside_dispatch(
    service: dispatch_conftest.Service,  # noqa: F811
    folder: pathlib.Path,
) -> Iterator[conftest.Trunkline]:
    url = str(service.client.make_url("")).rstrip("/")
    with testing.capture_logs():  # it logs to the stdout of this process, which is the command's
        yield conftest.Trunkline(
            {
                "TRUNKLINE_DISPATCH_URL": url,
                "TRUNKLINE_INTERNAL_SECRET": dispatch_conftest.SECRET,
                "TRUNKLINE_STATE_DIR": str(folder / "state"),
            }
        )


@pytest.fixture
def alone(folder: pathlib.Path) -> conftest.Trunkline:
    return conftest.Trunkline(
        {
            "TRUNKLINE_DISPATCH_URL": NOWHERE,
            "TRUNKLINE_INTERNAL_SECRET": dispatch_conftest.SECRET,
            "TRUNKLINE_STATE_DIR": str(folder / "state"),
        }
    )


@pytest.fixture(params=["beside_dispatch", "alone"])
def trunkline(request: pytest.FixtureRequest) -> conftest.Trunkline:
    found: conftest.Trunkline = request.getfixturevalue(request.param)
    return found


async def test_a_key_is_made_listed_and_revoked(trunkline: conftest.Trunkline) -> None:
    made = await trunkline(*CREATE)
    assert made.exit_code == 0
    key = api_keys.read(made.stdout.removesuffix("\n"))
    assert key is not None
    assert "shown this once" in made.stderr
    listed = await trunkline("keys", "list")
    assert made.stdout.strip() not in listed.output
    heading, row = listed.stdout.splitlines()
    assert heading.split()[0] == "id"
    for part in (
        key.id,
        "good",
        "2 at once, 3 a minute, 4 a day, 5 minutes a day",
        "calls:read config:read",
        "the CRM",
    ):
        assert part in row
    for named in (key.id, made.stdout.strip()):
        revoked = await trunkline("keys", "revoke", named)
        assert (revoked.exit_code, revoked.stdout) == (0, f"{key.id} is revoked\n")
    (item,) = json.loads((await trunkline("keys", "list", "--json")).stdout)["items"]
    assert item["revokedAt"] is not None


async def test_json_is_that_of_the_api(trunkline: conftest.Trunkline) -> None:
    created = json.loads((await trunkline(*CREATE, "--json")).stdout)
    assert created.pop("key").startswith(f"tl_{created['id']}_")
    assert created["limits"] == {"concurrent": 2, "perMinute": 3, "perDay": 4, "minutesPerDay": 5}
    assert json.loads((await trunkline("keys", "list", "--json")).stdout) == {"items": [created]}
    revoked = await trunkline("keys", "revoke", created["id"], "--json")
    assert json.loads(revoked.stdout) == {"id": created["id"], "revoked": True}


async def test_what_cannot_be_is_a_sentence(trunkline: conftest.Trunkline) -> None:
    await trunkline(*CREATE)
    failed = await trunkline("keys", "revoke", "../nobody")
    assert (failed.exit_code, failed.stdout) == (failing.EXIT_FAILED, "")
    assert failed.stderr.splitlines()[-1].startswith("There is no such key.")
    failed = await trunkline("keys", "create", "--scope", "calls:read", "--label", "x" * 201)
    assert (failed.exit_code, failed.stdout) == (failing.EXIT_FAILED, "")
    assert failed.stderr.splitlines()[-1].startswith("label: ")


async def test_every_page_is_listed(trunkline: conftest.Trunkline, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(key_database, "_PAGE", 1)
    monkeypatch.setattr(key_desks, "_PAGE", 1)
    for _ in range(2):
        await trunkline("keys", "create", "--scope", "calls:read")
    assert len(json.loads((await trunkline("keys", "list", "--json")).stdout)["items"]) == 2


@pytest.mark.parametrize("words", [("--scope", "calls:all"), (), ("--scope", "admin", "--concurrent", "-1")])
async def test_wrong_arguments_are_refused(alone: conftest.Trunkline, words: tuple[str, ...]) -> None:
    assert (await alone("keys", "create", *words)).exit_code == 2


async def test_a_key_that_dispatch_makes_opens_at_once(
    beside_dispatch: conftest.Trunkline,
    service: dispatch_conftest.Service,  # noqa: F811
    folder: pathlib.Path,
) -> None:
    key = (await beside_dispatch(*CREATE)).stdout.strip()
    headers = {"Authorization": f"Bearer {key}"}
    assert (await service.public("/v1/agents", headers=headers))[0] == 200
    await beside_dispatch("keys", "revoke", key.split("_")[1])
    assert (await service.public("/v1/agents", headers=headers))[0] == 401
    assert list(folder.iterdir()) == []


async def test_before_the_first_start_it_says_where_the_key_is(alone: conftest.Trunkline) -> None:
    made = await alone("keys", "create", "--scope", "admin")
    assert made.stderr.startswith(f"dispatch does not answer at {NOWHERE}; working on its database ")
    made = await alone("keys", "create", "--scope", "admin", TRUNKLINE_INTERNAL_SECRET="")
    assert (made.exit_code, made.stderr.split(" ")[0]) == (0, "TRUNKLINE_INTERNAL_SECRET")


@pytest.mark.parametrize("words", [("list",), ("revoke", "x")])
async def test_nothing_is_made_only_to_look(
    alone: conftest.Trunkline, folder: pathlib.Path, words: tuple[str, ...]
) -> None:
    failed = await alone("keys", *words)
    assert failed.exit_code == failing.EXIT_FAILED
    why, told = failed.stderr.splitlines()
    assert why.startswith(f"dispatch does not answer at {NOWHERE}; ")
    assert told == f"There is no database {folder}/state/trunkline.db yet, and so no key."
    assert list(folder.iterdir()) == []


async def test_a_dispatch_that_was_named_is_not_gone_round(alone: conftest.Trunkline, folder: pathlib.Path) -> None:
    failed = await alone(*CREATE, "--url", NOWHERE)
    assert (failed.exit_code, failed.stderr) == (1, f"dispatch does not answer at {NOWHERE}\n")
    failed = await alone(*CREATE, "--url", NOWHERE, TRUNKLINE_INTERNAL_SECRET="")
    assert failed.exit_code == failing.EXIT_CONFIG
    failed = await alone(*CREATE, "--url", "nonsense")
    assert failed.stderr == "nonsense is not a URL such as http://127.0.0.1:8080\n"
    assert list(folder.iterdir()) == []


async def test_a_dispatch_that_runs_elsewhere_keeps_its_database(alone: conftest.Trunkline) -> None:
    await alone(*CREATE)
    with offline.database(settings.StoreSettings(trunkline_state_dir=pathlib.Path("state"), _env_file=None)):
        failed = await alone(*CREATE)
    assert failed.exit_code == failing.EXIT_FAILED
    assert failed.stdout == ""
    assert "Dispatch is running" in failed.stderr
    assert "TRUNKLINE_DISPATCH_URL" in failed.stderr


async def test_another_secret_is_said(beside_dispatch: conftest.Trunkline) -> None:
    failed = await beside_dispatch(*CREATE, TRUNKLINE_INTERNAL_SECRET="another one of 16")
    assert failed.exit_code == failing.EXIT_FAILED
    assert "does not take this TRUNKLINE_INTERNAL_SECRET" in failed.stderr


@pytest.fixture
async def stranger(alone: conftest.Trunkline) -> AsyncIterator[conftest.Trunkline]:
    """Something that is no dispatch has its port."""

    async def answer(_: web.Request) -> web.Response:
        return web.Response(text="It works!")

    strange = web.Application()
    strange.router.add_route("*", "/{path:.*}", answer)
    async with test_utils.TestServer(strange) as server:
        yield conftest.Trunkline(alone.environment | {"TRUNKLINE_DISPATCH_URL": str(server.make_url("")).rstrip("/")})


async def test_what_is_no_dispatch_is_said_to_be_none(stranger: conftest.Trunkline, folder: pathlib.Path) -> None:
    failed = await stranger(*CREATE)
    assert (failed.exit_code, list(folder.iterdir())) == (failing.EXIT_FAILED, [])
    assert "does not speak like dispatch" in failed.stderr
