"""The frame of every command that asks dispatch's API: find it, ask, print."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeVar

from cli import api, screen

_MOST = "200"  # that a page may have

_Result = TypeVar("_Result")


def ask(url: str | None, work: Callable[[api.Api], Awaitable[_Result]]) -> _Result:
    """Do something with a client of the API.

    Args:
        url: what `--url` says.
        work: gets the client.

    Raises:
        ConfigurationInvalid: there is no API key.
        ApiRefused: dispatch refuses.
        DispatchUnavailable: nobody answers.
    """
    return at(api.Access.from_environment(url), work)


def ask_all(url: str | None, path: str) -> api.Json:
    """Every page of a list as one; raises as `ask`.

    Args:
        url: what `--url` says.
        path: of the list.
    """

    async def work(client: api.Api) -> api.Json:
        items: list[api.Json] = []
        query = {"limit": _MOST}
        while True:
            page = await client.ask("GET", path, query)
            items += page["items"]
            if page["nextCursor"] is None:
                return {"items": items, "nextCursor": None}
            query = {"limit": _MOST, "cursor": page["nextCursor"]}

    return ask(url, work)


def at(access: api.Access, work: Callable[[api.Api], Awaitable[_Result]]) -> _Result:
    """The same with an access that is known.

    Raises:
        ApiRefused: dispatch refuses.
        DispatchUnavailable: nobody answers.
    """

    async def run() -> _Result:
        async with api.connect(access) as client:
            return await work(client)

    return asyncio.run(run())


def given(filters: Mapping[str, str | None]) -> dict[str, str]:
    """The filters that were given."""
    return {name: value for name, value in filters.items() if value}


def show(answer: api.Json, as_json: bool, shown: Callable[[], None]) -> None:
    """Print an answer as it is, or for people."""
    if as_json:
        screen.print_json(answer)
    else:
        shown()


def show_page(page: api.Json, as_json: bool, shown: Callable[[], None]) -> None:
    """Print one page of a list; where more follow, say how to see them."""
    show(page, as_json, shown)
    if page["nextCursor"] is not None and not as_json:
        sys.stderr.write(f"There are more: --cursor {page['nextCursor']}\n")
