"""The whole corpus where every address can be reached: nothing gets through that should not, and all that should."""

from __future__ import annotations

import json
import pathlib
import shutil
import subprocess
import sys

import pytest

from callcore import addresses
from tests import recorded

pytestmark = [pytest.mark.unit, pytest.mark.long, pytest.mark.timeout(300)]

REBINDINGS = 1000
NETWORK_OF_ITS_OWN = ("unshare", "--map-root-user", "--net")


def has_network_of_its_own() -> bool:
    """Whether this machine lets a process have one."""
    if shutil.which("unshare") is None or shutil.which("ip") is None:
        return False
    return subprocess.run([*NETWORK_OF_ITS_OWN, "true"], check=False, capture_output=True).returncode == 0


def test_nothing_gets_through_on_a_machine_that_is_everywhere() -> None:
    if not has_network_of_its_own():
        pytest.skip("needs a network namespace: unshare and ip")
    command = [*NETWORK_OF_ITS_OWN, sys.executable, "-m", "tests.unit.callcore.addresses.everywhere", str(REBINDINGS)]
    ran = subprocess.run(command, check=True, capture_output=True, text=True, timeout=240)
    counted = {"version": recorded.version([pathlib.Path(addresses.__file__).parent]), **json.loads(ran.stdout)}
    recorded.add("address_guard", counted)
    assert counted["urls"] >= 300
    assert counted["connections"] == 0
    assert counted["connections_without_guard"] >= 300
    assert (counted["rebindings_refused"], counted["rebinding_connections"]) == (REBINDINGS, 0)
    assert counted["redirects_refused"] >= 300
    assert counted["redirect_connections"] == 0
    assert counted["public"] >= 100
    assert (counted["public_answered"], counted["public_refused"]) == (counted["public"], 0)
    assert (counted["passed_check_url"], counted["public_failed_check_url"]) == (0, 0)
