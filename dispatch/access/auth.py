"""Who may enter: with an API key what is public, with the workers' secret `/internal`, everybody what tells nothing."""

from __future__ import annotations

import enum
import hmac
import math

from aiohttp import typedefs, web

from callcore import clock
from dispatch import metrics
from dispatch.access import api_keys, failed_tries, keyring, scopes
from dispatch.http import problems

_REALM = 'Bearer realm="trunkline"'
_KEY = web.RequestKey("api_key", api_keys.ApiKey)


class Area(enum.Enum):
    """What a path belongs to."""

    PUBLIC = "public"
    INTERNAL = "internal"
    OPEN = "open"


_AREAS = {"v1": Area.PUBLIC, "api": Area.PUBLIC, "internal": Area.INTERNAL}  # by the first part of the path


class Guard:
    """Lets in whoever shows what the path demands, and limits how often others may try."""

    def __init__(
        self, keys: keyring.Keyring, internal_secret: str, counters: metrics.Metrics, timepiece: clock.Clock
    ) -> None:
        self._keys = keys
        self._secret = internal_secret.encode()
        self._counters = counters
        self._tries = failed_tries.FailedTries(timepiece)

    def middleware(self) -> typedefs.Middleware:
        """It stands before routing errors: without a key nobody learns which guarded paths exist."""

        @web.middleware
        async def guard(request: web.Request, handler: typedefs.Handler) -> web.StreamResponse:
            if not await self._admits(request):
                return self._refusal(request)
            try:
                return await handler(request)
            except scopes.MissingScope:
                self._counters.refused_requests.labels(why="missing_scope").inc()
                raise

        return guard

    async def _admits(self, request: web.Request) -> bool:
        presented = _bearer(request)
        match area(request):
            case Area.PUBLIC:
                key = await self._keys.find(presented)
                if key is not None:
                    request[_KEY] = key
                return key is not None
            case Area.INTERNAL:
                return hmac.compare_digest(presented.encode(errors="surrogateescape"), self._secret)
            case Area.OPEN:
                return True

    def _refusal(self, request: web.Request) -> web.Response:
        # The same for no key and for a wrong one.
        wait_s = self._tries.note(request.remote)
        if wait_s is None:
            self._counters.refused_requests.labels(why="unauthorized").inc()
            detail = "This needs a valid key: Authorization: Bearer …"
            return problems.response(401, "unauthorized", detail, headers={"WWW-Authenticate": _REALM})
        self._counters.refused_requests.labels(why="too_many_failures").inc()
        headers = {"Retry-After": str(math.ceil(wait_s)), "WWW-Authenticate": _REALM}
        detail = "Too many requests without a valid key came from this address. One with a valid key still enters."
        return problems.response(429, "too_many_failures", detail, headers=headers)


def area(request: web.Request) -> Area:
    """What the request's path belongs to, in whatever spelling it came."""
    resource = request.match_info.route.resource
    path = resource.canonical if resource is not None else request.path
    return _AREAS.get(path.removeprefix("/").split("/", 1)[0], Area.OPEN)


def key_of(request: web.Request) -> api_keys.ApiKey:
    """The key of a request to what is public."""
    return request[_KEY]


def _bearer(request: web.Request) -> str:
    given = request.headers.getall("Authorization", [])
    if len(given) != 1:
        return ""  # of several, a proxy before us may have looked at another one than we would
    scheme, _, credentials = given[0].partition(" ")
    return credentials.strip() if scheme.lower() == "bearer" else ""
