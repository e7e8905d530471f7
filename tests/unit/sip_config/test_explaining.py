"""Questions about calls that never were."""

from __future__ import annotations

import dataclasses
import datetime as dt
from pathlib import Path

import pytest

from callcore import contract, errors
from sip_config import explaining, routing
from tests.unit.sip_config import samples

pytestmark = pytest.mark.unit

NOON = dt.datetime(2026, 12, 24, 17, 0, tzinfo=dt.UTC)


@pytest.mark.parametrize("text", ["2026-12-24 12:00", "2026-12-24T18:00+01:00", " 2026-12-24T17:00:00Z"])
def test_a_time_without_an_offset_is_the_organizations(text: str) -> None:
    assert explaining.moment(text, "America/New_York", samples.NOW) == NOON


def test_no_time_is_now() -> None:
    assert explaining.moment(None, "America/New_York", samples.NOW) == samples.NOW


@pytest.mark.parametrize("text", ["", "noon", "0001-01-01 00:00+14:00", "2026-13-01"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(errors.BadInput):
        explaining.moment(text, "Asia/Tokyo", samples.NOW)


def test_the_trunk_that_was_named_must_be_the_numbers_own(tmp_path: Path) -> None:
    two = samples.FILES["trunks.yaml"] + "  other: {inbound: {allowed_addresses: [127.0.0.2]}}\n"
    configuration = samples.load(tmp_path, {"trunks.yaml": two})
    question = explaining.Question(dialed=samples.MAIN, caller="+12015550199", at=NOON)
    for trunk, taken in ((None, True), ("carrier", True), ("other", False)):
        asked = dataclasses.replace(question, trunk=trunk)
        decision = explaining.explain(configuration, asked, explaining.as_configured(configuration, asked))
        assert isinstance(decision.plan, contract.Converse) == taken
    assert decision.steps[-1].name is routing.StepName.ARRIVAL
    assert decision.steps[-1].setting == ("numbers", samples.MAIN, "trunk")


@pytest.mark.parametrize(
    ("trunk", "source_ip", "taken"),
    [
        (None, "127.0.0.1", True),
        (None, "127.0.0.2", False),
        (None, "::1", False),
        ("open", "192.0.2.1", False),
        ("outward", "127.0.0.1", False),
    ],
)
def test_an_address_that_the_trunk_does_not_allow_leads_to_the_catch_all(
    trunk: str | None, source_ip: str, taken: bool, tmp_path: Path
) -> None:
    more = "  open: {inbound: {open: true}}\n  outward: {outbound: {address: 127.0.0.1}}\n"
    configuration = samples.load(tmp_path, {"trunks.yaml": samples.FILES["trunks.yaml"] + more})
    asked = explaining.Question(dialed=samples.MAIN, caller="+12015550199", at=NOON, trunk=trunk, source_ip=source_ip)
    decision = explaining.explain(configuration, asked, explaining.as_configured(configuration, asked))
    assert isinstance(decision.plan, contract.Converse) == taken
    if trunk != "open":
        assert taken or decision.steps[-1].setting == ("trunks", "carrier", "inbound")


def test_numbers_out_of_all_bounds_are_refused(tmp_path: Path) -> None:
    configuration = samples.load(tmp_path)
    question = explaining.Question(dialed="1" * 600, caller=None, at=NOON)
    with pytest.raises(errors.BadInput):
        explaining.explain(configuration, question, explaining.as_configured(configuration, question))
