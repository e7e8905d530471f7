"""Destinations that no dial would ever reach are mistakes of the files, told with their place."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import sip_config
from callcore import errors
from sip_config import destinations, schema
from tests.unit.sip_config import samples

pytestmark = pytest.mark.unit

TRUNKS = samples.FILES["trunks.yaml"] + "    outbound: {address: 192.0.2.1}\n"
ORGANIZATION = samples.FILES["organization.yaml"]


def files(forward_to: str, dialing: str = "{}") -> dict[str, str]:
    number = f"agent: front-desk, work_mode: always_forward, forward_to: '{forward_to}'"
    return {
        "organization.yaml": ORGANIZATION + f"dialing: {dialing}\n",
        "trunks.yaml": TRUNKS,
        "numbers.yaml": f'numbers:\n  - {{e164: "+12015550100", trunk: carrier, {number}}}\n',
    }


@pytest.mark.parametrize(
    ("to", "expected"),
    [
        ("sip:911@192.0.2.1", "would never be dialed: emergency numbers are not dialed"),
        ("sip:%39%31%31@pbx.example.com", "emergency numbers"),
        ("+19005550123", "only fixed lines, mobile, toll-free and internet phones are called"),
        ("+44 7012 345678", "only fixed lines"),
        ("+18765550123", "numbers of JM are not called: `dialing.allow_countries`"),
        ("sip:+18765550123@pbx.example.com", "numbers of JM"),
        ("sip:pbx.example.com", "a SIP address to call has the form sip:user@host"),
    ],
)
def test_a_forward_that_would_never_be_dialed(tmp_path: Path, to: str, expected: str) -> None:
    with pytest.raises(errors.ConfigurationInvalid) as invalid:
        samples.load(tmp_path, files(to))
    (problem,) = invalid.value.problems
    assert problem.startswith("numbers.yaml:2:")
    assert (
        f" numbers.0.forward_to: would never be dialed: {expected.removeprefix('would never be dialed: ')}" in problem
    )


def test_a_transfer_that_would_never_be_dialed(tmp_path: Path) -> None:
    agent = samples.FILES["agents/front-desk.yaml"] + "transfers: {a: {label: A, to: +19005550123}}\n"
    with pytest.raises(
        errors.ConfigurationInvalid, match=r"front-desk.yaml:7:\d+ transfers.a.to: would never be dialed"
    ):
        samples.load(tmp_path, {"agents/front-desk.yaml": agent})


@pytest.mark.parametrize(
    ("to", "dialing"),
    [
        ("+12015550199", "{}"),
        ("+18005550199", "{}"),
        ("sip:reception@anywhere.example", "{}"),
        ("+18765550123", "{allow_countries: [JM]}"),
        ("+44 20 7946 0000", "{allow_countries: [US, GB]}"),
    ],
)
def test_forwards_that_are_dialed(tmp_path: Path, to: str, dialing: str) -> None:
    assert samples.MAIN in samples.load(tmp_path, files(to, dialing)).numbers


def test_a_country_is_not_blamed_for_a_slip_in_the_list(tmp_path: Path) -> None:
    with pytest.raises(errors.ConfigurationInvalid) as invalid:
        samples.load(tmp_path, files("+18765550123", "{allow_countries: JM}"))
    (problem,) = invalid.value.problems
    assert "dialing.allow_countries: must be a list" in problem


def test_a_country_that_nobody_can_be_called_in(tmp_path: Path) -> None:
    with pytest.raises(errors.ConfigurationInvalid) as invalid:
        samples.load(tmp_path, files("+12015550199", "{allow_countries: [US, UK, XX, us]}"))
    unknown, other, small = invalid.value.problems
    assert unknown.endswith("dialing.allow_countries.1: there are no telephone numbers of `UK` (did you mean `GB`?)")
    assert other.endswith("dialing.allow_countries.2: there are no telephone numbers of `XX`")
    assert "write two capital letters" in small


def test_without_a_list_calls_go_to_the_countries_of_our_numbers(tmp_path: Path) -> None:
    numbers = 'numbers:\n  - {e164: "+12015550100", trunk: carrier, agent: front-desk}\n'
    numbers += '  - {e164: "+442079460000", trunk: carrier, agent: front-desk}\n'
    assert destinations.allowed_countries(samples.load(tmp_path, {"numbers.yaml": numbers})) == {"US", "GB"}


def test_what_the_sample_says_of_dialing_is_true(tmp_path: Path) -> None:
    """Taking the comment signs away changes nothing."""
    text = (Path(sip_config.__file__).parent / "sample" / "organization.yaml").read_text(encoding="utf-8")
    uncommented = re.sub(r"^  # ", "  ", text[text.index("\ndialing:") + 1 :].split("\n\n")[0], flags=re.MULTILINE)
    written = samples.load(tmp_path, {"organization.yaml": f"{ORGANIZATION}{uncommented}\n"})
    assert destinations.allowed_countries(written) == {"US"} == set(written.dialing.allow_countries or ())
    own = {"allow_countries": None, "agent": None}
    assert written.dialing.model_copy(update=own) == schema.Dialing()
