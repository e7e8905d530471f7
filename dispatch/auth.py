"""Who may enter: an API key for `/v1`, the workers' secret for `/internal`, everybody for what tells nothing."""

from __future__ import annotations

import hmac

from aiohttp import typedefs, web

from dispatch import api_keys, problems

_REALM = 'Bearer realm="trunkline"'


def middleware(keys: api_keys.ApiKeys, internal_secret: str) -> typedefs.Middleware:
    """The guard. It stands before routing errors: without a key nobody learns which paths under `/v1` exist."""
    secret = internal_secret.encode()

    @web.middleware
    async def guard(request: web.Request, handler: typedefs.Handler) -> web.StreamResponse:
        presented = _bearer(request)
        match _area(request):
            case "v1":
                admitted = keys.find(presented) is not None
            case "internal":
                admitted = hmac.compare_digest(presented.encode(errors="surrogateescape"), secret)
            case _:
                admitted = True
        return await handler(request) if admitted else _refusal()

    return guard


def _area(request: web.Request) -> str:
    resource = request.match_info.route.resource
    path = resource.canonical if resource is not None else request.path
    return path.removeprefix("/").split("/", 1)[0]


def _bearer(request: web.Request) -> str:
    scheme, _, credentials = request.headers.get("Authorization", "").partition(" ")
    return credentials.strip() if scheme.lower() == "bearer" else ""


def _refusal() -> web.Response:
    # The same for no key and for a wrong one.
    return problems.response(
        401, "unauthorized", "This needs a valid key: Authorization: Bearer …", headers={"WWW-Authenticate": _REALM}
    )
