"""`trunkline plan` and `trunkline apply` against a real livekit-server."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from livekit import api

from lab.stack import stacks
from tests.unit.sip_config import samples

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="package")]

SECRET = "correct horse battery"
TRUNKS = """\
trunks:
  carrier:
    inbound:
      allowed_addresses: ["{network}"]
      auth: {{username: acme, password: "${{TRUNK_PASSWORD}}"}}
"""


class Ended(NamedTuple):
    """How a command ended."""

    code: int | None
    out: str
    err: str


class Terminal:
    """Runs `trunkline` in a folder with a configuration, without a terminal."""

    def __init__(self, folder: Path, stack: stacks.Stack) -> None:
        self.folder = folder
        access = stack.site.access
        self.environment = {
            "PATH": os.environ["PATH"],
            "LIVEKIT_URL": access.url,
            "LIVEKIT_API_KEY": access.api_key,
            "LIVEKIT_API_SECRET": access.api_secret,
            "TRUNKLINE_INTERNAL_SECRET": SECRET,
            "TRUNKLINE_DISPATCH_URL": "http://127.0.0.1:9",
            "TRUNK_PASSWORD": "first",
            "MY_KEY": "k",
        }

    def write(self, network: str) -> None:
        samples.write(self.folder / "config", {"trunks.yaml": TRUNKS.format(network=network)})

    async def run(self, *words: str, unset: Sequence[str] = (), **variables: str) -> Ended:
        environment = {name: value for name, value in self.environment.items() if name not in unset} | variables
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "cli.main", *words),
            cwd=self.folder,
            env=environment | {"PYTHONPATH": str(Path(__file__).parents[3])},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        async with asyncio.timeout(30.0):
            out, err = await process.communicate()
        return Ended(process.returncode, out.decode(), err.decode())


@pytest.fixture
def terminal(tmp_path: Path, stack: stacks.Stack, livekit_api: api.LiveKitAPI) -> Terminal:
    made = Terminal(tmp_path, stack)
    made.write("127.0.0.1/32")
    return made


def changes(ended: Ended) -> list[tuple[Any, ...]]:
    return [(change["action"], change["kind"], change["name"]) for change in json.loads(ended.out)["changes"]]


async def test_plan_apply_and_a_plan_with_nothing_in_it(terminal: Terminal) -> None:
    planned = await terminal.run("plan", "--json", "--exit-code")
    assert (planned.code, planned.err) == (2, "")
    assert changes(planned) == [
        ("create", "trunk", "carrier"),
        ("create", "rule", "carrier"),
        ("create", "rule", "catch-all"),
    ]
    applied = await terminal.run("apply", "--yes", "config")
    assert applied.code == 0
    assert "Applied: 3 created." in applied.out
    assert "dispatch does not answer at http://127.0.0.1:9" in applied.err
    again = await terminal.run("plan", "--json", "--exit-code")
    assert (again.code, json.loads(again.out)) == (0, {"changes": [], "foreign": [], "conflicts": []})
    assert (await terminal.run("apply", "--json", "--yes")).code == 0


async def test_changes_are_shown_with_old_and_new_and_passwords_are_not(terminal: Terminal) -> None:
    assert (await terminal.run("apply", "--yes")).code == 0
    terminal.write("192.0.2.0/24")
    planned = await terminal.run("plan", TRUNK_PASSWORD="second")
    assert "~ trunk carrier (ST_" in planned.out
    assert "allowed_addresses: -127.0.0.1/32 +192.0.2.0/24" in planned.out
    assert "auth_password: (set) → (changed)" in planned.out
    assert not {"first", "second"} & set(planned.out.split())


async def test_what_is_not_ours_is_named_and_what_is_in_the_way_refused(
    terminal: Terminal, livekit_api: api.LiveKitAPI
) -> None:
    theirs = api.SIPInboundTrunkInfo(name="theirs", numbers=["+12015550999"])
    made = await livekit_api.sip.create_inbound_trunk(api.CreateSIPInboundTrunkRequest(trunk=theirs))
    planned = await terminal.run("plan")
    assert f"left alone, not ours: trunk theirs ({made.sip_trunk_id})" in planned.out
    taken = api.SIPInboundTrunkInfo(name="taken", numbers=[samples.MAIN])
    await livekit_api.sip.create_inbound_trunk(api.CreateSIPInboundTrunkRequest(trunk=taken))
    assert "in the way: the trunk" in (await terminal.run("plan")).out
    refused = await terminal.run("apply", "--yes")
    assert (refused.code, "Nothing was changed" in refused.err) == (1, True)
    rules = await livekit_api.sip.list_dispatch_rule(api.ListSIPDispatchRuleRequest())
    assert not rules.items


async def test_nobody_to_ask_is_a_refusal(terminal: Terminal) -> None:
    refused = await terminal.run("apply")
    assert (refused.code, refused.err) == (
        1,
        "Nothing was changed: nobody can be asked here; give --yes to apply without asking.\n",
    )
    assert "+ trunk carrier" in refused.out


async def test_missing_variables_and_a_livekit_that_is_out_are_sentences(terminal: Terminal) -> None:
    missing = await terminal.run("plan", unset=["LIVEKIT_URL", "LIVEKIT_API_KEY"])
    assert (missing.code, missing.err.splitlines()) == (
        78,
        [
            "LIVEKIT_URL is not set: it says how to reach livekit-server.",
            "LIVEKIT_API_KEY is not set: it says how to reach livekit-server.",
        ],
    )
    out = await terminal.run("plan", LIVEKIT_URL="ws://127.0.0.1:9")
    assert (out.code, out.err.count("\n")) == (1, 1)
    assert "ws://127.0.0.1:9 does not answer" in out.err
    wrong = await terminal.run("plan", LIVEKIT_API_SECRET="x" * 40)
    assert (wrong.code, wrong.err.count("\n")) == (1, 1)
