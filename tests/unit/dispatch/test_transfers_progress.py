"""What a job is told of a transfer."""

from __future__ import annotations

import dataclasses

import pytest

from callcore import contract, transfer_wishes, transfers
from dispatch.transfers import progress
from tests.unit.dispatch import samples

pytestmark = pytest.mark.unit

WISH = transfer_wishes.Wish(
    destinations=(
        transfer_wishes.Destination(to="+12015550190", label="Ann"),
        transfer_wishes.Destination(to="+12015550191", label="Bob"),
    ),
    screening="Ask for their name.",
    summary="The caller wants a quote.",
    fallback=transfer_wishes.Fallback.TAKE_MESSAGE,
    voicemail_detection=transfer_wishes.VoicemailDetection(enabled=False),
)
REQUESTED = transfers.Transfer(
    id="tr_1",
    call_id="call_1",
    kind=transfers.Kind.WARM,
    state=transfers.State.REQUESTED,
    attempts=(),
    created_at=samples.START,
    updated_at=samples.START,
    requested_by=transfer_wishes.Requester.AGENT,
    wish=WISH,
    version=2,
)


def attempt(
    label: str, result: transfers.AttemptResult | None, method: transfers.Method = transfers.Method.DIAL
) -> transfers.Attempt:
    return transfers.Attempt(
        to="+12015550190", label=label, result=result, sip_status_code=None, seconds=None, method=method
    )


def test_a_transfer_that_has_not_begun_shows_whom_it_is_for() -> None:
    told = progress.of(REQUESTED)
    assert told == contract.TransferProgress(
        transfer_id="tr_1",
        kind=transfers.Kind.WARM,
        state=transfers.State.REQUESTED,
        version=2,
        label="Ann",
        requested_by=transfer_wishes.Requester.AGENT,
        screening="Ask for their name.",
        summary="The caller wants a quote.",
        fallback=transfer_wishes.Fallback.TAKE_MESSAGE,
        voicemail_detection=transfer_wishes.VoicemailDetection(enabled=False),
    )


def test_the_latest_attempt_is_what_counts() -> None:
    busy = attempt("Ann", transfers.AttemptResult.BUSY)
    consulting = dataclasses.replace(
        REQUESTED,
        state=transfers.State.CONSULTING,
        attempts=(busy, attempt("Bob", None)),
        identity="tr_1_2",
        accepted_at=samples.START,
    )
    told = progress.of(consulting)
    assert (told.attempt, told.is_attempting, told.label, told.result) == (2, True, "Bob", None)
    assert (told.identity, told.method, told.is_accepted) == ("tr_1_2", transfers.Method.DIAL, True)

    over = progress.of(dataclasses.replace(REQUESTED, state=transfers.State.RETURNED, attempts=(busy,)))
    assert (over.attempt, over.is_attempting, over.label) == (1, False, "Ann")
    assert (over.result, over.is_accepted) == (transfers.AttemptResult.BUSY, False)


def test_a_refer_is_told_from_a_dial() -> None:
    asked = dataclasses.replace(REQUESTED, attempts=(attempt("Ann", None, transfers.Method.REFER),))
    assert (progress.of(asked).method, progress.of(asked).identity) == (transfers.Method.REFER, None)


def test_a_forward_has_no_wish_of_its_own() -> None:
    told = progress.of(dataclasses.replace(REQUESTED, kind=transfers.Kind.FORWARD, wish=None))
    assert (told.label, told.summary, told.fallback) == (None, None, transfer_wishes.Fallback.RETURN_TO_AGENT)
