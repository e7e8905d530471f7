"""How Redis, livekit-server and livekit-sip are started, and how each shows that it is ready."""

from __future__ import annotations

import signal
from pathlib import Path

from lab.stack import configs, ports, probes, processes, sites

# The channel on which livekit-sip hears of calls to place; it subscribes a moment after it takes up SIP.
DIAL_CHANNEL = b"SIPInternal*CreateSIPParticipant*"
NO_CHANNEL = b"*0\r\n"  # RESP: an array of no elements


def redis(site: sites.Site, program: Path) -> processes.Process:
    """Redis, append-only: without that a restart loses every trunk and dispatch rule."""
    folder = site.folder("redis")
    network = site.ports

    async def ready(_: processes.Process) -> None:
        await probes.redis_says(ports.LOOPBACK, network.redis, b"PING", lambda answer: answer == b"+PONG\r\n")

    argv = [
        *(str(program), "--bind", ports.LOOPBACK, "--port", str(network.redis)),
        *("--appendonly", "yes", "--appendfsync", "everysec", "--save", "", "--dir", str(folder)),
    ]
    return site.process("redis", argv, ready)


def livekit(site: sites.Site, program: Path) -> processes.Process:
    """livekit-server."""
    config = site.file("livekit.yaml", configs.livekit_server(site.ports, site.access))

    async def ready(_: processes.Process) -> None:
        await probes.http_ok(f"http://{ports.LOOPBACK}:{site.ports.livekit}/")

    return site.process("livekit", [str(program), "--config", str(config)], ready)


def sip(site: sites.Site, program: Path) -> processes.Process:
    """livekit-sip."""
    config = site.file("sip.yaml", configs.livekit_sip(site.ports, site.access))
    network = site.ports

    async def ready(_: processes.Process) -> None:
        await probes.sip_options(ports.LOOPBACK, network.sip)
        await probes.redis_says(
            ports.LOOPBACK, network.redis, b"PUBSUB CHANNELS " + DIAL_CHANNEL, lambda answer: answer != NO_CHANNEL
        )

    # On SIGTERM it would wait for its calls to end; on SIGINT it ends them.
    return site.process("sip", [str(program), "--config", str(config)], ready, stop_signal=signal.SIGINT)
