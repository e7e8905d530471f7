"""Where livekit-sip listens, and which ports it uses for media, by sip.yaml or its own defaults."""

from __future__ import annotations

import ipaddress
import re

from cli.diagnosing import yaml_files

DEFAULT_PORT = 5060
_DEFAULT_RTP = "10000-20000"
_RANGE = re.compile(r"\s*(\d{1,5})\s*(?:-\s*(\d{1,5})\s*)?")


def of(file: yaml_files.YamlFile) -> tuple[str, int]:
    """Host and port of SIP on this machine."""
    values = file.values or {}
    port = values.get("sip_port_listen") or values.get("sip_port") or DEFAULT_PORT
    host = str(values.get("listen_ip") or "")
    try:
        is_any = ipaddress.ip_address(host).is_unspecified
    except ValueError:
        is_any = True
    return "127.0.0.1" if is_any else host, port if isinstance(port, int) and 0 < port < 65536 else DEFAULT_PORT


def rtp_ports(file: yaml_files.YamlFile) -> range | None:
    """The range for media; None where it makes no sense."""
    match = _RANGE.fullmatch(str((file.values or {}).get("rtp_port") or _DEFAULT_RTP))
    if match is None:
        return None
    first = int(match[1])
    last = int(match[2] or first)
    return range(first, last + 1) if 0 < first <= last < 65536 else None
