"""A job has its call forwarded, and asks how that goes."""

from __future__ import annotations

import asyncio

import pydantic
from aiohttp import web

from callcore import contract, transfers
from dispatch import keys
from dispatch.http import answers, paths, routes
from dispatch.store import transfers as rows

_HOLD_S = 5.0  # how long a question is held back while nothing changes
_LOOK_S = 0.5  # at the store, for what another process writes down


class Known(pydantic.BaseModel):
    """What the job knows already."""

    model_config = pydantic.ConfigDict(extra="forbid")

    state: transfers.State | None = None


async def begin(request: web.Request, _: routes.Nothing, wish: contract.ForwardRequest) -> web.Response:
    """Carry out the forward of the call's plan; asked again, the answer is the same transfer."""
    call_id = paths.call_id(request)
    return _answer(await request.app[keys.TRANSFERS].forward(call_id, wish))


async def follow(request: web.Request, known: Known, _: routes.Nothing) -> web.Response:
    """How far the transfer has come, at the latest after 5 s; at once where that is not what the job knows."""
    call_id, transfer_id = paths.call_id(request), request.match_info["tid"]
    app = request.app
    loop = asyncio.get_running_loop()
    deadline = loop.time() + _HOLD_S
    async with app[keys.WAKEUPS].following(call_id) as subscription:
        while True:
            async with app[keys.STORE].reading() as tx:
                transfer = await rows.get(tx, call_id, transfer_id)
            left_s = deadline - loop.time()
            is_news = transfer.state is not known.state or transfer.state.is_final
            if is_news or left_s <= 0 or app[keys.STREAMS].is_closing:
                return _answer(transfer)
            await subscription.wait(min(_LOOK_S, left_s))


def _answer(transfer: transfers.Transfer) -> web.Response:
    progress = contract.TransferProgress(
        transfer_id=transfer.id,
        kind=transfer.kind,
        state=transfer.state,
        version=transfer.version,
        identity=transfer.identity,
    )
    return answers.model(progress)
