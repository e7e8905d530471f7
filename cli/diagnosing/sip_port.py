"""Does something take SIP on this machine, over UDP and TCP?"""

from __future__ import annotations

import asyncio
import secrets

from cli.diagnosing import findings, sip_address, surroundings
from lab.stack import probes

_ANSWER_S = 1.0
_TRIES = 2  # UDP may lose one
_NAMES_ITSELF = (b"server:", b"user-agent:")


async def ask(around: surroundings.Surroundings) -> findings.Finding:
    """OPTIONS over UDP (RFC 3261 section 11), a connection over TCP."""
    host, port = sip_address.of(around.sip_yaml)
    answer, has_tcp = await asyncio.gather(_options(host, port), _connects(host, port))
    where = f"{host}:{port}"
    if not answer and not has_tcp:
        return findings.warning(
            f"nothing takes SIP at {where}",
            "start livekit-sip; if it runs on another machine, or on another port, name its file with `--sip-yaml`",
        )
    if name := _name(answer):
        return findings.failed(
            f"{name} answers SIP at {where}, not livekit-sip", "stop it, or give livekit-sip another `sip_port`"
        )
    if not answer or not has_tcp:
        silent = "UDP" if not answer else "TCP"
        return findings.warning(
            f"SIP at {where} does not answer over {silent}",
            f"see whether a firewall or another program has {silent} port {port}",
        )
    return findings.ok(f"{where} answers OPTIONS over UDP and takes TCP")


def _name(answer: bytes) -> str:
    """What the answering program calls itself; livekit-sip 1.8 gives no name."""
    for line in answer.split(b"\r\n"):
        if line.lower().startswith(_NAMES_ITSELF):
            name = line.partition(b":")[2].strip().decode("ascii", "replace")[:40]
            return "" if name.lower().startswith("livekit") or not name.isprintable() else name
    return ""


async def _connects(host: str, port: int) -> bool:
    try:
        async with asyncio.timeout(_ANSWER_S):
            _, writer = await asyncio.open_connection(host, port)
    except (OSError, TimeoutError):
        return False
    writer.close()
    return True


async def _options(host: str, port: int) -> bytes:
    """The answer; empty where there is none."""
    loop = asyncio.get_running_loop()
    arrived: asyncio.Future[bytes] = loop.create_future()
    try:
        transport, _ = await loop.create_datagram_endpoint(lambda: _OneAnswer(arrived), remote_addr=(host, port))
    except OSError:
        return b""
    try:
        own = "{}:{}".format(*transport.get_extra_info("sockname"))
        request = probes.options(f"{host}:{port}", own, mark=secrets.token_hex(8))
        for _ in range(_TRIES):
            transport.sendto(request)
            await asyncio.wait([arrived], timeout=_ANSWER_S)
            if arrived.done():
                break
        return arrived.result() if arrived.done() else b""
    finally:
        transport.close()


class _OneAnswer(asyncio.DatagramProtocol):
    def __init__(self, arrived: asyncio.Future[bytes]) -> None:
        self._arrived = arrived

    def datagram_received(self, data: bytes, _: object) -> None:
        if data.startswith(b"SIP/2.0 ") and not self._arrived.done():
            self._arrived.set_result(data)

    def error_received(self, _: Exception) -> None:
        """ICMP says that nobody listens."""
        if not self._arrived.done():
            self._arrived.set_result(b"")
