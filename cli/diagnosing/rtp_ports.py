"""Has livekit-sip enough ports for the calls that a worker takes?"""

from __future__ import annotations

from cli.diagnosing import findings, sip_address, surroundings
from lab.stack import ports

_PORTS_PER_LEG = 2  # RTP and RTCP


async def ask(around: surroundings.Surroundings) -> findings.Finding:
    """`rtp_port` of sip.yaml against TRUNKLINE_MAX_CALLS."""
    if around.sip_yaml.values is None:
        return findings.skipped(around.sip_yaml.problem, "name livekit-sip's file with `--sip-yaml`")
    if around.worker is None:
        return findings.skipped("the worker's settings are not valid")
    found = sip_address.rtp_ports(around.sip_yaml)
    if found is None:
        return findings.failed(
            f"`rtp_port` in {around.sip_yaml.path} is not a range of ports", "write for example `rtp_port: 10000-20000`"
        )
    calls = around.worker.trunkline_max_calls
    seen = f"{len(found)} ports ({found.start}-{found.stop - 1}) for {calls} calls"
    if len(found) < _PORTS_PER_LEG * calls:
        return findings.failed(
            f"{seen}, two each", f"widen `rtp_port` in {around.sip_yaml.path}, or lower TRUNKLINE_MAX_CALLS"
        )
    if len(found) < ports.PORTS_PER_CALL * calls:
        return findings.warning(
            f"{seen}: transfers and calls that have just ended need as many again",
            f"widen `rtp_port` in {around.sip_yaml.path} to {ports.PORTS_PER_CALL * calls} ports",
        )
    return findings.ok(seen)
