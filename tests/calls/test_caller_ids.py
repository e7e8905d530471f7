"""Whoever calls, and whatever their network says of them: the call is answered, and the ledger says what is known."""

import asyncio
from collections.abc import Sequence

import pytest

from cli import api
from lab import labs, softphone
from tests.calls import lines, standing

pytestmark = [pytest.mark.calls, pytest.mark.asyncio(loop_scope="session")]

LANDLINE = "+12015550161"


async def rows_of(ledger: api.Api, known: set[str], calls: Sequence[softphone.OutgoingCall]) -> list[api.Json]:
    """Hang up calls once they are answered; what the ledger has of them."""
    await asyncio.gather(*(call.answered(timeout=15) for call in calls))
    await asyncio.gather(*(call.hang_up() for call in calls))
    return await standing.new_rows(ledger, known, len(calls))


@pytest.mark.parametrize(
    "callers",
    [
        {
            "withheld": ("anonymous", "anonymous.invalid", "Anonymous"),
            "unusable": ("%7B%7B7*7%7D%7D", None, "{{ 7*7 }} <script>alert(1)</script> \u202e\x07 Zoë"),
        },
        pytest.param({"unusable": ("9" * 240, None, None)}, marks=pytest.mark.long),
        pytest.param(
            {"unusable": ("%27%3B%20DROP%20TABLE%20calls%3B--", None, "'; DROP TABLE calls;--")},
            marks=pytest.mark.long,
        ),
    ],
    ids=["usual", "long", "injecting"],
)
async def test_a_caller_without_a_number_is_answered(
    lab: labs.Lab,
    phone: softphone.Softphone,
    ledger: api.Api,
    callers: dict[str, tuple[str, str | None, str | None]],
) -> None:
    """Each is known by what the ledger is to say of them."""
    known = await standing.known_calls(ledger)
    calls = [
        await phone.dial(standing.uri(lab, lines.WITH_METADATA), caller=user, caller_host=host, name=name)
        for user, host, name in callers.values()
    ]
    rows = await rows_of(ledger, known, calls)
    assert {row["callerIdStatus"] for row in rows} == set(callers)
    for row in rows:
        assert row["from"] is None
        assert (row["agentId"], row["metadata"]["tenant"]) == ("front-desk", "acme")
        assert row["metadata"]["caller"] == ""
    await standing.settles(lab, phone)


DIVERSION = ("Diversion", f'"Reception" <sip:{LANDLINE}@carrier.example>;reason=unconditional')
HISTORY = (
    f"<sip:{LANDLINE}@carrier.example?Reason=SIP%3Bcause%3D302>;index=1",
    f"<sip:{lines.WITH_METADATA}@carrier.example>;index=1.1",
)


@pytest.mark.parametrize(
    "sent_on",
    [
        [
            ([DIVERSION], LANDLINE),
            ([("History-Info", entry) for entry in HISTORY], LANDLINE),
            ([("X-Original-Called", LANDLINE)], LANDLINE),
            ([("Diversion", "{{ 7*7 }}'; DROP TABLE calls;--")], None),
        ],
        pytest.param([([], None), ([("History-Info", ", ".join(HISTORY))], LANDLINE)], marks=pytest.mark.long),
    ],
    ids=["usual", "rare"],
)
async def test_metadata_say_who_called_which_number_and_by_whom_the_call_was_sent_on(
    lab: labs.Lab,
    phone: softphone.Softphone,
    ledger: api.Api,
    sent_on: list[tuple[list[tuple[str, str]], str | None]],
) -> None:
    known = await standing.known_calls(ledger)
    callers = {f"+1201555015{place}": sending for place, sending in enumerate(sent_on)}
    calls = [
        await phone.dial(standing.uri(lab, lines.WITH_METADATA), caller=caller, headers=headers)
        for caller, (headers, _) in callers.items()
    ]
    rows = {row["from"]: row for row in await rows_of(ledger, known, calls)}
    assert set(rows) == set(callers)
    for caller, (_, forwarded_from) in callers.items():
        assert (rows[caller]["callerIdStatus"], rows[caller]["forwardedFromNumber"]) == ("known", forwarded_from)
        assert rows[caller]["metadata"] == {
            "tenant": "acme",
            "caller": caller,
            "dialed": lines.WITH_METADATA,
            "via": forwarded_from or "",
        }
    await standing.settles(lab, phone)


async def test_a_caller_id_that_livekit_cannot_carry_costs_nobody_else_a_call(
    lab: labs.Lab, phone: softphone.Softphone, ledger: api.Api
) -> None:
    """Over 256 characters livekit-server takes no participant; over 1,300 bytes livekit-sip sends no answer by UDP."""
    known = await standing.known_calls(ledger)
    refused = await phone.dial(standing.uri(lab, lines.WITH_METADATA), caller="9" * 500)
    unheard = await phone.dial(standing.uri(lab, lines.WITH_METADATA), caller="9" * 2000)
    with pytest.raises(softphone.CallRefused):
        await refused.answered(timeout=10)
    usual = await phone.dial(standing.uri(lab, lines.WITH_METADATA), caller=standing.CALLER)
    (row,) = await rows_of(ledger, known, [usual])
    assert row["from"] == standing.CALLER
    assert not unheard.is_up
    unheard.abandon()
    await standing.settles(lab, phone)
