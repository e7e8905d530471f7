"""A small client of dispatch's public API, for the commands that look at calls."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import urllib.parse
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any

import aiohttp

from callcore import errors
from sip_config.reading import environments

_TIMEOUT_S = 10.0
_RELOAD_S = 60.0  # dispatch reads files and changes LiveKit's objects meanwhile
_NO_CONTENT = 204
_UNAUTHORIZED = 401
_STREAM_SILENCE_S = 40.0  # dispatch sends a heartbeat every 15 s
_KEY = "TRUNKLINE_API_KEY"
_MAKE_ONE = "`trunkline keys create --scope …` makes a key"
_DEFAULT_URL = "http://127.0.0.1:8080"

Json = dict[str, Any]  # what the API sent, shown to the user as it is


class ApiRefused(errors.TrunklineError):
    """Dispatch refused the request."""

    public_code = "api_refused"

    def __init__(self, message: str, *, code: str | None = None, retry_at: str | None = None) -> None:
        """A refusal.

        Args:
            message: why, in dispatch's words where it has any.
            code: the problem's stable code, such as `do_not_call`; None where the answer has none.
            retry_at: when the same request may be allowed, RFC 3339; None where nobody knows, or it never will.
        """
        super().__init__(message)
        self.code = code
        self.retry_at = retry_at


class ConfigurationRefused(errors.ConfigurationInvalid):
    """Dispatch refused the configuration; it has errors."""

    def __init__(self, body: Json) -> None:
        super().__init__([f"{error['path']} {error['message']}".strip() for error in body["errors"]])
        self.body = body


def dispatch_url(url: str | None, environment: Mapping[str, str]) -> str:
    """Where dispatch is, by `--url` or the environment."""
    return (url or environment.get("TRUNKLINE_DISPATCH_URL") or _DEFAULT_URL).rstrip("/")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Access:
    """Where dispatch is and with which key."""

    url: str
    key: str
    variable: str = _KEY
    """Where the key stands in the environment."""

    @classmethod
    def from_environment(cls, url: str | None) -> Access:
        """The access that `--url`, the environment or `.env` names.

        Raises:
            ConfigurationInvalid: there is no API key.
        """
        environment = environments.read()
        key = environment.get(_KEY, "").split(",")[0].strip()
        if not key:
            raise errors.ConfigurationInvalid([f"{_KEY} is not set; {_MAKE_ONE}"])
        return cls(url=dispatch_url(url, environment), key=key)


@dataclasses.dataclass(frozen=True, kw_only=True)
class StreamEvent:
    """One event of a server-sent stream (WHATWG HTML, section 9.2)."""

    id: str | None
    type: str
    data: Json


class Api:
    """Requests to `/v1`. Every failure is a sentence."""

    def __init__(self, http: aiohttp.ClientSession, access: Access) -> None:
        self._http = http
        self._url = access.url
        self._variable = access.variable

    async def calls(self, filters: Mapping[str, str]) -> Json:
        """One page of calls, newest first."""
        return await self._get("/v1/calls", filters)

    async def call(self, call_id: str) -> Json:
        return await self._get(_path(call_id))

    async def events(self, call_id: str) -> list[Json]:
        events: list[Json] = (await self._get(_path(call_id, "/events")))["events"]
        return events

    async def place_call(self, body: Json, *, idempotency_key: str) -> Json:
        """Have a call placed; asking again with the same key and body places no other one.

        Raises:
            ApiRefused: it may not be placed, or not now.
        """
        return await self.ask("POST", "/v1/sessions/phone", body=body, idempotency_key=idempotency_key)

    async def hang_up(self, call_id: str) -> Json:
        """End a call; of one that is over, how it ended."""
        return await self._request("POST", _path(call_id, "/hangup"))

    async def reload(self) -> Json:
        """Have dispatch read its configuration anew.

        Raises:
            ConfigurationRefused: it has errors; the former one goes on serving.
        """
        return await self._request("POST", "/v1/config/reload", timeout_s=_RELOAD_S)

    async def transcript(self, call_id: str) -> AsyncIterator[StreamEvent]:
        """The transcript as it is spoken: what was said before, then what is said now, until `ended`.

        Raises:
            DispatchUnavailable: the stream broke off before that.
        """
        path, headers = _path(call_id, "/transcript"), {"Accept": "text/event-stream"}
        limit = aiohttp.ClientTimeout(total=None, sock_connect=_TIMEOUT_S, sock_read=_STREAM_SILENCE_S)
        with self._plain_errors():
            async with self._http.get(self._url + path, headers=headers, timeout=limit) as response:
                await self._raise_for(response)
                async for event in _events(response.content):
                    yield event
                    if event.type == "ended":
                        return
        raise errors.DispatchUnavailable("dispatch closed the stream before the call had ended")

    async def ask(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None = None,
        *,
        body: Json | None = None,
        idempotency_key: str | None = None,
        timeout_s: float = _TIMEOUT_S,
    ) -> Json:
        """Any request to `/v1`; an answer without a body is empty."""
        headers = {} if idempotency_key is None else {"Idempotency-Key": idempotency_key}
        return await self._request(method, path, query, body=body, headers=headers, timeout_s=timeout_s)

    async def _get(self, path: str, query: Mapping[str, str] | None = None) -> Json:
        return await self._request("GET", path, query)

    async def _request(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None = None,
        *,
        body: Json | None = None,
        headers: Mapping[str, str] | None = None,
        timeout_s: float = _TIMEOUT_S,
    ) -> Json:
        limit = aiohttp.ClientTimeout(total=timeout_s)
        with self._plain_errors():
            async with self._http.request(
                method, self._url + path, params=query or {}, json=body, headers=headers, timeout=limit
            ) as response:
                await self._raise_for(response)
                answer = await response.json(content_type=None) if response.status != _NO_CONTENT else {}
                if not isinstance(answer, dict):
                    raise self._foreign()
                return answer

    @contextlib.contextmanager
    def _plain_errors(self) -> Iterator[None]:
        try:
            yield
        except (aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError):
            raise errors.ConfigurationInvalid([f"{self._url} is not a URL such as {_DEFAULT_URL}"]) from None
        except aiohttp.ClientConnectorError:
            raise errors.DispatchUnavailable(f"dispatch does not answer at {self._url}") from None
        except (aiohttp.ClientError, TimeoutError) as error:
            raise errors.DispatchUnavailable(f"the connection to dispatch broke: {type(error).__name__}") from None
        except ValueError:
            raise self._foreign() from None

    async def _raise_for(self, response: aiohttp.ClientResponse) -> None:
        if response.ok:
            return
        if response.status == _UNAUTHORIZED:
            raise ApiRefused(f"dispatch at {self._url} does not take this {self._variable}")
        try:
            problem = await response.json(content_type=None)
            wrong = "; ".join(f"{error['path']}: {error['message']}" for error in problem.get("errors") or ())
            detail = wrong or problem.get("detail") or problem.get("title")
            code, retry_at = problem.get("code"), problem.get("retryAt")
            if problem.get("code") == errors.ConfigurationInvalid.public_code and problem.get("errors"):
                raise ConfigurationRefused(problem)
        except (json.JSONDecodeError, AttributeError):
            detail = code = retry_at = None
        message = detail or f"dispatch answered {response.status} {response.reason}"
        raise ApiRefused(message, code=code, retry_at=retry_at)

    def _foreign(self) -> ApiRefused:
        return ApiRefused(f"what answers at {self._url} does not speak like dispatch")


@contextlib.asynccontextmanager
async def connect(access: Access) -> AsyncIterator[Api]:
    """An API client for the length of a command."""
    headers = {"Authorization": f"Bearer {access.key}"}
    async with aiohttp.ClientSession(headers=headers, trust_env=False) as http:
        yield Api(http, access)


def _path(call_id: str, below: str = "") -> str:
    return f"/v1/calls/{urllib.parse.quote(call_id, safe='')}{below}"


async def _events(stream: aiohttp.StreamReader) -> AsyncIterator[StreamEvent]:
    fields: dict[str, str] = {}
    async for raw in stream:
        line = raw.decode().rstrip("\r\n")
        if not line:
            if "data" in fields:
                yield StreamEvent(
                    id=fields.get("id"), type=fields.get("event", "message"), data=json.loads(fields["data"])
                )
            fields = {}
        elif not line.startswith(":"):
            name, _, value = line.partition(":")
            fields[name] = value.removeprefix(" ")
