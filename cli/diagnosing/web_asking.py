"""Asks an HTTP server; every way of getting no answer is one error with a plain reason."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
from collections.abc import AsyncIterator

import aiohttp

from callcore import errors
from cli.diagnosing import surroundings

_MOST_BYTES = 1_000_000
_ASK_S = 2.5  # within a check's own deadline, so that the reason is this one


class Silent(errors.Unavailable):
    """Nobody answers."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Answer:
    """What came back."""

    status: int
    text: str
    date: str
    """The `Date` header (RFC 9110 section 6.6.1); empty where there is none."""


async def get(url: str) -> Answer:
    """GET a page.

    Raises:
        Silent: no answer.
    """
    async with session() as http, plainly(url), http.get(url, allow_redirects=False) as response:
        body = await response.content.read(_MOST_BYTES)
        return Answer(
            status=response.status, text=body.decode("utf-8", "replace"), date=response.headers.get("Date", "")
        )


def session() -> aiohttp.ClientSession:
    """A session that goes through no proxy: all of this is on the operator's own machines."""
    return aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_ASK_S), trust_env=False)


@contextlib.asynccontextmanager
async def plainly(url: str) -> AsyncIterator[None]:
    """Turn what a connection can do wrong into `Silent`; a refused WebSocket is an answer and goes through."""
    where = surroundings.shown(url)
    try:
        async with asyncio.timeout(_ASK_S):
            yield
    except aiohttp.WSServerHandshakeError:
        raise
    except aiohttp.InvalidURL:
        raise Silent(f"{where} is not a usable URL") from None
    except aiohttp.ClientConnectorError as error:
        raise Silent(f"{where} does not answer: {error.strerror or type(error).__name__}") from None
    except TimeoutError:
        raise Silent(f"{where} does not answer within {_ASK_S} s") from None
    except (aiohttp.ClientError, OSError, ValueError) as error:
        raise Silent(f"the connection to {where} broke: {type(error).__name__}") from None
