"""`trunkline dial`: place a call, and follow it to its end."""

from __future__ import annotations

from typing import Annotated

import typer

from cli import failing, options


def run(
    to: Annotated[str, typer.Argument(metavar="NUMBER", help="Whom to call: +E164, or a sip: URI.")],
    agent: Annotated[str | None, typer.Option(help="Who talks; else `dialing.agent`, or what --prompt says.")] = None,
    from_: Annotated[str | None, typer.Option("--from", help="Our number to show; else the agent's first one.")] = None,
    say: Annotated[str | None, typer.Option(help="What the agent says first, instead of its greeting.")] = None,
    prompt: Annotated[str | None, typer.Option(help="What the agent is told, instead of its prompt.")] = None,
    var: Annotated[list[str] | None, typer.Option(metavar="K=V", help="For {{ variables.K }} in texts.")] = None,
    metadata: Annotated[list[str] | None, typer.Option(metavar="K=V", help="Goes along with the call.")] = None,
    max_duration: Annotated[str | None, typer.Option(help="How long it may last, such as 5m.")] = None,
    ringing_timeout: Annotated[float | None, typer.Option(min=1, max=80, help="Seconds that it may ring.")] = None,
    at: Annotated[str | None, typer.Option(help='When to call, such as "2026-12-24 10:00"; implies --no-wait.')] = None,
    time_zone: Annotated[str | None, typer.Option(help="The callee's, for calling hours and for --at.")] = None,
    wait: Annotated[bool, typer.Option(help="Follow the call to its end.")] = True,
    as_json: options.AsJson = False,
    url: options.Url = None,
) -> None:
    """Call somebody. Exit 0 if the call was answered, else 1; Ctrl-C hangs up."""
    with failing.plainly():
        from cli import dialing

        asked = dialing.Asked(
            to=to,
            agent=agent,
            caller=from_,
            say=say,
            prompt=prompt,
            variables=tuple(var or ()),
            metadata=tuple(metadata or ()),
            max_duration=max_duration,
            ringing_timeout_s=ringing_timeout,
            at=at,
            time_zone=time_zone,
        )
        raise SystemExit(dialing.dial(asked, url=url, waits=wait and at is None, as_json=as_json))
