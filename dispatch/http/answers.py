"""Successful answers as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pydantic
from aiohttp import web


def model(
    body: pydantic.BaseModel | None, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> web.Response:
    """A model under the names that its fields have outside."""
    text = body.model_dump_json(by_alias=True) if body is not None else "null"
    return web.Response(text=text, status=status, headers=headers, content_type="application/json")


def value(body: Any, of_type: Any, *, headers: Mapping[str, str] | None = None) -> web.Response:
    """A value of any type that pydantic understands, such as a list of models."""
    adapter: pydantic.TypeAdapter[Any] = pydantic.TypeAdapter(of_type)
    return web.Response(body=adapter.dump_json(body, by_alias=True), headers=headers, content_type="application/json")
