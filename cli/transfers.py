"""`trunkline transfers`: connect a caller with somebody else, and have a hand in it."""

from __future__ import annotations

import enum
from typing import Annotated

import typer

from cli import failing, options

app = typer.Typer(no_args_is_help=True)


class Fallback(enum.StrEnum):
    """What becomes of a caller whom nobody takes."""

    RETURN_TO_AGENT = "return_to_agent"
    TAKE_MESSAGE = "take_message"
    HANG_UP = "hang_up"


_Call = Annotated[str, typer.Argument(metavar="CALL", help="Id of the call.")]
_Transfer = Annotated[str, typer.Argument(metavar="ID", help="Of the transfer.")]
_RingingTimeout = Annotated[float | None, typer.Option(min=1, max=80, help="Seconds that a phone may ring.")]
_Header = Annotated[list[str] | None, typer.Option(metavar="K=V", help="A SIP header for the destination.")]
_Metadata = Annotated[list[str] | None, typer.Option(metavar="K=V", help="Yours; is shown with the transfer.")]
_Wait = Annotated[bool, typer.Option("--wait", help="Follow it until it is over.")]


@app.command("blind")
def begin_blind(
    call_id: _Call,
    to: Annotated[str, typer.Argument(metavar="NUMBER", help="Who gets the call: +E164, or a sip: URI.")],
    label: Annotated[str | None, typer.Option(help='What the agent calls it: "I will connect you with …".')] = None,
    extension: Annotated[str | None, typer.Option(help="Digits after the answer; each w is a pause of 0.5 s.")] = None,
    ringing_timeout: _RingingTimeout = None,
    header: _Header = None,
    metadata: _Metadata = None,
    wait: _Wait = False,
    as_json: options.AsJson = False,
    url: options.Url = None,
) -> None:
    """Connect the caller at once. With --wait exit 0 if they were connected, else 1."""
    with failing.plainly():
        from cli import transferring

        body = transferring.body(
            {"to": to, "label": label, "extension": extension, "ringingTimeout": ringing_timeout},
            headers=header or (),
            metadata=metadata or (),
        )
        raise SystemExit(transferring.begin(call_id, "blind", body, url=url, waits=wait, as_json=as_json))


@app.command("warm")
def begin_warm(
    call_id: _Call,
    to: Annotated[list[str], typer.Argument(metavar="NUMBER", help="Whom to ask, in this order: +E164, or sip: URIs.")],
    label: Annotated[
        list[str] | None, typer.Option(help="What the agent calls them; once, or for each of them in order.")
    ] = None,
    screening: Annotated[str | None, typer.Option(help="What the agent is to find out from whoever answers.")] = None,
    summary: Annotated[
        str | None, typer.Option(help="What they are told of the call; else the agent sums it up.")
    ] = None,
    fallback: Annotated[
        Fallback | None, typer.Option(help="Where nobody takes it; else as the agent's file says.")
    ] = None,
    from_: Annotated[str | None, typer.Option("--from", help="Our number to show; else that of the call.")] = None,
    ringing_timeout: _RingingTimeout = None,
    header: _Header = None,
    metadata: _Metadata = None,
    wait: _Wait = False,
    as_json: options.AsJson = False,
    url: options.Url = None,
) -> None:
    """Have the agent find somebody who takes the caller. With --wait exit 0 if they were connected, else 1."""
    with failing.plainly():
        from cli import transferring

        body = transferring.body(
            {
                "destinations": transferring.destinations(to, label or []),
                "screeningPrompt": screening,
                "summary": summary,
                "fallback": None if fallback is None else {"strategy": fallback.value},
                "from": from_,
                "ringingTimeout": ringing_timeout,
            },
            headers=header or (),
            metadata=metadata or (),
        )
        raise SystemExit(transferring.begin(call_id, "warm", body, url=url, waits=wait, as_json=as_json))


@app.command("show")
def show(
    call_id: _Call,
    transfer: Annotated[str | None, typer.Argument(metavar="ID", help="One; else all of the call.")] = None,
    as_json: options.AsJson = False,
    url: options.Url = None,
) -> None:
    """Show the transfers of a call, or one of them, with every destination that was tried."""
    with failing.plainly():
        from cli import transferring

        transferring.show(call_id, transfer, url=url, as_json=as_json)


@app.command("complete")
def complete(call_id: _Call, transfer: _Transfer, as_json: options.AsJson = False, url: options.Url = None) -> None:
    """Connect the caller with the destination that is being asked, without waiting for its word."""
    with failing.plainly():
        from cli import transferring

        transferring.take_part(call_id, transfer, "complete", {}, url=url, as_json=as_json)


@app.command("cancel")
def cancel(
    call_id: _Call,
    transfer: _Transfer,
    try_next: Annotated[bool, typer.Option("--try-next", help="Only give up this destination; ask the next.")] = False,
    as_json: options.AsJson = False,
    url: options.Url = None,
) -> None:
    """Call a transfer off: the caller is back with the agent. With --try-next only the destination is given up."""
    with failing.plainly():
        from cli import transferring

        body = {"tryNext": True} if try_next else {}
        transferring.take_part(call_id, transfer, "cancel", body, url=url, as_json=as_json)
