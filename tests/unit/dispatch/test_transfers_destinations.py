"""Where a call may be sent on to, how that phone is dialed, and what LiveKit's answer means."""

from __future__ import annotations

import dataclasses
from typing import Any

import aiohttp
import pytest
from livekit import api

from callcore import calls, errors, transfer_wishes, transfers
from dispatch.ledger import hops
from dispatch.livekit import dialing, rooms
from dispatch.transfers import destinations
from sip_config import configurations, schema
from tests.unit.dispatch import doubles, samples

pytestmark = pytest.mark.unit

TO = "+12015550199"
RESULT = transfers.AttemptResult


def call(caller: str | None = samples.CALLER) -> calls.Call:
    return calls.Call(
        id="call_1",
        direction=calls.Direction.INBOUND,
        status=calls.Status.RINGING,
        room_name=samples.ROOM,
        caller=caller,
        dialed=doubles.DIALED,
        created_at=samples.START,
    )


A_CALL = call()


def placed() -> calls.Call:
    """One that we placed."""
    ours, theirs = doubles.DIALED, samples.CALLER
    return dataclasses.replace(call(), direction=calls.Direction.OUTBOUND, caller=ours, dialed=theirs)


def routed(
    configuration: configurations.Configuration,
    to: str = TO,
    *,
    call: calls.Call = A_CALL,
    ringing_timeout_s: float | None = None,
    **options: Any,
) -> dialing.Route:
    destination = transfer_wishes.Destination(to=to, ringing_timeout_s=ringing_timeout_s)
    given = {"kind": transfers.Kind.FORWARD, **options}
    return destinations.route(configuration, call, destination, **given)


def wished(**given: Any) -> transfer_wishes.Wish:
    return transfer_wishes.Wish(destinations=(transfer_wishes.Destination(to=TO),), **given)


def wired(configuration: configurations.Configuration, **outbound: object) -> configurations.Configuration:
    """The sample set, with a trunk that places calls."""
    way = schema.OutboundTrunk.model_validate({"address": "carrier.example:5070", **outbound})
    ways = {name: trunk.model_copy(update={"outbound": way}) for name, trunk in configuration.trunks.items()}
    return dataclasses.replace(configuration, trunks=ways)


def test_a_number_goes_out_through_the_trunk_of_the_number_that_was_called(
    configuration: configurations.Configuration,
) -> None:
    ready = wired(
        configuration,
        transport="tls",
        media_encryption="require",
        headers={"X-Account": "7"},
        auth={"username": "acme", "password": "secret"},
        ringing_timeout="15s",
    )
    route = routed(ready)
    assert route.longest_ringing_s == 15
    assert (route.host, route.user, route.caller) == ("carrier.example:5070", TO, doubles.DIALED)
    assert (route.transport.value, route.media_encryption.value) == ("tls", "require")
    assert route.headers == {
        "X-Account": "7",
        "Diversion": f"<sip:{doubles.DIALED}@carrier.example:5070>;reason=unconditional;counter=1",
    }
    assert route.auth is not None


def test_the_callers_number_is_passed_on_only_where_the_trunk_allows_it(
    configuration: configurations.Configuration,
) -> None:
    open_minded = wired(configuration, pass_caller_id=True)
    route = routed(open_minded)
    assert route.caller == samples.CALLER
    assert route.headers["P-Asserted-Identity"] == f"<sip:{samples.CALLER}@carrier.example:5070>"
    withheld = routed(open_minded, call=call(None))
    assert withheld.caller == doubles.DIALED
    assert "P-Asserted-Identity" not in withheld.headers


@pytest.mark.parametrize(
    ("to", "host", "user", "transport", "has_auth"),
    [
        ("sip:reception@pbx.example", "pbx.example", "reception", "udp", False),
        ("sip:17@10.0.0.7:5062;transport=TCP", "10.0.0.7:5062", "17", "tcp", False),
        ("sips:reception@pbx.example", "pbx.example", "reception", "tls", False),
        ("sip:sales@carrier.example:5070", "carrier.example:5070", "sales", "tcp", True),
        (f"sip:{TO}@elsewhere.example", "elsewhere.example", TO, "udp", False),
    ],
)
def test_a_uri_is_dialed_at_its_own_host(
    configuration: configurations.Configuration, to: str, host: str, user: str, transport: str, has_auth: bool
) -> None:
    credentials = {"username": "acme", "password": "secret"}
    ready = wired(configuration, transport="tcp", auth=credentials, headers={"X-Account": "7"})
    route = routed(ready, to)
    assert (route.host, route.user, route.transport.value, route.auth is not None) == (host, user, transport, has_auth)
    assert ("X-Account" in route.headers) is has_auth


