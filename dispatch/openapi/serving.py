"""Serves the document and its page: made at the first request for them, then kept."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import importlib.metadata
import importlib.resources
import json
from collections.abc import Callable, Mapping

import aiohttp
from aiohttp import typedefs, web

from dispatch.openapi import documents, noting, pages
from dispatch.openapi.notes import all as notes
from dispatch.openapi.notes import told
from dispatch.v1 import table

_CACHE_CONTROL = "public, no-cache"  # kept, but asked for each time: the ETag makes that cheap
_PAGE_HEADERS = {
    # Everything comes from here, and nothing goes anywhere.
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Resource:
    """A body that is the same for everybody."""

    text: str
    content_type: str
    headers: Mapping[str, str] = dataclasses.field(default_factory=dict)

    @functools.cached_property
    def tag(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()[:32]

    def answer(self, request: web.Request) -> web.Response:
        """The whole, or 304 for a client that has it (RFC 9110 section 13.1.2)."""
        headers = {"Cache-Control": _CACHE_CONTROL, "Vary": "Accept-Encoding", "X-Content-Type-Options": "nosniff"}
        if any(known.value in (self.tag, "*") for known in request.if_none_match or ()):
            response = web.Response(status=304, headers=headers)
        else:
            headers |= self.headers
            response = web.Response(text=self.text, headers=headers, content_type=self.content_type)
            response.enable_compression()
        response.etag = aiohttp.ETag(value=self.tag, is_weak=True)  # weak: the same for every encoding
        return response


def mount(app: web.Application) -> None:
    """Let an application serve the document, the page, and what the page needs."""
    for path, resource in (
        ("/openapi.json", _json),
        ("/docs", _page),
        ("/docs/docs.css", _style),
        ("/docs/docs.js", _script),
    ):
        app.router.add_get(path, _handler(resource))


@functools.cache
def document() -> noting.Json:
    """The document of the API as it is served."""
    return documents.build(table.ROUTES, notes.NOTES, told.WEBHOOKS, version=importlib.metadata.version("trunkline"))


@functools.cache
def _json() -> _Resource:
    text = json.dumps(document(), ensure_ascii=False, separators=(",", ":"))
    return _Resource(text=text, content_type="application/json")


@functools.cache
def _page() -> _Resource:
    return _Resource(text=pages.render(document()), content_type="text/html", headers=_PAGE_HEADERS)


@functools.cache
def _style() -> _Resource:
    return _Resource(text=_asset("docs.css"), content_type="text/css")


@functools.cache
def _script() -> _Resource:
    return _Resource(text=_asset("docs.js"), content_type="text/javascript")


def _asset(name: str) -> str:
    return importlib.resources.files("dispatch.openapi").joinpath("assets", name).read_text()


def _handler(resource: Callable[[], _Resource]) -> typedefs.Handler:
    async def answer(request: web.Request) -> web.StreamResponse:
        return resource().answer(request)

    return answer
