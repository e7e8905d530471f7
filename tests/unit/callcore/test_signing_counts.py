"""Twenty thousand signatures beside the reference library, five thousand spoiled ones. `scripts/test long` runs it."""

from __future__ import annotations

import collections
import pathlib
import random

import hypothesis
import pytest

from callcore import signing
from tests import recorded
from tests.unit.callcore import referenced, signed

pytestmark = [pytest.mark.unit, pytest.mark.long, pytest.mark.timeout(900)]

SEED = 20261121
EQUAL, SPOILED = 20_000, 5_000
VERSION = recorded.version([pathlib.Path(signing.__file__)])


def test_twenty_thousand_signatures_are_those_of_the_reference() -> None:
    seen: list[str | None] = []

    @hypothesis.seed(SEED)
    @hypothesis.settings(
        max_examples=EQUAL, deadline=None, database=None, suppress_health_check=list(hypothesis.HealthCheck)
    )
    @hypothesis.given(referenced.CASES)
    def compare(case: referenced.Case) -> None:
        seen.append(referenced.difference(case))

    compare()
    different = [what for what in seen if what is not None]
    outcome = {"what": "equal to the reference", "cases": len(seen), "different": len(different)}
    recorded.add("signing", {**outcome, "seed": SEED, "version": VERSION})
    assert different == []
    assert len(seen) >= EQUAL


def test_five_thousand_spoiled_ones_are_refused() -> None:
    chance = random.Random(SEED)
    results: collections.Counter[str] = collections.Counter()
    ways: collections.Counter[str] = collections.Counter()
    for _ in range(SPOILED):
        way, webhook = signed.spoiled(chance)
        ways[way] += 1
        results[_result(webhook)] += 1
    outcome = {"what": "spoiled", "cases": SPOILED, "accepted": results["accepted"], "exceptions": results["exception"]}
    recorded.add("signing", {**outcome, "ways": len(ways), "seed": SEED, "version": VERSION})
    assert results == {"refused": SPOILED}
    assert min(ways.values()) > SPOILED / len(ways) / 2


def _result(webhook: signed.Webhook) -> str:
    try:
        signing.verify(webhook.headers, webhook.body, webhook.secrets, signed.NOW)
    except signing.SignatureRefused:
        return "refused"
    except Exception:  # noqa: BLE001 - this is what must not be, whatever it is
        return "exception"
    return "accepted"
