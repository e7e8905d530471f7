"""The document of the API tells everything that is served, and nothing else; its examples are true."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import openapi_pydantic
import pytest

from callcore import transfer_wishes, transfers
from dispatch.http import routes
from dispatch.livekit import bookkeeping
from dispatch.openapi import serving, webhooks
from dispatch.openapi.notes import all as notes
from dispatch.openapi.notes import told
from dispatch.store import deliveries
from dispatch.v1 import table
from dispatch.webhooks import targets
from sip_config.schema import numbers as schema_numbers
from tests.unit.dispatch import conftest

pytestmark = pytest.mark.unit

CAMEL = re.compile(r"[a-z][a-zA-Z0-9]*")
ASSETS = {"/docs/docs.css", "/docs/docs.js"}
NO_SOURCE = "default-src 'none'"


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in serving.document()["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def resolved(thing: dict[str, Any]) -> dict[str, Any]:
    found: Any = serving.document()
    for name in thing.get("$ref", "").removeprefix("#/").split("/") if "$ref" in thing else ():
        found = found[name]
    return found if "$ref" in thing else thing


def bodies() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every content of every request and answer, with a name for it."""
    for method, path, operation in operations():
        places = {"request": operation.get("requestBody", {})}
        places |= {status: resolved(answer) for status, answer in operation["responses"].items()}
        for place, given in places.items():
            for media_type, content in given.get("content", {}).items():
                yield f"{method} {path} {place} {media_type}", content


def test_the_document_is_openapi_3_1() -> None:
    parsed = openapi_pydantic.OpenAPI.model_validate(serving.document())
    assert parsed.openapi == "3.1.0"
    assert parsed.paths


def test_every_route_is_in_it_and_nothing_else(service: conftest.Service) -> None:
    served = {
        (route.method, route.resource.canonical)
        for route in service.app.router.routes()
        if route.method != "HEAD" and route.resource is not None
    }
    public = {
        pair for pair in served if not pair[1].startswith(("/internal", bookkeeping.PATH)) and pair[1] not in ASSETS
    }
    assert {(method, path) for method, path, _ in operations()} == public


def test_there_is_no_note_on_what_is_not_served() -> None:
    assert set(notes.NOTES) == {(route.method, route.path) for route in table.ROUTES}


def test_every_operation_has_a_name_of_its_own() -> None:
    names = [operation["operationId"] for _, _, operation in operations()]
    assert len(set(names)) == len(names)
    assert [name for name in names if not CAMEL.fullmatch(name)] == []


def test_every_operation_names_the_scope_that_it_demands() -> None:
    demanded = {(route.method, route.path): route.scope for route in table.ROUTES}
    assert None not in demanded.values()
    for method, path, operation in operations():
        scope = demanded.get((method, path))
        assert operation["security"] == ([{"key": [scope]}] if scope else [])


def test_every_reference_leads_somewhere() -> None:
    def references(value: Any) -> Iterator[str]:
        if isinstance(value, dict):
            yield from (inner for name, inner in value.items() if name == "$ref")
            value = list(value.values())
        for inner in value if isinstance(value, list) else ():
            yield from references(inner)

    found = set(references(serving.document()))
    assert len(found) > 30
    for reference in found:
        assert resolved({"$ref": reference})


@functools.cache
def validator_of(schema: str) -> jsonschema_rs.Validator:
    """By the text of a schema: most of them are asked for many times."""
    components = {"components": serving.document()["components"]}
    return jsonschema_rs.validator_for({**json.loads(schema), **components}, validate_formats=True)


def test_every_body_of_json_has_an_example_that_is_valid() -> None:
    tried = 0
    for name, content in bodies():
        if not name.endswith("json") or name.startswith("GET /openapi.json"):
            continue
        example = content.get("example")
        assert example is not None, name
        validator_of(json.dumps(content["schema"])).validate(example)
        tried += 1
    assert tried > 100


@pytest.mark.parametrize("route", [route for route in table.ROUTES if route.body is not routes.Nothing])
def test_the_example_of_a_request_is_taken(route: routes.AnyRoute) -> None:
    example = notes.NOTES[route.method, route.path].body
    assert route.body.model_validate(example, by_alias=True).model_fields_set


def test_the_examples_of_parameters_are_valid() -> None:
    parameters = [resolved(given) for _, _, operation in operations() for given in operation["parameters"]]
    examples = [given for given in parameters if given["in"] == "path"]
    assert len(examples) > 10
    for given in examples:
        validator_of(json.dumps(given["schema"])).validate(given["example"])


def test_names_are_camel_case() -> None:
    schemas = serving.document()["components"]["schemas"]
    ours = {name: schema for name, schema in schemas.items() if not is_of_webhooks(name)}
    names = {name for schema in ours.values() for name in schema.get("properties", {})}
    names |= {
        given["name"]
        for _, _, operation in operations()
        for given in operation["parameters"]
        if given.get("in") == "query"
    }
    assert {"callId", "nextCursor", "agentId"} <= names
    assert [name for name in names if not CAMEL.fullmatch(name)] == []


