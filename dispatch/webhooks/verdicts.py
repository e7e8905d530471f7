"""What an answer means for its delivery: it has arrived, is tried again, or is given up."""

from __future__ import annotations

import dataclasses
import datetime as dt
import random

from dispatch.store import attempts, deliveries
from dispatch.webhooks import client, faults, posting, schedules

GONE = 410
"""Says that an endpoint wants nothing any more (RFC 9110 section 15.5.11)."""

_KEPT = 1024  # bytes of an answer
_ABORT = ("webhook-delivery", "abort-message")  # a receiver's wish to be spared further attempts of this one


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Tried:
    """An attempt that is over."""

    delivery: deliveries.Delivery
    """As it was claimed."""
    answer: client.Answer
    at: dt.datetime
    """When it began."""
    ended_at: dt.datetime

    @property
    def is_gone(self) -> bool:
        """Whether the endpoint wants nothing any more."""
        return self.answer.status_code == GONE

    @property
    def attempt(self) -> attempts.Attempt:
        """As it is kept."""
        return attempts.Attempt(
            delivery_id=self.delivery.id,
            number=self.delivery.attempts + 1,
            at=self.at,
            latency_s=round(self.answer.latency_s, 6),
            status_code=self.answer.status_code,
            error=self.error,
            response=_text(self.answer.body[:_KEPT]),
        )

    @property
    def error(self) -> str | None:
        """Class of what went wrong; None where it was taken."""
        if self.answer.is_success:
            return None
        return self.answer.error or faults.Fault.BAD_STATUS.value


def judge(tried: Tried, schedule: schedules.Schedule, rng: random.Random) -> deliveries.Delivery:
    """The delivery after an attempt; nobody has it in hand any more."""
    now, before = tried.ended_at, tried.delivery
    if tried.answer.is_success:
        return dataclasses.replace(
            before,
            state=deliveries.State.DELIVERED,
            error=None,
            attempts=before.attempts + 1,
            step=before.step + 1,
            finished_at=now,
            claimed_by=None,
        )
    done = dataclasses.replace(before, attempts=before.attempts + 1, error=tried.error, claimed_by=None)
    delay = schedule.delay(before.step + 1, rng)
    if delay is None or tried.is_gone or tried.answer.headers.get(_ABORT[0]) == _ABORT[1]:
        return posting.given_up(dataclasses.replace(done, step=before.step + 1), tried.error or "", now)
    asked = schedule.asked(before.step + 1, tried.answer.headers, now)
    if asked is not None and asked < delay and before.early < len(schedule.delays_s):
        # An endpoint that is back sooner is tried sooner; one that only says so does not use its attempts up.
        return dataclasses.replace(done, early=before.early + 1, due_at=now + asked)
    due_at = now + max(delay, asked or delay)
    return dataclasses.replace(done, step=before.step + 1, due_at=due_at)


def _text(body: bytes) -> str:
    return body.decode(errors="replace").replace("\0", "\ufffd")  # which a database cannot keep in a text
