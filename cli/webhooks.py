"""`trunkline webhooks`: make a secret, check a signature, and see webhooks arrive."""

from __future__ import annotations

import pathlib
from typing import Annotated

import typer

from cli import deliveries, failing, options

app = typer.Typer(no_args_is_help=True)

_Input = Annotated[
    pathlib.Path,
    typer.Argument(metavar="FILE", help="The body, byte for byte; `-` for standard input.", allow_dash=True),
]
SecretEnv = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME", help="Variable with a secret; several times while rotating. Else TRUNKLINE_WEBHOOK_SECRET."
    ),
]
SecretFile = Annotated[
    list[pathlib.Path] | None,
    typer.Option(metavar="FILE", exists=True, dir_okay=False, help="File with a secret; may be given several times."),
]


@app.command("secret")
def secret(as_json: options.AsJson = False) -> None:
    """Make a secret that signs webhooks. It is printed this once, and kept nowhere."""
    with failing.plainly():
        from callcore import signing
        from cli import screen

        made = signing.Secret.fresh().reveal()
        if as_json:
            screen.print_json({"secret": made})
        else:
            screen.print_line(made)


@app.command("verify")
def verify(
    body: _Input,
    message_id: Annotated[str | None, typer.Option("--id", help="The header webhook-id.")] = None,
    timestamp: Annotated[str | None, typer.Option(help="The header webhook-timestamp.")] = None,
    signature: Annotated[str | None, typer.Option(help="The header webhook-signature.")] = None,
    headers: Annotated[
        pathlib.Path | None,
        typer.Option(metavar="FILE", exists=True, dir_okay=False, help="The headers: JSON, or lines of `name: value`."),
    ] = None,
    any_age: Annotated[bool, typer.Option("--any-age", help="Also one that was sent more than 5 minutes ago.")] = False,
    secret_env: SecretEnv = None,
    secret_file: SecretFile = None,
    as_json: options.AsJson = False,
) -> None:
    """Say whether the signature of a saved webhook holds, and why not; exit 0 if it does, 1 if it is refused."""
    with failing.plainly():
        from cli import verifying

        given = {"webhook-id": message_id, "webhook-timestamp": timestamp, "webhook-signature": signature}
        saved = verifying.Saved.read(body, given, headers)
        raise SystemExit(verifying.run(saved, secret_env, secret_file, any_age=any_age, as_json=as_json))


@app.command("listen")
def listen(
    port: Annotated[int, typer.Option(min=0, max=65535, help="On 127.0.0.1; 0 for a free one.")] = 8090,
    secret_env: SecretEnv = None,
    secret_file: SecretFile = None,
    answer: Annotated[int, typer.Option(min=200, max=599, help="Status to answer with, to see what follows.")] = 204,
    reply: Annotated[
        pathlib.Path | None,
        typer.Option(metavar="FILE", exists=True, dir_okay=False, help="JSON to answer pre-call webhooks with."),
    ] = None,
    show_numbers: Annotated[bool, typer.Option("--show-numbers", help="Print phone numbers in full.")] = False,
    as_json: options.AsJson = False,
) -> None:
    """Take webhooks on this machine, check each signature and print them, until Ctrl-C."""
    with failing.plainly():
        from cli import listening

        wanted = listening.Options(
            port=port,
            status=answer,
            reply=reply,
            show_numbers=show_numbers,
            as_json=as_json,
        )
        listening.run(wanted, secret_env, secret_file)


app.command("deliveries")(deliveries.list_deliveries)
app.command("show")(deliveries.show)
app.command("replay")(deliveries.replay)
app.command("endpoints")(deliveries.list_endpoints)
app.command("enable")(deliveries.enable)
app.command("test")(deliveries.try_out)
