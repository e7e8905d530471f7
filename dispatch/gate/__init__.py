"""The gate that every dial passes: whom may we call, when, and how often.

    check     what does not change by the hour: number, emergency, type, country, SIP host
    admit     the do-not-call list and calling hours
    reserve   limits, counted and reserved in one transaction
    release   the call is over, or with `release_transfer` a transfer that nobody answered

`docs/gate.md` says it for operators.
"""

from dispatch.gate.admitting import admit
from dispatch.gate.checking import check, number_of
from dispatch.gate.limits import release, release_transfer, reserve
from dispatch.gate.refusals import Stage, note_refusal
from dispatch.gate.wishes import Key, Kind, Wish

__all__ = [
    "Key",
    "Kind",
    "Stage",
    "Wish",
    "admit",
    "check",
    "note_refusal",
    "number_of",
    "release",
    "release_transfer",
    "reserve",
]
