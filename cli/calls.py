"""`trunkline calls`: look at calls, and end them."""

from __future__ import annotations

from typing import Annotated

import typer

from cli import failing

app = typer.Typer(no_args_is_help=True)

Url = Annotated[str | None, typer.Option(help="Base URL of dispatch; else TRUNKLINE_DISPATCH_URL.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, one value a line, instead of a table.")]


@app.command("list")
def list_calls(
    status: Annotated[str | None, typer.Option(help="queued, dialing, ringing, in_progress or ended.")] = None,
    agent: Annotated[str | None, typer.Option(help="Only calls of this agent.")] = None,
    number: Annotated[str | None, typer.Option(help="Only calls from or to this E.164 number.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=200, help="How many, newest first.")] = 20,
    as_json: AsJson = False,
    url: Url = None,
) -> None:
    """List calls, newest first."""
    with failing.plainly():
        from cli import looking

        filters = {"status": status, "agentId": agent, "number": number, "limit": str(limit)}
        looking.list_calls({name: value for name, value in filters.items() if value}, url=url, as_json=as_json)


@app.command("show")
def show_call(
    call_id: Annotated[str, typer.Argument(help="Id of the call.")], as_json: AsJson = False, url: Url = None
) -> None:
    """Show one call: how it went, its events and what was said."""
    with failing.plainly():
        from cli import looking

        looking.show_call(call_id, url=url, as_json=as_json)


@app.command("tail")
def tail_calls(
    call_id: Annotated[str | None, typer.Argument(help="Only this call, until it ends.")] = None,
    as_json: AsJson = False,
    url: Url = None,
) -> None:
    """Follow calls as they happen, until Ctrl-C."""
    with failing.plainly():
        from cli import looking

        looking.tail_calls(call_id, url=url, as_json=as_json)


@app.command("hangup")
def hang_up(
    call_id: Annotated[str, typer.Argument(help="Id of the call.")], as_json: AsJson = False, url: Url = None
) -> None:
    """End a call: one that is queued is not dialed, one that rings stops ringing. One that is over stays as it is."""
    with failing.plainly():
        from cli import looking

        looking.hang_up(call_id, url=url, as_json=as_json)