def is_of_webhooks(name: str) -> bool:
    """Whether a schema describes what we send."""
    return name in webhooks.described(told.WEBHOOKS)[1]


def test_names_in_webhooks_are_snake_case() -> None:
    schemas = serving.document()["components"]["schemas"]
    theirs = [schema for name, schema in schemas.items() if is_of_webhooks(name)]
    names = {name for schema in theirs for name in schema.get("properties", {})}
    assert {"call_id", "from", "sip_status_code", "forwarded_from_number", "lead_id"} <= names
    assert [name for name in names if not re.fullmatch(r"[a-z][a-z0-9_]*[a-z0-9]", name)] == []


def test_every_webhook_is_in_it_with_a_valid_example() -> None:
    sent = serving.document()["webhooks"]
    assert set(sent) == {"call.pre_call", "call.status", "call.report", "lead.updated"}
    for name, methods in sent.items():
        content = methods["post"]["requestBody"]["content"]["application/json"]
        validator = validator_of(json.dumps(content["schema"]))
        validator.validate(content["example"])
        assert content["example"]["type"] == name
        for field in content["example"]:
            without = {other: value for other, value in content["example"].items() if other != field}
            assert not validator.is_valid(without), f"{name} is always with {field}"


@pytest.mark.parametrize("webhook", told.WEBHOOKS, ids=lambda webhook: webhook.id)
def test_the_example_of_a_webhook_is_what_we_send(webhook: told.Webhook) -> None:
    assert json.loads(webhook.body.model_validate(webhook.example).text()) == webhook.example


def test_schemas_are_named_by_what_they_are() -> None:
    schemas = serving.document()["components"]["schemas"]
    assert [name for name in schemas if not re.fullmatch(r"[A-Z][A-Za-z0-9]+", name)] == []
    named = {name: set(schema["enum"]) for name, schema in schemas.items() if "enum" in schema}
    assert named["TransferKind"] == set(transfers.Kind)
    assert named["TransferState"] == set(transfers.State)
    assert named["TransferFallbackStrategy"] == set(transfer_wishes.Fallback)
    assert named["ForwardFallback"] == set(schema_numbers.Fallback)
    assert named["DeliveryState"] == set(deliveries.State)
    assert named["WebhookKind"] == set(targets.Kind)


def test_no_two_schemas_are_the_same_enumeration() -> None:
    schemas = serving.document()["components"]["schemas"]
    told_apart = [
        (schema["description"], tuple(schema["enum"]))
        for name, schema in schemas.items()
        if "enum" in schema and not name.startswith("Webhook")
    ]
    assert len(set(told_apart)) == len(told_apart)


async def test_it_is_served_to_everybody_and_kept_by_its_tag(service: conftest.Service) -> None:
    async with service.client.get("/openapi.json") as response:
        assert (response.status, response.content_type) == (200, "application/json")
        assert await response.json() == serving.document()
        tag = response.headers["ETag"]
    async with service.client.get("/openapi.json", headers={"If-None-Match": tag}) as response:
        assert (response.status, await response.read()) == (304, b"")
    async with service.client.head("/openapi.json", headers={"If-None-Match": '"other"'}) as response:
        assert (response.status, response.headers["ETag"]) == (200, tag)


async def test_the_page_shows_every_operation_and_every_schema(service: conftest.Service) -> None:
    async with service.client.get("/docs") as response:
        assert (response.status, response.content_type) == (200, "text/html")
        text = await response.text()
    for _, path, operation in operations():
        assert f'id="{operation["operationId"]}"' in text
        assert path in text
    for name, methods in serving.document()["webhooks"].items():
        assert f'<article id="{methods["post"]["operationId"]}"' in text
        assert f"<code>{name}</code>" in text
    links = set(re.findall(r'href="#([^"]+)"', text))
    assert len(links) > 50
    assert links <= set(re.findall(r'id="([^"]+)"', text))


async def test_the_page_loads_nothing_from_elsewhere_and_runs_no_script_of_its_own(service: conftest.Service) -> None:
    async with service.client.get("/docs") as response:
        policy = response.headers["Content-Security-Policy"]
        text = await response.text()
    assert policy.startswith(NO_SOURCE)
    assert "unsafe" not in policy
    assert re.findall(r"<script(?![^>]*\ssrc=)[^>]*>|\son\w+=|\sstyle=|<style", text) == []
    loaded = re.findall(r'<(?:script|link|img)[^>]*(?:src|href)="([^"]+)"', text)
    assert set(loaded) == ASSETS
    for path in loaded:
        async with service.client.get(path) as response:
            assert response.status == 200
            assert await response.text()