def test_the_callee_of_a_call_that_we_placed_is_passed_on_in_the_same_way(
    configuration: configurations.Configuration,
) -> None:
    route = routed(wired(configuration, pass_caller_id=True), call=placed(), kind=transfers.Kind.WARM)
    assert route.caller == samples.CALLER
    assert route.headers["Diversion"].startswith(f"<sip:{doubles.DIALED}@")
    hidden = routed(wired(configuration), call=placed(), kind=transfers.Kind.WARM)
    assert (hidden.caller, "P-Asserted-Identity" in hidden.headers) == (doubles.DIALED, False)


def test_a_wish_says_which_number_is_shown(configuration: configurations.Configuration) -> None:
    other = configuration.numbers[doubles.DIALED].model_copy(update={"e164": "+12015550101"})
    ready = wired(dataclasses.replace(configuration, numbers={**configuration.numbers, other.e164: other}))
    route = routed(ready, kind=transfers.Kind.WARM, wish=wished(sender=other.e164))
    assert route.caller == other.e164
    assert route.headers["Diversion"].startswith(f"<sip:{other.e164}@")
    with pytest.raises(destinations.NotDialable, match="not in the configuration"):
        routed(ready, kind=transfers.Kind.WARM, wish=wished(sender="+12015550177"))


def test_headers_of_a_wish_go_along_and_replace_none_of_ours(configuration: configurations.Configuration) -> None:
    ready = wired(configuration, pass_caller_id=True, headers={"X-Account": "7", "X-Kept": "1"})
    headers = {"x-account": "8", "diversion": "<sip:evil@example>", "P-ASSERTED-IDENTITY": "<sip:evil@example>"}
    route = routed(ready, kind=transfers.Kind.BLIND, wish=wished(headers=headers))
    assert route.headers == {
        "x-account": "8",
        "X-Kept": "1",
        "Diversion": f"<sip:{doubles.DIALED}@carrier.example:5070>;reason=unconditional;counter=1",
        "P-Asserted-Identity": f"<sip:{samples.CALLER}@carrier.example:5070>",
    }


@pytest.mark.parametrize(
    ("of_trunk", "of_destination", "rings_s"), [("15s", None, 15), ("15s", 10, 10), ("15s", 30, 15), ("3m", None, 80)]
)
def test_how_long_a_phone_rings(
    configuration: configurations.Configuration, of_trunk: str, of_destination: float | None, rings_s: float
) -> None:
    ready = wired(configuration, ringing_timeout=of_trunk)
    assert routed(ready, ringing_timeout_s=of_destination).longest_ringing_s == rings_s


@pytest.mark.parametrize("to", [doubles.DIALED, f"sip:{doubles.DIALED}@anywhere.example"])
def test_a_call_may_come_back_to_us_a_few_times(configuration: configurations.Configuration, to: str) -> None:
    ready = wired(configuration)
    for made in range(hops.MOST):
        route = routed(ready, to, kind=transfers.Kind.WARM, made=made)
        assert route.headers["Diversion"].endswith(f";counter={made + 1}")
    with pytest.raises(errors.PolicyRefused) as refused:
        routed(ready, to, kind=transfers.Kind.WARM, made=hops.MOST)
    assert (refused.value.code, doubles.DIALED in refused.value.message) == (hops.TOO_MANY, False)
    assert routed(ready, kind=transfers.Kind.WARM, made=hops.MOST).user == TO


def test_a_work_mode_makes_no_circle_over_somebody_elses_phone(configuration: configurations.Configuration) -> None:
    assert routed(wired(configuration), made=hops.MOST - 1).user == TO
    with pytest.raises(errors.PolicyRefused):
        routed(wired(configuration), made=hops.MOST)


def test_a_uri_needs_no_trunk_that_places_calls(configuration: configurations.Configuration) -> None:
    assert routed(configuration, "sip:17@pbx.example").host == "pbx.example"


@pytest.mark.parametrize(
    "to",
    [
        "+1",
        "2015550199",
        "sip:pbx.example",
        "tel:+12015550199",
        "sip:",
        doubles.DIALED,
        f"sip:{doubles.DIALED}@anywhere.example",
    ],
)
def test_what_leads_nowhere_or_back_to_us(configuration: configurations.Configuration, to: str) -> None:
    with pytest.raises(destinations.NotDialable) as refused:
        routed(wired(configuration), to)
    assert doubles.DIALED not in refused.value.message


def test_a_number_needs_a_trunk_that_places_calls(configuration: configurations.Configuration) -> None:
    with pytest.raises(destinations.NotDialable, match="outbound"):
        routed(configuration)


def test_a_number_that_is_not_configured_any_more_sends_nobody_on(configuration: configurations.Configuration) -> None:
    with pytest.raises(destinations.NotDialable, match="not in the configuration"):
        routed(dataclasses.replace(wired(configuration), numbers={}))


def a_dial(configuration: configurations.Configuration, **options: Any) -> dialing.Dial:
    ready = wired(configuration, auth={"username": "acme", "password": "secret"}, transport="tcp")
    return dialing.Dial(
        room_name=samples.ROOM,
        identity="tr_1_1",
        transfer_id="tr_1",
        kind=transfers.Kind.BLIND,
        route=routed(ready),
        ringing_timeout_s=20,
        **options,
    )


