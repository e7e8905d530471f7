"""One attempt: sign what is stored, send those bytes."""

from __future__ import annotations

import datetime as dt

import structlog

from callcore import clock, errors, signing
from dispatch import switchboard
from dispatch.store import deliveries
from dispatch.webhooks import client, faults, targets, verdicts

_log = structlog.get_logger(__name__)


class Sender:
    """Makes attempts."""

    def __init__(
        self, board: switchboard.Switchboard, by: client.Client, timepiece: clock.Clock, *, within_s: float
    ) -> None:
        self._board = board
        self._client = by
        self._clock = timepiece
        self.within = dt.timedelta(seconds=within_s)
        """For all of an attempt."""

    async def send(self, delivery: deliveries.Delivery) -> verdicts.Tried:
        """Try once; whatever happens, it is told and not raised."""
        at = self._clock.now()
        answer = await self._answer(delivery)
        return verdicts.Tried(delivery=delivery, answer=answer, at=at, ended_at=self._clock.now())

    async def _answer(self, delivery: deliveries.Delivery) -> client.Answer:
        try:
            body = delivery.body.encode()
            headers = signing.sign(delivery.message_id, self._clock.now(), body, self._secrets(delivery))
        except errors.BadInput:  # there is no secret any more, or one that is none
            return client.Answer(error=faults.Fault.NO_SECRET.value)
        try:
            return await self._client.post(delivery.url, body, headers, self.within.total_seconds())
        except Exception:  # noqa: BLE001  # a fault of ours must not keep the endpoint's other webhooks waiting
            _log.exception("an attempt broke off", delivery_id=delivery.id)
            return client.Answer(error=faults.Fault.FAILED.value)

    def _secrets(self, delivery: deliveries.Delivery) -> tuple[signing.Secret, ...]:
        configuration = self._board.configuration
        target = targets.target_at(configuration, delivery.agent_id, delivery.kind, delivery.url)
        return targets.secrets_of(configuration, target)
