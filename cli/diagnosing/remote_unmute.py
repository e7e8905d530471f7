"""May livekit-server unmute what it muted? A warm transfer does both to the caller's track."""

from __future__ import annotations

from cli.diagnosing import findings, surroundings


async def ask(around: surroundings.Surroundings) -> findings.Finding:
    """`room.enable_remote_unmute` of livekit.yaml; the server itself does not tell."""
    file = around.livekit_yaml
    if file.values is None:
        return findings.skipped(file.problem, "name livekit-server's file with `--livekit-yaml`")
    if file.section("room").get("enable_remote_unmute") is not True:
        return findings.warning(
            f"{file.path} does not allow it: after a warm transfer the caller would stay muted",
            "write `room: {enable_remote_unmute: true}` and restart livekit-server",
        )
    return findings.ok(f"{file.path} allows it")
