"""The configuration files of livekit-server and livekit-sip for one machine without a network.

JSON is YAML, so both are written as JSON.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass

from lab.stack import ports


@dataclass(frozen=True, kw_only=True)
class LiveKitAccess:
    """How clients reach livekit-server and prove who they are."""

    url: str
    api_key: str
    api_secret: str


def make_access(network: ports.Ports) -> LiveKitAccess:
    """Credentials made for one run."""
    return LiveKitAccess(
        url=f"ws://{ports.LOOPBACK}:{network.livekit}",
        api_key=f"lab{secrets.token_hex(6)}",
        api_secret=secrets.token_urlsafe(36),  # the server warns below 32 characters
    )


def livekit_server(network: ports.Ports, access: LiveKitAccess) -> str:
    """`livekit.yaml`: loopback only, webhooks to dispatch, and muting that the server may also undo."""
    return json.dumps(
        {
            "port": network.livekit,
            "bind_addresses": [ports.LOOPBACK],
            "keys": {access.api_key: access.api_secret},
            "redis": {"address": _redis(network)},
            "rtc": {
                "node_ip": ports.LOOPBACK,
                "use_external_ip": False,
                # One UDP port on the loopback interface for all media; no TCP, which would listen on every address.
                # As a full ICE agent the server loses a race with livekit-sip in every other call: a second each.
                "use_ice_lite": True,
                "interfaces": {"includes": ["lo"]},
                "enable_loopback_candidate": True,
                "udp_port": network.livekit_udp,
                "tcp_port": 0,
            },
            "room": {"enable_remote_unmute": True},
            "webhook": {
                "api_key": access.api_key,
                "urls": [f"http://{ports.LOOPBACK}:{network.http}/webhooks/livekit"],
            },
            "logging": {"level": "info"},
        },
        indent=2,
    )


def livekit_sip(network: ports.Ports, access: LiveKitAccess) -> str:
    """`sip.yaml`: SIP on loopback only, and 127.0.0.1 in Contact and SDP."""
    return json.dumps(
        {
            "api_key": access.api_key,
            "api_secret": access.api_secret,
            "ws_url": access.url,
            "redis": {"address": _redis(network)},
            "sip_port": network.sip,
            "listen_ip": ports.LOOPBACK,
            "nat_1_to_1_ip": ports.LOOPBACK,
            "use_external_ip": False,
            "media_use_external_ip": False,
            "rtp_port": f"{network.rtp.start}-{network.rtp.stop - 1}",
            # At the default of 0.9 a busy test machine would have its outbound calls refused.
            "max_cpu_utilization": 1.0,
            "logging": {"level": "info"},
        },
        indent=2,
    )


def _redis(network: ports.Ports) -> str:
    return f"{ports.LOOPBACK}:{network.redis}"
