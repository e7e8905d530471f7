"""Kills apply after a number of steps."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest
from livekit import api

from sip_config import apply, configurations

CHANGING = (
    *("create_inbound_trunk", "update_inbound_trunk", "delete_trunk"),
    *("create_dispatch_rule", "update_dispatch_rule", "delete_dispatch_rule"),
)


class Killed(Exception):
    """Stands for the death of the applying process."""


async def killed(configuration: configurations.Configuration, livekit_api: api.LiveKitAPI, lives: int) -> bool:
    """Apply with so many changes to live; whether it died."""
    made = 0

    def watched(method: Callable[..., Awaitable[object]]) -> Callable[..., Awaitable[object]]:
        async def change(*arguments: object) -> object:
            nonlocal made
            if made >= lives:
                raise Killed
            made += 1
            return await method(*arguments)

        return change

    with pytest.MonkeyPatch.context() as patched:
        for name in CHANGING:
            patched.setattr(livekit_api.sip, name, watched(getattr(livekit_api.sip, name)))
        try:
            await apply.apply(configuration, livekit_api)
        except Killed:
            return True
    return False
