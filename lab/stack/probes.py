"""Is it ready? Each probe asks until the answer is yes; the deadline is the component's (`Command.ready_s`)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable

import aiohttp

from lab.stack import processes

PAUSE_S = 0.05  # between two questions: short against any start, and idle enough for two cores
ANSWER_S = 1.0  # for one question; a component that starts may take the connection and not answer yet


async def http_ok(url: str) -> None:
    """Return when GET `url` answers 200."""
    timeout = aiohttp.ClientTimeout(total=ANSWER_S)
    async with aiohttp.ClientSession(timeout=timeout, trust_env=False) as session:

        async def answers() -> bool:
            async with session.get(url) as response:
                return response.status == 200

        await _until(answers)


async def redis_says(host: str, port: int, command: bytes, accepted: Callable[[bytes], bool]) -> None:
    """Return when Redis gives an accepted answer to an inline command (no line break within the answer's head)."""

    async def answers() -> bool:
        reader, writer = await asyncio.open_connection(host, port)
        try:
            writer.write(command + b"\r\n")
            return accepted(await reader.readline())
        finally:
            writer.close()
            await writer.wait_closed()

    await _until(answers)


async def sip_options(host: str, port: int) -> None:
    """Return when OPTIONS over UDP is answered by 200 (RFC 3261 section 11)."""

    async def answers() -> bool:
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[bytes] = loop.create_future()
        transport, _ = await loop.create_datagram_endpoint(lambda: _OneAnswer(answer), remote_addr=(host, port))
        try:
            own = "{}:{}".format(*transport.get_extra_info("sockname"))
            transport.sendto(options(f"{host}:{port}", own, mark="lab-probe"))
            return (await answer).startswith(b"SIP/2.0 200")
        finally:
            transport.close()

    await _until(answers)


async def printed(process: processes.Process, text: str) -> None:
    """Return when the current run has printed `text`."""

    async def answers() -> bool:
        return text in process.output()

    await _until(answers)


async def announced_url(process: processes.Process) -> str:
    """The `url` of the first JSON object that the current run prints on a line of its own."""
    found: list[str] = []

    async def answers() -> bool:
        found.extend(url for line in process.output().splitlines() if (url := _url_in(line)))
        return bool(found)

    await _until(answers)
    return found[0]


class _OneAnswer(asyncio.DatagramProtocol):
    def __init__(self, answer: asyncio.Future[bytes]) -> None:
        self._answer = answer

    def datagram_received(self, data: bytes, _: object) -> None:
        if not self._answer.done():
            self._answer.set_result(data)

    def error_received(self, error: Exception) -> None:
        if not self._answer.done():
            self._answer.set_exception(error)


async def _until(answers: Callable[[], Awaitable[bool]]) -> None:
    while True:
        try:
            async with asyncio.timeout(ANSWER_S):
                if await answers():
                    return
        except (OSError, TimeoutError, aiohttp.ClientError):
            pass  # nobody listens yet, or it is still busy starting
        await asyncio.sleep(PAUSE_S)


def options(target: str, own: str, *, mark: str) -> bytes:
    """An OPTIONS request (RFC 3261 section 11).

    Args:
        target: host and port of whom is asked.
        own: ours.
        mark: tells this question from others; the same one is a repetition.
    """
    return (
        f"OPTIONS sip:{target} SIP/2.0\r\n"
        f"Via: SIP/2.0/UDP {own};branch=z9hG4bK{mark};rport\r\n"
        "Max-Forwards: 70\r\n"
        f"From: <sip:probe@{own}>;tag={mark}\r\n"
        f"To: <sip:probe@{target}>\r\n"
        f"Call-ID: {mark}@{own}\r\n"
        "CSeq: 1 OPTIONS\r\n"
        "Content-Length: 0\r\n\r\n"
    ).encode()


def _url_in(line: str) -> str | None:
    if not line.startswith("{"):
        return None
    try:
        parsed = json.loads(line)
    except ValueError:
        return None
    url = parsed.get("url")
    return url if isinstance(url, str) else None
