"""Dispatch listens to other machines only when there is a key for them."""

from __future__ import annotations

import pytest

from callcore import errors
from dispatch import app
from dispatch.access import api_keys, exposure, keyring
from tests.unit.dispatch import conftest

pytestmark = pytest.mark.unit


EVERYWHERE = "0.0.0.0"  # noqa: S104  # nothing is bound


@pytest.mark.parametrize("host", [EVERYWHERE, "::", "192.0.2.1", "dispatch.example", "localhost.example", ""])
async def test_without_a_key_no_other_machine_is_listened_to(parts: app.Parts, host: str) -> None:
    with pytest.raises(errors.ConfigurationInvalid) as caught:
        await exposure.check(host, keyring.Keyring(parts.store, parts.clock))
    (problem,) = caught.value.problems
    assert problem.startswith("TRUNKLINE_HTTP_HOST: ")
    assert "trunkline keys create" in problem


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "::1", "localhost"])
async def test_this_machine_needs_no_key(parts: app.Parts, host: str) -> None:
    await exposure.check(host, keyring.Keyring(parts.store, parts.clock))


async def test_a_key_of_the_environment_is_enough(parts: app.Parts) -> None:
    await exposure.check("::", keyring.Keyring(parts.store, parts.clock, api_keys.parse(conftest.API_KEY)))