def test_a_dial_in_livekits_words(configuration: configurations.Configuration) -> None:
    asked = dialing.request(a_dial(configuration, plays_dialtone=True))
    assert (asked.trunk.hostname, asked.trunk.transport) == ("carrier.example:5070", api.SIP_TRANSPORT_TCP)
    assert (asked.trunk.auth_username, asked.trunk.auth_password) == ("acme", "secret")
    assert (asked.sip_number, asked.sip_call_to, asked.room_name) == (doubles.DIALED, TO, samples.ROOM)
    assert (asked.participant_identity, dict(asked.participant_attributes)) == (
        "tr_1_1",
        {transfers.LEG_ATTRIBUTE: "tr_1"},
    )
    assert asked.ringing_timeout.seconds == 20
    assert (asked.play_dialtone, asked.dtmf, asked.participant_name) == (True, "", "blind")
    assert asked.wait_until_answered
    assert asked.hide_phone_number
    assert TO not in asked.participant_identity + asked.participant_name


def test_digits_of_an_extension_are_dialed_after_the_answer(configuration: configurations.Configuration) -> None:
    asked = dialing.request(a_dial(configuration, dtmf="ww17#"))
    assert (asked.dtmf, asked.play_dialtone, asked.ringing_timeout.seconds) == ("ww17#", False, 20)


def test_a_phone_rings_less_long_where_many_digits_follow(configuration: configurations.Configuration) -> None:
    """LiveKit waits 80 s in all, and takes half a second for each."""
    patient = dataclasses.replace(a_dial(configuration), ringing_timeout_s=80, dtmf="w" * 64)
    assert dialing.request(patient).ringing_timeout.seconds == 48


@pytest.mark.parametrize(
    ("status", "stage"),
    [
        ("dialing", dialing.Stage.RINGING),
        ("ringing", dialing.Stage.RINGING),
        ("automation", dialing.Stage.RINGING),
        ("active", dialing.Stage.CONNECTED),
        ("hangup", dialing.Stage.RINGING),
    ],
)
def test_a_leg_is_connected_when_its_digits_are_dialed(status: str, stage: dialing.Stage) -> None:
    leg = rooms.Participant(identity="tr_1_1", kind=rooms.Kind.SIP, attributes={"sip.callStatus": status})
    assert dialing.stage_of(leg) is stage


class LiveKit:
    """Answers each request with one error, or none."""

    def __init__(self, error: Exception | None) -> None:
        self.sip = self.room = self
        self._error = error

    async def create_sip_participant(self, _: object, timeout: float | None = None) -> None:
        if self._error is not None:
            raise self._error

    remove_participant = create_sip_participant


def sip_error(code: int) -> api.SipCallError:
    return api.SipCallError("resource_exhausted", "", status=429, metadata={"sip_status_code": str(code)})


def server_error(code: str) -> api.ServerError:
    return api.ServerError(code, "", status=408)


@pytest.mark.parametrize(
    ("error", "result", "code"),
    [
        (None, RESULT.ANSWERED, 200),
        (sip_error(486), RESULT.BUSY, 486),
        (sip_error(600), RESULT.BUSY, 600),
        (sip_error(603), RESULT.REJECTED, 603),
        (sip_error(404), RESULT.INVALID_NUMBER, 404),
        (sip_error(480), RESULT.UNAVAILABLE, 480),
        (sip_error(408), RESULT.NO_ANSWER, 408),
        (sip_error(503), RESULT.CARRIER_FAILURE, 503),
        (sip_error(403), RESULT.CARRIER_FAILURE, 403),
        (server_error("canceled"), RESULT.NO_ANSWER, None),
        (server_error("deadline_exceeded"), RESULT.NO_ANSWER, None),
        (server_error("failed_precondition"), RESULT.CARRIER_FAILURE, None),
        (server_error("unavailable"), RESULT.UNKNOWN, None),
        (aiohttp.ServerDisconnectedError(), RESULT.UNKNOWN, None),
        (TimeoutError(), RESULT.UNKNOWN, None),
    ],
)
async def test_only_the_sip_status_tells_why_a_dial_failed(
    configuration: configurations.Configuration,
    error: Exception | None,
    result: transfers.AttemptResult,
    code: int | None,
) -> None:
    dialer = dialing.LiveKitDialer(LiveKit(error))  # type: ignore[arg-type]  # the test's own
    answer = await dialer.dial(a_dial(configuration))
    assert (answer.result, answer.sip_status_code, answer.sip_status) == (result, code, None)


async def test_a_leg_that_is_gone_already_is_given_up() -> None:
    await dialing.LiveKitDialer(LiveKit(server_error("not_found"))).give_up("room", "tr_1_1")  # type: ignore[arg-type]
    with pytest.raises(rooms.LiveKitUnavailable):
        await dialing.LiveKitDialer(LiveKit(TimeoutError())).give_up("room", "tr_1_1")  # type: ignore[arg-type]
