"""Static rules, the do-not-call list and calling hours of a wish."""

from __future__ import annotations

import datetime as dt

import pytest

from callcore import errors
from dispatch import gate
from dispatch.store import do_not_call, engine
from sip_config import configurations
from tests.unit.dispatch.gate import wishing

pytestmark = [pytest.mark.unit, pytest.mark.both_stores]

NIGHT = dt.datetime(2026, 1, 2, 3, tzinfo=dt.UTC)  # 22:00 in New York, 04:00 in Berlin


async def refused_at(
    store: engine.Store, configuration: configurations.Configuration, wanted: gate.Wish, now: dt.datetime
) -> errors.PolicyRefused | None:
    async with store.reading() as tx:
        try:
            await gate.admit(tx, configuration, wanted, now)
        except errors.PolicyRefused as refused:
            return refused
    return None


@pytest.mark.parametrize(
    ("to", "code"),
    [
        ("+12015550123", None),
        ("sip:911@127.0.0.1", "emergency_number"),
        ("+19005550123", "number_type_forbidden"),
        ("+18765550123", "country_forbidden"),
        ("sip:17@evil.example", "sip_host_forbidden"),
        ("sip:17@pbx.example", None),
    ],
)
def test_what_is_checked_when_a_request_comes(
    configuration: configurations.Configuration, to: str, code: str | None
) -> None:
    ruled = wishing.ruled(configuration, allow_sip_hosts=["pbx.example"])
    if code is None:
        gate.check(ruled, wishing.wish(ruled, to))
        return
    with pytest.raises(errors.PolicyRefused) as refused:
        gate.check(ruled, wishing.wish(ruled, to))
    assert (refused.value.code, refused.value.is_limit, refused.value.retry_at) == (code, False, None)


def test_transfers_may_go_to_any_host_that_the_configuration_names(configuration: configurations.Configuration) -> None:
    gate.check(configuration, wishing.wish(configuration, "sip:17@pbx.example", kind=gate.Kind.TRANSFER))
    with pytest.raises(errors.PolicyRefused, match="Emergency"):
        gate.check(configuration, wishing.wish(configuration, "sip:911@pbx.example", kind=gate.Kind.TRANSFER))


def test_a_client_has_callers_transferred_to_the_hosts_that_may_be_called(
    configuration: configurations.Configuration,
) -> None:
    ruled = wishing.ruled(configuration, allow_sip_hosts=["pbx.example"])
    of_client = {"kind": gate.Kind.TRANSFER, "is_named_by_client": True}
    gate.check(ruled, wishing.wish(ruled, "sip:17@pbx.example", **of_client))
    with pytest.raises(errors.PolicyRefused) as refused:
        gate.check(ruled, wishing.wish(ruled, "sip:17@evil.example", **of_client))
    assert refused.value.code == "sip_host_forbidden"


def test_countries_are_those_of_our_numbers_or_those_named(configuration: configurations.Configuration) -> None:
    jamaica = "+18765550123"
    gate.check(*_for(wishing.ruled(configuration, allow_countries=["JM"]), jamaica))
    with pytest.raises(errors.PolicyRefused, match="Numbers of US"):
        gate.check(*_for(wishing.ruled(configuration, allow_countries=["JM"]), wishing.TO))


def _for(configuration: configurations.Configuration, to: str) -> tuple[configurations.Configuration, gate.Wish]:
    return configuration, wishing.wish(configuration, to)


def test_a_time_zone_is_one_of_the_iana_database(configuration: configurations.Configuration) -> None:
    with pytest.raises(errors.BadInput, match="time zone"):
        gate.check(configuration, wishing.wish(configuration, time_zone="Mars/Olympus"))


async def test_nobody_is_called_at_night(store: engine.Store, configuration: configurations.Configuration) -> None:
    assert await refused_at(store, configuration, wishing.wish(configuration), wishing.NOON) is None
    refused = await refused_at(store, configuration, wishing.wish(configuration), NIGHT)
    assert refused is not None
    assert (refused.code, refused.is_limit) == ("quiet_hours", False)
    assert refused.retry_at == dt.datetime(2026, 1, 2, 13, tzinfo=dt.UTC)
    tokyo = wishing.wish(configuration, time_zone="Asia/Tokyo")
    assert await refused_at(store, configuration, tokyo, NIGHT) is None
    always = wishing.ruled(configuration, calling_hours="00:00-24:00")
    assert await refused_at(store, always, wishing.wish(always), NIGHT) is None


async def test_a_sip_address_is_where_the_organization_is(
    store: engine.Store, configuration: configurations.Configuration
) -> None:
    ruled = wishing.ruled(configuration, allow_sip_hosts=["pbx.example"])
    extension = wishing.wish(ruled, "sip:17@pbx.example")
    assert await refused_at(store, ruled, extension, wishing.NOON) is None
    refused = await refused_at(store, ruled, extension, NIGHT)
    assert refused is not None
    assert refused.code == "quiet_hours"


async def test_zones_that_never_meet_have_no_time_to_try_again(
    store: engine.Store, configuration: configurations.Configuration
) -> None:
    narrow = wishing.ruled(configuration, calling_hours="09:00-10:00")
    refused = await refused_at(store, narrow, wishing.wish(narrow, "+18005550123"), wishing.NOON)
    assert refused is not None
    assert (refused.code, refused.retry_at) == ("quiet_hours", None)


@pytest.mark.parametrize("to", [wishing.TO, f"sip:{wishing.TO}@pbx.example", "sip:2015550123@pbx.example"])
async def test_who_does_not_want_calls_gets_none(
    store: engine.Store, configuration: configurations.Configuration, to: str
) -> None:
    entry = do_not_call.Entry(e164=wishing.TO, source=do_not_call.Source.API, created_at=wishing.NOON)
    async with store.writing() as tx:
        await do_not_call.put(tx, entry)
    ruled = wishing.ruled(configuration, allow_sip_hosts=["pbx.example"])
    refused = await refused_at(store, ruled, wishing.wish(ruled, to), wishing.NOON)
    assert refused is not None
    assert (refused.code, refused.retry_at) == ("do_not_call", None)
    transfer = wishing.wish(ruled, to, kind=gate.Kind.TRANSFER)
    assert await refused_at(store, ruled, transfer, NIGHT) is None
