"""The root of the `trunkline` command. Imports nothing heavy: `--help` answers at once."""

from __future__ import annotations

import typer

from cli import (
    applying,
    calls,
    checking,
    contacts,
    demo,
    dial,
    dispatch,
    dnc,
    doctor,
    keys,
    lab,
    reloading,
    routes,
    transfers,
    trunks,
    webhooks,
    worker,
)

app = typer.Typer(
    name="trunkline",
    help="Phone agents on your own LiveKit.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=True,
)
app.command("dispatch")(dispatch.run)
app.command("worker")(worker.run)
app.command("check")(checking.check)
app.command("schema")(checking.schema)
app.command("init")(checking.init)
app.command("plan")(applying.plan)
app.command("apply")(applying.apply)
app.command("doctor")(doctor.run)
app.command("demo")(demo.run)
app.command("reload")(reloading.run)
app.command("dial")(dial.run)
app.command("trunks")(trunks.run)
app.add_typer(routes.app, name="route", help="Ask where a call would go.")
app.add_typer(lab.app, name="lab", help="A phone network in one machine, to try things out.")
app.add_typer(dispatch.database, name="db", help="Look after dispatch's database.")
app.add_typer(calls.app, name="calls", help="Look at calls and their reports, and end calls.")
app.add_typer(transfers.app, name="transfers", help="Connect callers with somebody else, and have a hand in it.")
app.add_typer(contacts.app, name="contacts", help="Look at the people we talk to, bring them in, delete them.")
app.add_typer(dnc.app, name="dnc", help="The do-not-call list: who is not to be called.")
app.add_typer(keys.app, name="keys", help="Make API keys, list and revoke them.")
app.add_typer(webhooks.app, name="webhooks", help="Webhooks: what was sent, again, and to try out.")


def main() -> None:
    """Entry point of the installed command."""
    app()


if __name__ == "__main__":
    main()
