"""`trunkline calls`: look at calls and their reports, and end them."""

from __future__ import annotations

from typing import Annotated

import typer

from cli import failing, options

app = typer.Typer(no_args_is_help=True)

CallId = Annotated[str, typer.Argument(metavar="ID", help="Id of the call.")]


@app.command("list")
def list_calls(
    status: Annotated[str | None, typer.Option(help="queued, dialing, ringing, in_progress or ended.")] = None,
    direction: Annotated[str | None, typer.Option(help="inbound or outbound.")] = None,
    outcome: Annotated[str | None, typer.Option(help="Such as completed, busy or no_answer.")] = None,
    agent: Annotated[str | None, typer.Option(help="Only calls of this agent.")] = None,
    number: Annotated[str | None, typer.Option(help="Only calls from or to this E.164 number.")] = None,
    contact: Annotated[str | None, typer.Option(help="Only calls of the contact with this id.")] = None,
    limit: options.Limit = 20,
    cursor: options.Cursor = None,
    as_json: options.AsJson = False,
    url: options.Url = None,
) -> None:
    """List calls, newest first."""
    with failing.plainly():
        from cli import looking

        filters = {
            "status": status,
            "direction": direction,
            "outcome": outcome,
            "agentId": agent,
            "number": number,
            "contact": contact,
            "limit": str(limit),
            "cursor": cursor,
        }
        looking.list_calls(filters, url=url, as_json=as_json)


@app.command("show")
def show_call(call_id: CallId, as_json: options.AsJson = False, url: options.Url = None) -> None:
    """Show one call: how it went, its events and what was said."""
    with failing.plainly():
        from cli import looking

        looking.show_call(call_id, url=url, as_json=as_json)


@app.command("tail")
def tail_calls(
    call_id: Annotated[str | None, typer.Argument(metavar="[ID]", help="Only this call, until it ends.")] = None,
    as_json: options.AsJson = False,
    url: options.Url = None,
) -> None:
    """Follow calls as they happen, until Ctrl-C."""
    with failing.plainly():
        from cli import looking

        looking.tail_calls(call_id, url=url, as_json=as_json)


@app.command("hangup")
def hang_up(call_id: CallId, as_json: options.AsJson = False, url: options.Url = None) -> None:
    """End a call: one that is queued is not dialed, one that rings stops ringing. One that is over stays as it is."""
    with failing.plainly():
        from cli import looking

        looking.hang_up(call_id, url=url, as_json=as_json)


@app.command("report")
def show_report(call_id: CallId, as_json: options.AsJson = False, url: options.Url = None) -> None:
    """Show the report of a call that is over: how it went, what it used, and what was said."""
    with failing.plainly():
        from cli import reporting

        reporting.show(call_id, url=url, as_json=as_json)


@app.command("finalize")
def finalize_report(
    call_id: CallId,
    force_analysis: Annotated[
        bool, typer.Option("--force-analysis", help="Make the report anew of what is known now.")
    ] = False,
    retry_webhook: Annotated[
        bool, typer.Option("--retry-webhook", help="Deliver it to `webhooks.post_call` once more, under the same id.")
    ] = False,
    as_json: options.AsJson = False,
    url: options.Url = None,
) -> None:
    """Make the report of a call at once or anew, or deliver it once more."""
    with failing.plainly():
        from cli import reporting

        wanted = {"forceAnalysis": force_analysis, "retryWebhook": retry_webhook}
        reporting.finalize(call_id, wanted, url=url, as_json=as_json)
