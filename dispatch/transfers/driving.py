"""Carries one transfer out, from whatever state it is in: so it is the same whether it was just wanted, or taken up."""

from __future__ import annotations

from collections.abc import Awaitable

import structlog

from callcore import contract, errors, transfer_steps, transfer_wishes, transfers
from dispatch import gate
from dispatch.livekit import referring
from dispatch.transfers import bridges, consulting, means, permits, ringing, sights, summoning, taking, tries

_log = structlog.get_logger(__name__)

_HELD_S = 30.0  # for the job to tell the caller, and to put them on hold: `transfer_texts.connecting` may be long


class Driver:
    """Carries transfers out, each in a task of its own."""

    def __init__(self, parts: means.Means) -> None:
        self._means = parts
        self._eyes = sights.Eyes(parts)
        self._ringing = ringing.Ringing(parts)
        self._consulting = consulting.Consulting(parts, self._ringing)
        self._bridges = bridges.Bridges(parts)

    async def begin(self, transfer: transfers.Transfer, first: permits.First | None) -> None:
        """Carry out a transfer that this process let come into being; with its first attempt, if that is put down."""
        if first is not None:
            transfer = await self._try(transfer, first.story, first.permit)
        await self._carry_out(transfer, is_new=True)

    async def take_up(self, transfer: transfers.Transfer) -> None:
        """Go on with a transfer that another process, or a task that failed, has left behind."""
        if transfer.state is transfers.State.HOLDING:
            await self.hang_up(transfer)  # whoever put down that the attempt failed may not have come to it
        await self._carry_out(transfer, is_new=False)

    async def abandon(self, transfer: transfers.Transfer) -> None:
        """End a transfer that cannot be carried out, whatever the matter is: the caller is not to wait for ever."""
        now = self._means.clock.now()
        is_agents = transfer.kind is not transfers.Kind.FORWARD
        end = transfer_steps.Returned(at=now) if is_agents else transfer_steps.Failed(at=now)
        await self.hang_up(await self._put(transfer, end))

    async def hang_up(self, transfer: transfers.Transfer) -> None:
        """Have the leg of a transfer's latest attempt leave, if it is there."""
        if transfer.identity is not None:
            call = (await self._eyes.look(transfer)).entry.call
            await self._ringing.give_up(call.room_name, transfer.identity)

    async def _carry_out(self, transfer: transfers.Transfer, *, is_new: bool) -> None:
        """Go from state to state, and watch over what is bridged."""
        try:
            story = await permits.story_of(self._means, transfer)
        except permits.NoWish as error:
            _log.error("a transfer cannot be carried out", transfer_id=transfer.id, why=error.message)
            await self._put(transfer, transfer_steps.Failed(at=self._means.clock.now()))
            return
        while not transfer.state.is_final:
            match transfer.state:
                case transfers.State.REQUESTED:
                    transfer = await self._requested(transfer, story, is_new=is_new)
                case transfers.State.HOLDING:
                    transfer = await self._next(transfer, story)
                case transfers.State.DIALING:
                    transfer = await self._find_out(transfer, story)
                case transfers.State.CONSULTING:
                    transfer = await self._consulting.wait(transfer)
        if transfer.state is transfers.State.BRIDGED:
            await self._bridges.watch(transfer, story.wish.longest_s)

    async def _requested(
        self, transfer: transfers.Transfer, story: permits.Story, *, is_new: bool
    ) -> transfers.Transfer:
        if transfer.kind is not transfers.Kind.FORWARD:
            return await self._hold(transfer, story)
        if is_new:
            return await self._next(transfer, story)
        # By now the caller has been offered something else.
        return await self._put(transfer, transfer_steps.Failed(at=self._means.clock.now()))

    async def _hold(self, transfer: transfers.Transfer, story: permits.Story) -> transfers.Transfer:
        """Have the job tell the caller, and put them on hold; of what its agent wants it knows."""
        if story.requested_by is transfer_wishes.Requester.API:
            entry = (await self._eyes.look(transfer)).entry
            notice = contract.TransferNotice(call_id=transfer.call_id, transfer_id=transfer.id)
            try:
                await self._means.summoner.summon(story.call.room_name, entry.holder.job_id, notice)
            except summoning.NoAgentAnswers as error:
                sight = await self._eyes.look(transfer)
                if not sight.goes_on(transfer):  # it was told, and only its answer was lost
                    return sight.transfer
                _log.warning("a transfer cannot begin", transfer_id=transfer.id, why=error.public_code)
                return await self._put(transfer, transfer_steps.Failed(at=self._means.clock.now()))
        sight = await self._eyes.until(
            transfer, lambda seen: seen.is_pointless or not seen.goes_on(transfer), within_s=_HELD_S
        )
        if not sight.goes_on(transfer):
            return sight.transfer
        now = self._means.clock.now()
        late = transfer_steps.Cancelled(at=now) if sight.is_pointless else transfer_steps.Returned(at=now)
        return await self._put(transfer, late)

    async def _next(self, transfer: transfers.Transfer, story: permits.Story) -> transfers.Transfer:
        """Try the next destination; where there is none, say what becomes of the caller."""
        now = self._means.clock.now()
        sight = await self._eyes.look(transfer)
        if sight.is_pointless:
            return await self._put(transfer, transfer_steps.Cancelled(at=now))
        destination = tries.next_destination(story.wish, transfer)
        if destination is not None:
            return await self._start(transfer, story, destination, permits.permit_best(self._means, story, destination))
        is_agents = transfer.kind is not transfers.Kind.FORWARD
        if is_agents and story.wish.fallback is transfer_wishes.Fallback.RETURN_TO_AGENT:
            return await self._put(transfer, transfer_steps.Returned(at=now))
        return await self._put(transfer, transfer_steps.Failed(at=now))

    async def _start(
        self,
        transfer: transfers.Transfer,
        story: permits.Story,
        destination: transfer_wishes.Destination,
        permitting: Awaitable[permits.Permit],
        *before: transfer_steps.Fact,
    ) -> transfers.Transfer:
        """Begin an attempt and carry it out; a destination that must not be tried is passed over."""
        records, now = self._means.records, self._means.clock.now()
        permit = None
        try:
            permit = await permitting
            began = await records.begin(transfer, (*before, permit.dialed(now)), permit.reserve)
        except (errors.BadInput, errors.PolicyRefused) as error:
            permit = None
            began = await records.begin(transfer, (*before, self._refusal(story, destination, error)), taking.nothing)
        if began is None:
            return (await self._eyes.look(transfer)).transfer
        return began if permit is None else await self._try(began, story, permit)

    async def _try(
        self, transfer: transfers.Transfer, story: permits.Story, permit: permits.Permit
    ) -> transfers.Transfer:
        """Carry out an attempt that this process has just put down: nobody else does, now or later."""
        destination = permit.destination
        if permit.route is not None:
            dial = permits.dial(story, transfer, destination, permit.route)
            return await self._ringing.ring(transfer, destination, dial)
        referral = await self._means.referring.ask(transfer, story.call, destination)
        if not referral.is_refused:
            return await self._referred(transfer, referral)
        failed = transfer_steps.AttemptFailed(
            at=self._means.clock.now(),
            attempt=transfer.attempt,
            result=referral.result,
            sip_status_code=referral.sip_status_code,
        )
        permitting = permits.permit_dial(self._means, story, destination)
        return await self._start(transfer, story, destination, permitting, failed)

    async def _find_out(self, transfer: transfers.Transfer, story: permits.Story) -> transfers.Transfer:
        """How an attempt goes that another process has begun: a phone is never dialed again, a carrier never asked."""
        if transfer.attempts[-1].method is transfers.Method.REFER:
            rings_s = tries.rings_for_s(story.wish, transfer, self._means.clock.now())
            return await self._referred(transfer, await self._means.referring.watch(story.call, rings_s=rings_s))
        return await self._ringing.find_out(transfer, tries.latest_destination(story.wish, transfer))

    async def _referred(self, transfer: transfers.Transfer, referral: referring.Referral) -> transfers.Transfer:
        """Put down how a REFER went. Where nobody knows, the caller is with the agent, and nobody is dialed."""
        now, attempt, code = self._means.clock.now(), transfer.attempt, referral.sip_status_code
        match referral.result:
            case transfers.AttemptResult.ANSWERED:
                picked_up = transfer_steps.PickedUp(at=now, attempt=attempt, sip_status_code=code)
                return await self._put(transfer, picked_up)
            case transfers.AttemptResult.CANCELLED:
                return await self._put(transfer, transfer_steps.Cancelled(at=now))
        failed = transfer_steps.AttemptFailed(at=now, attempt=attempt, result=referral.result, sip_status_code=code)
        returned = (transfer_steps.Returned(at=now),) if referral.is_unknown else ()
        return await self._put(transfer, failed, *returned)

    def _refusal(
        self,
        story: permits.Story,
        destination: transfer_wishes.Destination,
        error: errors.BadInput | errors.PolicyRefused,
    ) -> transfer_steps.Refused:
        result, rule = transfers.AttemptResult.INVALID_NUMBER, None
        if isinstance(error, errors.PolicyRefused):
            gate.note_refusal(self._means.counters, error, gate.Stage.TRANSFER, story.call.id)
            result, rule = transfers.AttemptResult.REFUSED, error.code
        else:
            _log.error("a destination cannot be dialed", call_id=story.call.id, why=error.message)
        return transfer_steps.Refused(
            at=self._means.clock.now(), to=destination.to, label=destination.label, result=result, rule=rule
        )

    async def _put(self, transfer: transfers.Transfer, *facts: transfer_steps.Fact) -> transfers.Transfer:
        return await self._means.records.put(transfer, *facts)
