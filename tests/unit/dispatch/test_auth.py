"""Who may enter."""

from __future__ import annotations

import pytest
import yarl

from callcore import errors
from dispatch import app
from dispatch.access import api_keys, failed_tries, keyring, scopes
from dispatch.internal import table as internal_table
from dispatch.v1 import table as v1_table
from tests.unit.dispatch import conftest

pytestmark = pytest.mark.unit

NO_CALL = "call_00000000000000000000000000"
GUARDED = [(route.method, route.path.replace("{id}", NO_CALL)) for route in (*v1_table.ROUTES, *internal_table.ROUTES)]
NOT_THERE = [("GET", "/v1"), ("GET", "/v1/nothing"), ("PATCH", "/v1/calls"), ("GET", "/api/v1/nothing")]

BAD = [
    {},
    {"Authorization": ""},
    {"Authorization": "Bearer"},
    {"Authorization": "Bearer "},
    {"Authorization": "Bearer nonsense"},
    {"Authorization": "Bearer tl_test_0123456789abcdeX"},
    {"Authorization": "Bearer tl_other_0123456789abcdef"},
    {"Authorization": f"Basic {conftest.API_KEY}"},
    {"Authorization": conftest.API_KEY},
    {"Authorization": "Bearer tl_test_" + "\u00e9" * 16},
]


async def test_without_a_good_key_every_guarded_path_gives_the_same_401(service: conftest.Service) -> None:
    bodies = set()
    for method, path in (*GUARDED, *NOT_THERE):
        service.clock.advance(failed_tries.WINDOW_S)
        for headers in BAD if path in ("/v1/calls", "/internal/snapshot") else BAD[::5]:
            async with service.client.request(method, path, headers=headers) as response:
                assert response.status == 401, (method, path, headers)
                assert response.headers["WWW-Authenticate"].startswith("Bearer")
                assert response.content_type == "application/problem+json"
                bodies.add(await response.text())
    assert len(bodies) == 1


async def test_the_workers_secret_does_not_open_the_api_and_the_other_way_round(service: conftest.Service) -> None:
    for path, secret in (("/v1/calls", conftest.SECRET), ("/internal/snapshot", conftest.API_KEY)):
        async with service.client.get(path, headers={"Authorization": f"Bearer {secret}"}) as response:
            assert response.status == 401


@pytest.mark.parametrize(
    "path", ["/%761/calls", "/v1%2Fcalls", "/v1/../v1/calls", "/./v1/calls", "/internal%2fsnapshot"]
)
async def test_other_spellings_of_a_path_do_not_get_past_the_guard(service: conftest.Service, path: str) -> None:
    url = yarl.URL(f"http://127.0.0.1:{service.client.port}{path}", encoded=True)
    async with service.client.session.get(url) as response:
        assert response.status in (401, 404)


async def test_two_keys_in_one_request_are_none(service: conftest.Service) -> None:
    good, bad = (("Authorization", f"Bearer {key}") for key in (conftest.API_KEY, "tl_other_0123456789abcdef"))
    for headers in ([good, bad], [bad, good], [good, good]):
        async with service.client.get("/v1/calls", headers=headers) as response:
            assert response.status == 401


async def test_the_scheme_is_read_without_regard_to_case(service: conftest.Service) -> None:
    async with service.client.get("/v1/calls", headers={"Authorization": f"bearer {conftest.API_KEY}"}) as response:
        assert response.status == 200


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
async def test_what_tells_nothing_about_calls_is_open(service: conftest.Service, path: str) -> None:
    async with service.client.get(path) as response:
        assert response.status in (200, 503)


async def test_several_keys_of_the_environment_are_known_by_their_ids(parts: app.Parts) -> None:
    given = api_keys.parse("tl_a_0123456789abcdef, tl_b_fedcba9876543210")
    ring = keyring.Keyring(parts.store, parts.clock, given)
    tried = ("tl_a_0123456789abcdef", "tl_b_fedcba9876543210", "tl_a_fedcba9876543210")
    found = [await ring.find(key) for key in tried]
    assert [key.id if key else None for key in found] == ["a", "b", None]
    assert all(key.scopes == {scopes.Scope.ADMIN} for key in given)


@pytest.mark.parametrize("text", ["", "nonsense", "tl_a_short", "tl__0123456789abcdef", "tl_a_0123456789abcdef,"])
def test_what_is_no_key_is_refused_without_being_repeated(text: str) -> None:
    with pytest.raises(errors.BadInput) as caught:
        api_keys.parse(text)
    assert not text or text not in caught.value.message


def test_two_keys_with_one_id_are_refused() -> None:
    with pytest.raises(errors.BadInput, match="key 2"):
        api_keys.parse("tl_a_0123456789abcdef,tl_a_fedcba9876543210")
