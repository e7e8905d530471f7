"""What a trunk's answers to REFER teach: whether it is worth asking again."""

from __future__ import annotations

import dataclasses
import datetime as dt

from callcore import transfers
from dispatch.livekit import referring
from dispatch.store import refer_experiences as rows

FORGOTTEN_AFTER = dt.timedelta(hours=24)
"""Then a trunk that refuses is asked once more: carriers change what they allow."""

# "Method not allowed" and "not implemented" (RFC 3261 sections 21.4.6 and 21.5.2) are about REFER as such. Any other
# refusal may be about this destination, so only the second in a row counts.
_OF_THE_METHOD = frozenset({405, 501})
_NOTHING_LEARNED = frozenset({transfers.AttemptResult.CANCELLED})


def result_of(referral: referring.Referral) -> rows.Result | None:
    """What a REFER shows of the trunk; None where it was not asked, or had nobody to transfer any more."""
    if referral.is_refused:
        return rows.Result.REFUSED
    if referral.is_unknown:
        return rows.Result.UNKNOWN
    was_asked = referral.sip_status_code is not None and referral.result not in _NOTHING_LEARNED
    return rows.Result.TAKEN if was_asked else None


def learned(
    before: rows.Experience | None, trunk: str, result: rows.Result, sip_status_code: int | None, at: dt.datetime
) -> rows.Experience:
    """What is known of a trunk after one more REFER."""
    known = before or rows.Experience(trunk=trunk, last_result=result, last_sip_status_code=None, last_at=at)
    counts = {result.value: getattr(known, result.value) + 1}
    return dataclasses.replace(
        known,
        last_result=result,
        last_sip_status_code=sip_status_code,
        last_at=at,
        refuses_since=_refuses_since(before, result, sip_status_code, at),
        **counts,
    )


def refuses(known: rows.Experience | None, now: dt.datetime) -> bool:
    """Whether a trunk need not be asked."""
    return known is not None and known.refuses_since is not None and now - known.refuses_since < FORGOTTEN_AFTER


def _refuses_since(
    before: rows.Experience | None, result: rows.Result, sip_status_code: int | None, at: dt.datetime
) -> dt.datetime | None:
    if result is rows.Result.TAKEN:
        return None
    known = before.refuses_since if before is not None and refuses(before, at) else None
    if result is rows.Result.UNKNOWN or known is not None:
        return known
    is_second = before is not None and before.last_result is rows.Result.REFUSED
    return at if is_second or sip_status_code in _OF_THE_METHOD else None
