"""What workers read of a configuration as JSON is what dispatch wrote; durations stay durations."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sip_config import configurations, digests, loading, schema, values
from tests.unit.sip_config import everything

pytestmark = pytest.mark.unit

DURATION = pydantic.TypeAdapter[dt.timedelta](values.Duration)


@pytest.fixture
def full(tmp_path: Path) -> configurations.Configuration:
    return loading.load(everything.write(tmp_path), everything.ENVIRONMENT)


def test_settings_read_back_from_json_are_the_same(full: configurations.Configuration) -> None:
    hours = full.hours
    assert hours is not None
    assert schema.Hours.model_validate_json(hours.model_dump_json()) == hours
    for number in full.numbers.values():
        assert schema.Number.model_validate_json(number.model_dump_json()) == number
    for agent in full.agents.values():
        dumped = json.loads(agent.settings.model_dump_json())
        assert schema.Agent.model_validate(dumped) == agent.settings
    durations = json.loads(full.agents["front-desk"].settings.model_dump_json())["max_duration"]
    assert durations == {"limit": "15m", "after_transfer": "2h"}


def test_the_version_covers_hours_pronunciations_and_metadata(tmp_path: Path) -> None:
    changes = {
        "organization.yaml": [("17:00", "17:30"), ("S. Q. L.", "sequel"), ("2026-12-24", "2026-12-25")],
        "numbers.yaml": [("tenant: acme", "tenant: acne"), ("Main line", "Line")],
        "agents/front-desk.yaml": [("team: office", "team: floor"), ("caller != ''", "caller == ''")],
    }
    versions: set[str] = set()
    for file, old, new in [("numbers.yaml", "", ""), *((f, *pair) for f, pairs in changes.items() for pair in pairs)]:
        folder = tmp_path / str(len(versions))
        changed = everything.FILES[file].replace(old, new) if old else everything.FILES[file]
        versions.add(loading.load(everything.write(folder, {file: changed}), everything.ENVIRONMENT).version)
    assert len(versions) == 8


def test_digest_of_what_it_cannot_read_is_an_error() -> None:
    with pytest.raises(TypeError):
        digests.of(object())


def test_places_lead_to_the_file(full: configurations.Configuration) -> None:
    places = full.places
    assert places.of(("hours", "mon-fri")) == "organization.yaml:3:3"
    assert places.of(("organization", "nothing")) == "organization.yaml:1:1"
    assert places.of(("trunks", "carrier", "refer")) == "trunks.yaml:15:5"
    assert places.of(("numbers", "+12015550101", "work_mode")) == "numbers.yaml:15:5"
    assert places.of(("numbers", "+12015550999")) == "numbers.yaml:1:1"
    assert places.of(("agents", "night", "greeting")) == "agents/night.yaml:5:1"
    assert configurations.Places().of(("hours",)) == "organization.yaml"


@given(
    st.tuples(st.integers(0, 999_999), st.integers(0, 999), st.sampled_from(["ms", "s", "m", "h", "d"])).filter(
        lambda parts: parts[2] != "d" or parts[0] < 100_000
    )
)
def test_any_duration_reads_back(parts: tuple[int, int, str]) -> None:
    value = DURATION.validate_python(f"{parts[0]}.{parts[1]:03}{parts[2]}")
    assert DURATION.validate_json(DURATION.dump_json(value)) == value


@pytest.mark.parametrize(
    ("text", "same"),
    [("90s", "90s"), ("120s", "2m"), ("1500ms", "1500ms"), ("0s", "0s"), ("0.5h", "30m"), ("1d", "1d")],
)
def test_durations_are_written_in_a_readable_unit(text: str, same: str) -> None:
    assert DURATION.dump_json(DURATION.validate_python(text)) == f'"{same}"'.encode()
