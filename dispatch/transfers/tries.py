"""Which destination of a transfer comes next, by its row alone: so a process that takes it up goes on where it was."""

from __future__ import annotations

import datetime as dt
import itertools

from callcore import contract, transfer_wishes, transfers


def wish_of(transfer: transfers.Transfer, plan: contract.Plan | None) -> transfer_wishes.Wish | None:
    """What is wanted of a transfer; None of a forward whose call has no plan to forward it that can be read."""
    if transfer.wish is not None:
        return transfer.wish
    return wish_of_forward(plan) if isinstance(plan, contract.Forward) else None


def wish_of_forward(plan: contract.Forward) -> transfer_wishes.Wish:
    """What a plan to forward a call wants."""
    destination = transfer_wishes.Destination(to=plan.to, ringing_timeout_s=plan.ringing_timeout_s)
    return transfer_wishes.Wish(destinations=(destination,))


def next_destination(wish: transfer_wishes.Wish, transfer: transfers.Transfer) -> transfer_wishes.Destination | None:
    """Who is to be tried next; None where everybody was."""
    tried = _tried(transfer)
    return wish.destinations[tried] if tried < len(wish.destinations) else None


def latest_destination(wish: transfer_wishes.Wish, transfer: transfers.Transfer) -> transfer_wishes.Destination | None:
    """Who was tried last; None where nobody was."""
    tried = min(_tried(transfer), len(wish.destinations))
    return wish.destinations[tried - 1] if tried > 0 else None


def rings_for_s(wish: transfer_wishes.Wish, transfer: transfers.Transfer, now: dt.datetime) -> float:
    """For how many more seconds the phone of the latest attempt may ring."""
    destination, attempt = latest_destination(wish, transfer), transfer.attempts[-1]
    longest_s = destination.ringing_timeout_s if destination is not None else None
    elapsed_s = (now - (attempt.began_at or transfer.updated_at)).total_seconds()
    return max(0.0, (longest_s or contract.RINGING_S) - elapsed_s)


def _tried(transfer: transfers.Transfer) -> int:
    """How many destinations were tried. One that is dialed because the carrier takes no REFER has two attempts."""
    again = sum(
        before.method is transfers.Method.REFER and after.method is transfers.Method.DIAL and before.to == after.to
        for before, after in itertools.pairwise(transfer.attempts)
    )
    return transfer.attempt - again
