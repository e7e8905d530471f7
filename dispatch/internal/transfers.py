"""A job has its call forwarded or transferred, tells what it saw of that, and asks how it goes."""

from __future__ import annotations

import pydantic
from aiohttp import web

from callcore import contract, transfer_wishes, transfers
from dispatch import keys
from dispatch.http import answers, paths, routes
from dispatch.store import calls as call_rows
from dispatch.store import transfers as rows
from dispatch.transfers import choices, progress

_HOLD_S = 5.0  # how long a question is held back while nothing changes
_LOOK_S = 0.5  # at the store, for what another process writes down


class Known(pydantic.BaseModel):
    """What the job knows already."""

    model_config = pydantic.ConfigDict(extra="forbid")

    version: int | None = None


async def forward(request: web.Request, _: routes.Nothing, wanted: contract.ForwardRequest) -> web.Response:
    """Carry out the forward of the call's plan; asked again, the answer is the same transfer."""
    return _answer(await request.app[keys.TRANSFERS].forward(paths.call_id(request), wanted))


async def begin(request: web.Request, _: routes.Nothing, wanted: contract.TransferRequest) -> web.Response:
    """Begin the transfer that the agent wants; asked again by the same `request_id`, it is the same transfer."""
    call_id, app = paths.call_id(request), request.app
    async with app[keys.STORE].reading() as tx:
        call = (await call_rows.get(tx, call_id)).call
        option = await choices.chosen(tx, app[keys.SWITCHBOARD].configuration, call, wanted.destination)
    transfer = await app[keys.TRANSFERS].request(
        call_id,
        option.kind,
        option.wish.model_copy(update={"summary": wanted.summary}),
        transfer_wishes.Requester.AGENT,
        request_id=wanted.request_id,
        is_held=wanted.is_held,
        holder=(wanted.job_id, wanted.generation),
    )
    return _answer(transfer)


async def note(request: web.Request, _: routes.Nothing, fact: contract.TransferFact) -> web.Response:
    """Take what the job saw or did; the answer is how things stand then, whether or not that changed anything."""
    call_id = paths.call_id(request)
    return _answer(await request.app[keys.TRANSFERS].note(call_id, request.match_info["tid"], fact))


async def follow(request: web.Request, known: Known, _: routes.Nothing) -> web.Response:
    """How far the transfer has come, at the latest after 5 s; at once where that is not what the job knows."""
    call_id, transfer_id, app = paths.call_id(request), request.match_info["tid"], request.app

    async def look() -> transfers.Transfer:
        async with app[keys.STORE].reading() as tx:
            return await rows.get(tx, call_id, transfer_id)

    def is_news(transfer: transfers.Transfer) -> bool:
        return transfer.version != known.version or transfer.state.is_final or app[keys.STREAMS].is_closing

    return _answer(await app[keys.WAKEUPS].until(call_id, look, is_news, every_s=_LOOK_S, within_s=_HOLD_S))


def _answer(transfer: transfers.Transfer) -> web.Response:
    return answers.model(progress.of(transfer))
