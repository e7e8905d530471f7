"""Whoever calls, and whatever their network says of them: the call is answered, and the ledger says what is known."""

from collections.abc import Sequence

import pytest

from cli import api
from lab import labs, softphone
from tests.calls import lines, standing

pytestmark = [pytest.mark.calls, pytest.mark.asyncio(loop_scope="session")]

LANDLINE = "+12015550161"


async def row_of(ledger: api.Api, known: set[str], call: softphone.OutgoingCall) -> api.Json:
    await call.answered(timeout=10)
    await call.hang_up()
    (row,) = await standing.new_rows(ledger, known, 1)
    return row


@pytest.mark.parametrize(
    ("user", "host", "name", "status"),
    [
        ("anonymous", "anonymous.invalid", "Anonymous", "withheld"),
        pytest.param("9" * 240, None, None, "unusable", marks=pytest.mark.long),
        pytest.param(
            "%27%3B%20DROP%20TABLE%20calls%3B--", None, "'; DROP TABLE calls;--", "unusable", marks=pytest.mark.long
        ),
        ("%7B%7B7*7%7D%7D", None, "{{ 7*7 }} <script>alert(1)</script> \u202e\x07 Zoë", "unusable"),
    ],
)
async def test_a_caller_without_a_number_is_answered(
    lab: labs.Lab,
    phone: softphone.Softphone,
    ledger: api.Api,
    user: str,
    host: str | None,
    name: str | None,
    status: str,
) -> None:
    known = await standing.known_calls(ledger)
    call = await phone.dial(standing.uri(lab, lines.WITH_METADATA), caller=user, caller_host=host, name=name)
    row = await row_of(ledger, known, call)
    assert (row["from"], row["callerIdStatus"]) == (None, status)
    assert (row["agentId"], row["metadata"]["tenant"]) == ("front-desk", "acme")
    assert row["metadata"]["caller"] == ""
    await standing.settles(lab, phone)


@pytest.mark.parametrize(
    ("headers", "forwarded_from"),
    [
        pytest.param([], None, marks=pytest.mark.long),
        ([("Diversion", f'"Reception" <sip:{LANDLINE}@carrier.example>;reason=unconditional')], LANDLINE),
        (
            [
                ("History-Info", f"<sip:{LANDLINE}@carrier.example?Reason=SIP%3Bcause%3D302>;index=1"),
                ("History-Info", f"<sip:{lines.WITH_METADATA}@carrier.example>;index=1.1"),
            ],
            LANDLINE,
        ),
        pytest.param(
            [
                (
                    "History-Info",
                    f"<sip:{LANDLINE}@carrier.example?Reason=SIP%3Bcause%3D302>;index=1, "
                    f"<sip:{lines.WITH_METADATA}@carrier.example>;index=1.1",
                )
            ],
            LANDLINE,
            marks=pytest.mark.long,
        ),
        ([("X-Original-Called", LANDLINE)], LANDLINE),
        ([("Diversion", "{{ 7*7 }}'; DROP TABLE calls;--")], None),
    ],
)
async def test_metadata_say_who_called_which_number_and_by_whom_the_call_was_sent_on(
    lab: labs.Lab,
    phone: softphone.Softphone,
    ledger: api.Api,
    headers: Sequence[tuple[str, str]],
    forwarded_from: str | None,
) -> None:
    known = await standing.known_calls(ledger)
    call = await phone.dial(standing.uri(lab, lines.WITH_METADATA), caller=standing.CALLER, headers=headers)
    row = await row_of(ledger, known, call)
    assert (row["from"], row["callerIdStatus"], row["forwardedFromNumber"]) == (
        standing.CALLER,
        "known",
        forwarded_from,
    )
    assert row["metadata"] == {
        "tenant": "acme",
        "caller": standing.CALLER,
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
    row = await row_of(ledger, known, usual)
    assert row["from"] == standing.CALLER
    assert not unheard.is_up
    unheard.abandon()
    await standing.settles(lab, phone)
