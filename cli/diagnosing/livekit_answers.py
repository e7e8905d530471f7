"""Is livekit-server there, does it accept our credentials, and which version is it?

Asked by registering as a worker under a name of our own, which no rule asks for: that is the one place where the server
tells its version, and what our workers do first.
"""

from __future__ import annotations

import aiohttp
from livekit import api
from livekit.protocol import agent

from cli.diagnosing import findings, surroundings, web_asking
from lab.stack import binaries

AGENT_NAME = "trunkline-doctor"
"""No dispatch rule names it, so no call is offered to it."""
_REFUSED = (401, 403)


async def ask(around: surroundings.Surroundings) -> findings.Finding:
    """Register, read the version, leave."""
    access = around.livekit
    if access is None:
        return findings.skipped("the settings are not valid")
    where = surroundings.shown(access.url)
    try:
        version = await _version(access)
    except aiohttp.WSServerHandshakeError as error:
        if error.status in _REFUSED:
            return findings.failed(
                f"{where} refuses our credentials",
                "set LIVEKIT_API_KEY and LIVEKIT_API_SECRET as in livekit-server's `keys`; see `clock`, too",
            )
        return findings.failed(f"what answers at {where} is no livekit-server", "correct LIVEKIT_URL")
    except web_asking.Silent as error:
        return findings.failed(error.message, "start livekit-server, or correct LIVEKIT_URL")
    if not version:
        return findings.failed(f"what answers at {where} is no livekit-server", "correct LIVEKIT_URL")
    if version != binaries.LIVEKIT_SERVER_VERSION:
        return findings.warning(
            f"{where} accepts our key; it is version {version}",
            f"Trunkline is tested with livekit-server {binaries.LIVEKIT_SERVER_VERSION}",
        )
    return findings.ok(f"{where} accepts our key; it is version {version}")


async def _version(access: surroundings.LiveKitAccess) -> str:
    grants = api.VideoGrants(agent=True)
    token = api.AccessToken(access.api_key, access.api_secret).with_grants(grants).to_jwt()
    hello = agent.WorkerMessage(
        register=agent.RegisterWorkerRequest(type=agent.JobType.JT_ROOM, agent_name=AGENT_NAME, version="0")
    )
    url = f"{access.url.rstrip('/')}/agent"
    async with web_asking.session() as http, web_asking.plainly(access.url):
        async with http.ws_connect(url, headers={"Authorization": f"Bearer {token}"}) as socket:
            await socket.send_bytes(hello.SerializeToString())
            answer = await socket.receive()
        if answer.type is not aiohttp.WSMsgType.BINARY:
            return ""
        return _printable(answer.data)


def _printable(data: bytes) -> str:
    try:
        version = agent.ServerMessage.FromString(data).register.server_info.version
    except ValueError:  # DecodeError of protobuf
        return ""
    return version[:40] if version.isprintable() else ""
