"""Blind transfers by the caller's own carrier (REFER), and what was learned of each trunk about it."""
from __future__ import annotations
from callcore import calls, transfer_wishes, transfers
from dispatch.livekit import referring


class Referring:
    """Has callers connected by their carriers."""

    async def is_worth_trying(self, call: calls.Call, destination: transfer_wishes.Destination) -> bool:
        """Whether the caller's carrier is to be asked; else the destination is dialed into the call's room."""
        raise NotImplementedError

    async def ask(
        self,
        transfer: transfers.Transfer,
        call: calls.Call,
        destination: transfer_wishes.Destination,
    ) -> referring.Referral:
        """Ask the carrier, and where it does not say how it went, watch whether the caller's leg leaves. Never raises
        for a failed one; `is_refused`: dial instead."""
        raise NotImplementedError

    async def watch(self, call: calls.Call) -> referring.Referral:
        """How a REFER went of which nobody knows (after a crash): `answered` if the caller's leg is gone within 10 s, else `unknown`."""
        raise NotImplementedError
