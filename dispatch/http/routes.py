"""Routes as values: what a path takes and gives, in one place for the server, its documentation and the tests."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from typing import Any, Generic, TypeVar

import pydantic
from aiohttp import web

from dispatch.access import auth, scopes
from dispatch.http import reading


class Nothing(pydantic.BaseModel):
    """No query parameters, or no body."""

    model_config = pydantic.ConfigDict(extra="forbid")


Q = TypeVar("Q", bound=pydantic.BaseModel)
B = TypeVar("B", bound=pydantic.BaseModel)

WITH_BODY = frozenset({"POST", "PUT", "PATCH"})
"""Methods whose requests have a body."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Route(Generic[Q, B]):
    """One method of one path."""

    method: str
    path: str
    """With `{name}` for the parts that vary."""
    handler: Callable[[web.Request, Q, B], Awaitable[web.StreamResponse]]
    summary: str
    query: type[Q]
    body: type[B]
    scope: scopes.Scope | None = None
    """What the key of a request to `/v1` must be allowed to do; None for what is not public."""
    is_idempotent: bool = False
    """Whether it takes an `Idempotency-Key`."""
    answers: Mapping[int, object]
    """The type of the body by status, as pydantic understands types; None for no body. Errors are not listed."""
    max_body: int = reading.MAX_BODY
    streamed: bool = False
    """Whether the handler reads the body itself, as it comes; `body` is `Nothing` then."""

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """See whether the key may do this, read the input, then handle it."""
        if self.scope is not None:
            scopes.demand(auth.key_of(request).scopes, self.scope)
        query = reading.parameters(request.query, self.query)
        takes_body = request.method in WITH_BODY and not self.streamed
        body = await reading.body(request, self.body, limit=self.max_body) if takes_body else self.body()
        return await self.handler(request, query, body)


AnyRoute = Route[Any, Any]  # the models differ from route to route


def mount(app: web.Application, routes: Iterable[AnyRoute]) -> None:
    """Let an application serve these routes."""
    routes = tuple(routes)
    for route in routes:
        path = _apart(route.path, {other.path for other in routes})
        if route.method == "GET":
            app.router.add_get(path, route.serve)  # brings HEAD along (RFC 9110 section 9.1)
        else:
            app.router.add_route(route.method, path, route.serve)


def _apart(path: str, others: Collection[str]) -> str:
    """A path for the router; what varies at its end is none of the words that have a path of their own there.

    Else `PATCH /things/import` would be a change of the thing `import`, and not a method that this path does not know.
    """
    before, _, last = path.rpartition("/")
    if not last.startswith("{"):
        return path
    words = [other.rpartition("/")[2] for other in others if other.rpartition("/")[0] == before and other != path]
    literal = "|".join(re.escape(word) for word in sorted(words) if not word.startswith("{"))
    return f"{before}/{last[:-1]}:(?!(?:{literal})$)[^{{}}/]+}}" if literal else path
