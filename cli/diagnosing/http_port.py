"""Can dispatch listen where it is told to, or does it already?"""

from __future__ import annotations

import errno
import socket

from cli.diagnosing import dispatch_answers, findings, surroundings, web_asking
from dispatch import settings


async def ask(around: surroundings.Surroundings) -> findings.Finding:
    """Dispatch's port on this machine: free, or answered by dispatch itself."""
    given = around.dispatch
    if given is None:
        return findings.skipped("dispatch's settings are not valid")
    where = f"{given.trunkline_http_host}:{given.trunkline_http_port}"
    if given.trunkline_http_port == 0:
        return findings.ok("dispatch picks a free port")
    try:
        readiness = await dispatch_answers.readiness(surroundings.local_url(given))
    except web_asking.Silent:
        return _bound(given, where)
    if readiness is None:
        return findings.failed(
            f"another program answers at {where}", "stop it, or give dispatch another TRUNKLINE_HTTP_PORT"
        )
    return findings.ok(f"dispatch itself answers at {where}")


def _bound(given: settings.DispatchSettings, where: str) -> findings.Finding:
    """Nobody speaks HTTP there: whether the port can be had is seen by taking it for a moment."""
    family = socket.AF_INET6 if ":" in given.trunkline_http_host else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the server does
            probe.bind((given.trunkline_http_host, given.trunkline_http_port))
            probe.listen(1)
    except OSError as error:
        cure = {
            errno.EADDRINUSE: "stop the program that has it, or give dispatch another TRUNKLINE_HTTP_PORT",
            errno.EACCES: "choose a TRUNKLINE_HTTP_PORT of 1024 or more",
        }.get(error.errno or 0, "set TRUNKLINE_HTTP_HOST to an address of this machine")
        return findings.failed(f"dispatch could not listen on {where}: {error.strerror}", cure)
    return findings.ok(f"{where} is free: dispatch does not run here")
