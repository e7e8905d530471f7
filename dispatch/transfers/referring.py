"""Blind transfers by the caller's own carrier (REFER, RFC 3515), and what each trunk taught us about it."""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Collection

import structlog

from callcore import calls, clock, errors, transfer_wishes, transfers
from dispatch import metrics, switchboard, wakeups
from dispatch.livekit import referring, rooms
from dispatch.store import calls as call_rows
from dispatch.store import engine
from dispatch.store import refer_experiences as rows
from dispatch.transfers import destinations, learning
from sip_config import configurations

_log = structlog.get_logger(__name__)

_WATCH_S = 10.0  # a carrier that has connected the caller ends our leg within seconds, whatever it told us
_LOOK_S = 0.25

_CANCELLED = referring.Referral(result=transfers.AttemptResult.CANCELLED)
_UNAVAILABLE = referring.Referral(result=transfers.AttemptResult.UNAVAILABLE)
_GONE = referring.Referral(result=transfers.AttemptResult.ANSWERED)
_STILL_THERE = referring.Referral(result=transfers.AttemptResult.UNKNOWN)


class _Sight(enum.Enum):
    """What is seen of a caller's leg."""

    THERE = enum.auto()
    GONE = enum.auto()
    NOBODY = enum.auto()
    """Neither it nor anybody else is in the room."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Means:
    """What it takes."""

    store: engine.Store
    referrer: referring.Referrer
    livekit: rooms.Rooms
    board: switchboard.Switchboard
    hints: wakeups.Wakeups
    counters: metrics.Metrics
    clock: clock.Clock


class Referring:
    """Has callers connected by their carriers."""

    def __init__(self, means: Means) -> None:
        self._means = means

    async def is_worth_trying(self, call: calls.Call, destination: transfer_wishes.Destination) -> bool:
        """Whether the caller's carrier is to be asked; else the destination is dialed into the call's room.

        It is not asked where the configuration says so, where it refused lately, for an extension, which only we can
        dial, and for a number of ours, which has to learn how often the call came back.

        Raises:
            StoreUnavailable: nobody can say what was learned.
        """
        configuration = self._means.board.configuration
        trunk = _trunk(configuration, call)
        if trunk is None or destination.extension or destinations.is_ours(configuration, destination.to):
            return False
        if not configuration.trunks[trunk].refer:
            await self._forget([trunk])
            return False
        async with self._means.store.reading() as tx:
            known = await rows.find(tx, trunk)
        return not learning.refuses(known, self._means.clock.now())

    async def ask(
        self, transfer: transfers.Transfer, call: calls.Call, destination: transfer_wishes.Destination
    ) -> referring.Referral:
        """Ask the caller's carrier to connect them, and learn from what it says.

        Where it does not say how it went, the caller's leg tells: `answered` once it has left, `unknown` where it stays
        for 10 s. `cancelled` where the caller had hung up before. Never raises for a failed one.

        Args:
            transfer: that it is for.
            call: whose caller is to be connected.
            destination: with whom.
        """
        configuration = self._means.board.configuration
        headers = transfer.wish.headers if transfer.wish is not None else {}
        referral, result = _UNAVAILABLE, None
        try:
            leg = await self._leg(call)
        except rooms.LiveKitUnavailable as error:
            _log.warning("a caller's carrier could not be asked", call_id=call.id, error=error.message)
        else:
            if leg is None:
                referral = _CANCELLED
            else:
                rings_s = destinations.ringing_s(
                    configuration, destinations.own_number(configuration, call), destination
                )
                wanted = referring.Refer(
                    room_name=call.room_name,
                    identity=leg,
                    to=destination.to,
                    headers=headers,
                    ringing_timeout_s=rings_s,
                )
                referral = await self._means.referrer.refer(wanted)
            result = learning.result_of(referral)
            if referral.is_unknown:
                referral = await self.watch(call)
                result = rows.Result.UNKNOWN if referral.is_unknown else rows.Result.TAKEN
        await self._note(call, _trunk(configuration, call), referral, result)
        return referral

    async def watch(self, call: calls.Call, *, rings_s: float = 0.0) -> referring.Referral:
        """How a REFER went of which nobody knows: `answered` once the caller's leg leaves, `unknown` 10 s after a phone
        that may ring for `rings_s` more.

        What cannot be looked at is still there. A room in which nobody is at all may be one that LiveKit, started
        again, has not filled yet, so that counts only where it lasts.
        """
        sight = await self._means.hints.until(
            call.id,
            lambda: self._sight(call),
            lambda seen: seen is _Sight.GONE,
            every_s=_LOOK_S,
            within_s=rings_s + _WATCH_S,
        )
        return _STILL_THERE if sight is _Sight.THERE else _GONE

    async def forget_changed(self, before: configurations.Configuration, now: configurations.Configuration) -> None:
        """Forget the refusals of trunks whose `refer` is another one since a reload."""
        old = {name: trunk.refer for name, trunk in before.trunks.items()}
        changed = [name for name, trunk in now.trunks.items() if old.get(name, trunk.refer) != trunk.refer]
        try:
            await self._forget(changed)
        except errors.Unavailable as error:  # they are forgotten anyway, after a day
            _log.warning("what was learned of trunks could not be forgotten", error=error.public_code)

    async def _leg(self, call: calls.Call) -> str | None:
        """Identity of the caller's leg; None where they have hung up.

        Raises:
            LiveKitUnavailable: the room cannot be looked at.
        """
        present = await self._means.livekit.participants(call.room_name)
        return next((someone.identity for someone in present if someone.is_caller), None)

    async def _sight(self, call: calls.Call) -> _Sight:
        try:
            async with self._means.store.reading() as tx:
                entry = await call_rows.get(tx, call.id)
            if entry.call.is_over or entry.leg_left_at is not None:
                return _Sight.GONE
            present = await self._means.livekit.participants(call.room_name)
        except errors.Unavailable as error:
            _log.warning("nobody can see whether a caller's leg left", call_id=call.id, error=error.public_code)
            return _Sight.THERE
        if rooms.has_caller(present):
            return _Sight.THERE
        return _Sight.GONE if present else _Sight.NOBODY

    async def _note(
        self, call: calls.Call, trunk: str | None, referral: referring.Referral, result: rows.Result | None
    ) -> None:
        outcome = "refused" if referral.is_refused else referral.result.value
        self._means.counters.refers.labels(result=outcome).inc()
        _log.info(
            "a carrier was asked to connect a caller",
            call_id=call.id,
            trunk=trunk,
            result=outcome,
            sip_status_code=referral.sip_status_code,
        )
        if trunk is not None and result is not None:
            await self._learn(trunk, result, referral.sip_status_code)

    async def _learn(self, trunk: str, result: rows.Result, sip_status_code: int | None) -> None:
        try:
            async with self._means.store.writing() as tx:
                before = await rows.find_for_update(tx, trunk)
                after = learning.learned(before, trunk, result, sip_status_code, self._means.clock.now())
                await rows.put(tx, after)
        except errors.Unavailable as error:  # the caller waits for what comes next, and not for this
            _log.warning("what a trunk taught could not be kept", trunk=trunk, error=error.public_code)
            return
        if after.refuses_since is not None and (before is None or before.refuses_since is None):
            _log.warning("a trunk does not take REFER: transfers are bridged", trunk=trunk, code=sip_status_code)

    async def _forget(self, trunks: Collection[str]) -> None:
        if not trunks:
            return
        async with self._means.store.writing() as tx:
            await rows.forget_refusals(tx, trunks)


def _trunk(configuration: configurations.Configuration, call: calls.Call) -> str | None:
    """Through which trunk the caller is with us; None where it is not in the configuration any more."""
    try:
        trunk = destinations.own_number(configuration, call).trunk
    except destinations.NotDialable:
        return None
    return trunk if trunk in configuration.trunks else None
