"""Where a call may be sent on to, how that phone is dialed, and what LiveKit's answer means."""

from __future__ import annotations

import dataclasses

import aiohttp
import pytest
from livekit import api

from callcore import calls, transfers
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
    route = destinations.route(ready, call(), TO)
    assert route.longest_ringing_s == 15
    assert (route.host, route.user, route.caller) == ("carrier.example:5070", TO, doubles.DIALED)
    assert (route.transport.value, route.media_encryption.value) == ("tls", "require")
    assert route.headers == {
        "X-Account": "7",
        "Diversion": f"<sip:{doubles.DIALED}@carrier.example:5070>;reason=unconditional",
    }
    assert route.auth is not None


def test_the_callers_number_is_passed_on_only_where_the_trunk_allows_it(
    configuration: configurations.Configuration,
) -> None:
    open_minded = wired(configuration, pass_caller_id=True)
    route = destinations.route(open_minded, call(), TO)
    assert route.caller == samples.CALLER
    assert route.headers["P-Asserted-Identity"] == f"<sip:{samples.CALLER}@carrier.example:5070>"
    withheld = destinations.route(open_minded, call(None), TO)
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
    route = destinations.route(ready, call(), to)
    assert (route.host, route.user, route.transport.value, route.auth is not None) == (host, user, transport, has_auth)
    assert ("X-Account" in route.headers) is has_auth


def test_a_uri_needs_no_trunk_that_places_calls(configuration: configurations.Configuration) -> None:
    assert destinations.route(configuration, call(), "sip:17@pbx.example").host == "pbx.example"


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
        destinations.route(wired(configuration), call(), to)
    assert doubles.DIALED not in refused.value.message


def test_a_number_needs_a_trunk_that_places_calls(configuration: configurations.Configuration) -> None:
    with pytest.raises(destinations.NotDialable, match="outbound"):
        destinations.route(configuration, call(), TO)


def test_a_number_that_is_not_configured_any_more_sends_nobody_on(configuration: configurations.Configuration) -> None:
    with pytest.raises(destinations.NotDialable, match="not in the configuration"):
        destinations.route(dataclasses.replace(wired(configuration), numbers={}), call(), TO)


def a_dial(configuration: configurations.Configuration) -> dialing.Dial:
    ready = wired(configuration, auth={"username": "acme", "password": "secret"}, transport="tcp")
    return dialing.Dial(
        room_name=samples.ROOM,
        identity="tr_1_1",
        transfer_id="tr_1",
        route=destinations.route(ready, call(), TO),
        ringing_timeout_s=20,
    )


def test_a_dial_in_livekits_words(configuration: configurations.Configuration) -> None:
    asked = dialing.request(a_dial(configuration))
    assert (asked.trunk.hostname, asked.trunk.transport) == ("carrier.example:5070", api.SIP_TRANSPORT_TCP)
    assert (asked.trunk.auth_username, asked.trunk.auth_password) == ("acme", "secret")
    assert (asked.sip_number, asked.sip_call_to, asked.room_name) == (doubles.DIALED, TO, samples.ROOM)
    assert (asked.participant_identity, dict(asked.participant_attributes)) == (
        "tr_1_1",
        {transfers.LEG_ATTRIBUTE: "tr_1"},
    )
    assert asked.ringing_timeout.seconds == 20
    assert asked.play_dialtone
    assert asked.wait_until_answered
    assert asked.hide_phone_number
    assert TO not in asked.participant_identity + asked.participant_name


class LiveKit:
    """Answers each request with one error, or none."""

    def __init__(self, error: Exception | None) -> None:
        self.sip = self.room = self
        self._error = error

    async def create_sip_participant(self, _: object) -> None:
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
