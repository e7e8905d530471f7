"""Commands of `trunkline webhooks` that ask dispatch: what was sent, sending it again, and trying endpoints out."""

from __future__ import annotations

import enum
from typing import Annotated

import typer

from cli import failing, options


class State(enum.StrEnum):
    """Where a delivery is."""

    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"


class Kind(enum.StrEnum):
    """What a delivery tells. A pre-call webhook is none: it is asked once, and its call has the event."""

    STATUS = "status"
    POST_CALL = "post_call"
    LEAD_UPDATED = "lead_updated"


class Sample(enum.StrEnum):
    """What there are samples of."""

    PRE_CALL = "pre_call"
    STATUS = "status"
    POST_CALL = "post_call"
    LEAD_UPDATED = "lead_updated"


_Call = Annotated[str | None, typer.Option("--call", help="Only those of this call.")]
_Kind = Annotated[Kind | None, typer.Option(help="Only this kind.")]
_From = Annotated[str | None, typer.Option("--from", help="Of what happened then or later, RFC 3339.")]
_To = Annotated[str | None, typer.Option("--to", help="Of what happened before then, RFC 3339.")]
_Endpoint = Annotated[str | None, typer.Option(help="Only those for this URL.")]


def list_deliveries(
    state: Annotated[State | None, typer.Option(help="Only those in this state.")] = None,
    kind: _Kind = None,
    call: _Call = None,
    endpoint: _Endpoint = None,
    from_: _From = None,
    to: _To = None,
    limit: options.Limit = 50,
    cursor: options.Cursor = None,
    as_json: options.AsJson = False,
    url: options.Url = None,
) -> None:
    """List webhooks that were sent, or are to be sent, newest first."""
    with failing.plainly():
        from cli import delivering

        filters = delivering.range_of(kind=kind, call=call, endpoint=endpoint, from_=from_, to=to)
        paged = {"state": state, "limit": str(limit), "cursor": cursor}
        delivering.list_deliveries({**filters, **paged}, url=url, as_json=as_json)


def show(
    delivery: Annotated[str, typer.Argument(metavar="ID", help="Of the delivery.")],
    as_json: options.AsJson = False,
    url: options.Url = None,
) -> None:
    """Show a webhook with its body and every attempt."""
    with failing.plainly():
        from cli import delivering

        delivering.show(delivery, url=url, as_json=as_json)


def replay(
    delivery: Annotated[str | None, typer.Argument(metavar="[ID]", help="One; else say which ones.")] = None,
    state: Annotated[State | None, typer.Option(help="Those in this state; else those that failed.")] = None,
    kind: _Kind = None,
    call: _Call = None,
    endpoint: _Endpoint = None,
    from_: _From = None,
    to: _To = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: options.AsJson = False,
    url: options.Url = None,
) -> None:
    """Send a webhook again, or many; with the same id and body, so that receivers can tell."""
    with failing.plainly():
        from cli import delivering

        filters = delivering.range_of(kind=kind, call=call, endpoint=endpoint, from_=from_, to=to)
        chosen = {name: value for name, value in {**filters, "state": state}.items() if value is not None}
        if (delivery is None) == (not chosen):
            raise typer.BadParameter("say which one by its ID, or which ones by options such as --from and --state")
        if delivery is not None:
            delivering.replay_one(delivery, url=url, as_json=as_json)
            return
        if not yes:
            typer.confirm(f"This sends {delivering.described(chosen)} again. Go on?", abort=True, err=True)
        delivering.replay_many(chosen, url=url, as_json=as_json)


def list_endpoints(as_json: options.AsJson = False, url: options.Url = None) -> None:
    """Show where webhooks go, and how it fares there."""
    with failing.plainly():
        from cli import endpoints

        endpoints.list_endpoints(url=url, as_json=as_json)


def enable(
    endpoint: Annotated[str, typer.Argument(metavar="URL", help="The whole URL, as in the configuration.")],
    as_json: options.AsJson = False,
    url: options.Url = None,
) -> None:
    """Use an endpoint again that was disabled."""
    with failing.plainly():
        from cli import endpoints

        endpoints.enable(endpoint, url=url, as_json=as_json)


def try_out(
    agent: Annotated[str | None, typer.Option(help="Only the webhooks of this agent.")] = None,
    kind: Annotated[Sample | None, typer.Option(help="Only this kind.")] = None,
    endpoint: Annotated[str | None, typer.Option(help="Try this URL instead of those of the configuration.")] = None,
    as_json: options.AsJson = False,
    url: options.Url = None,
) -> None:
    """Send a sample of each webhook at once, and say which endpoints answer correctly; exit 1 if one does not."""
    with failing.plainly():
        from cli import endpoints

        wanted = {"agentId": agent, "kind": kind, "url": endpoint}
        raise SystemExit(endpoints.try_out(wanted, url=url, as_json=as_json))
