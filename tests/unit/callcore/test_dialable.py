"""What may be dialed at all, by the number alone."""

from __future__ import annotations

import random
from collections.abc import Iterator

import phonenumbers
import pytest
from phonenumbers import shortnumberinfo

from callcore import dialable, errors

pytestmark = pytest.mark.unit

TYPE = phonenumbers.PhoneNumberType


def policy(
    *countries: str, regions: tuple[str, ...] = ("US",), hosts: tuple[str, ...] | None = None
) -> dialable.Policy:
    return dialable.Policy(countries=frozenset(countries or ("US", "CA")), regions=regions, sip_hosts=hosts)


def verdict(to: str, rules: dialable.Policy) -> str:
    """`ok`, `invalid`, or the code of the refusal."""
    try:
        dialable.check(to, rules)
    except errors.PolicyRefused as refused:
        return refused.code
    except errors.InvalidNumber:
        return "invalid"
    return "ok"


@pytest.mark.parametrize(
    ("to", "number"),
    [
        ("+12015550123", "+12015550123"),
        ("+16045550123", "+16045550123"),
        ("+18005550123", "+18005550123"),
        ("sip:+12015550123@h", "+12015550123"),
        ("sip:+1-201-555-0123@h", "+12015550123"),
        ("sip:%2B12015550123;ext=5@h", "+12015550123"),
        ("sip:2015550123@h", "+12015550123"),
        ("sip:12015550123,,17@h", "+12015550123"),
        ("sip:+１２０１５５５０１２３@h", "+12015550123"),
        ("sip:+١٢٠١٥٥٥٠١٢٣@h", "+12015550123"),
        ("sip:reception@pbx.example", None),
        ("sip:17@pbx.example", None),
        ("sip:1123@pbx.example", None),
        ("sip:*72@pbx.example", None),
        ("sips:Big.Boss@pbx.example", None),
        ("sip:17,,5@pbx.example", None),
        ("sip:agent-3f2b8c1d-77aa-4e01-9c2e-0123456789ab@pbx.example", None),
    ],
)
def test_what_may_be_dialed(to: str, number: str | None) -> None:
    assert dialable.check(to, policy()).number == number


@pytest.mark.parametrize(
    "user",
    [
        "911",
        "112",
        "999",
        "000",
        "9-1-1",
        "9.1.1",
        "(911)",
        "+911",
        "+1911",
        "+1-911",
        "1911",
        "00911",
        "+44999",
        "+49110",
        "+33112",
        "911234",
        "٩١١",
        "９１１",
        "%39%31%31",
        "%2539%2531%2531",
        "9%E2%80%8B1%E2%80%8B1",
        "911,1",
        "911;ext=3",
        "*67911",
        "*67*911",
        "*67*82911",
        "#31#911",
        "9911",
        "0911",
        "9,911",
        "9w911",
        "++911",
        "~911",
        "'911'",
        "1+911",
    ],
)
def test_emergency_numbers_are_refused_however_they_are_written(user: str) -> None:
    assert verdict(f"sip:{user}@carrier.example", policy()) == dialable.EMERGENCY_NUMBER
    if "," not in user and ";" not in user:
        assert verdict(user, policy()) == dialable.EMERGENCY_NUMBER


@pytest.mark.parametrize("user", ["room911", "9000", "1123", "4911"])
def test_what_only_looks_like_an_emergency_number(user: str) -> None:
    assert verdict(f"sip:{user}@pbx.example", policy()) == "ok"


@pytest.mark.parametrize(
    ("digits", "region"), [("110", "DE"), ("17", "FR"), ("190", "BR"), ("15", "FR"), ("111", "NZ")]
)
def test_emergency_numbers_are_those_of_our_regions(digits: str, region: str) -> None:
    assert verdict(f"sip:{digits}@h", policy(region, regions=(region,))) == dialable.EMERGENCY_NUMBER
    assert verdict(f"sip:{digits}@h", policy("US", regions=("US", region))) == dialable.EMERGENCY_NUMBER


def test_no_emergency_number_of_other_countries_passes() -> None:
    for region in sorted(phonenumbers.SUPPORTED_REGIONS)[::5]:
        for digits in ("110", "111", "112", "113", "117", "118", "119", "15", "17", "18", "190", "911", "999", "000"):
            if shortnumberinfo.is_emergency_number(digits, region):
                code = phonenumbers.country_code_for_region(region)
                rules = policy(region, regions=(region,))
                assert verdict(f"sip:{digits}@h", rules) == dialable.EMERGENCY_NUMBER, (region, digits)
                assert verdict(f"+{code}{digits}", rules) == dialable.EMERGENCY_NUMBER, (region, digits)


@pytest.mark.parametrize(
    "to",
    [
        "+19005550123",  # premium
        "sip:19005550123@h",
        "sip:9005550123@h",
        "sip:*6719005550123@h",
        "sip:*67a19005550123@h",
        "+12019765555",  # pay per call in every area
        "sip:2019765555@h",
        "sip:9,19005550123@h",  # a switch may dial all of it, whatever stands between
        "sip:9p19005550123@h",
        "sip:a19005550123@h",
        "sip:19005550123a@h",
        "sip:'19005550123'@h",
        "sip:++19005550123@h",
        "sip:1+9005550123@h",
        "sip:+19005550123%40x@h",
        "sip:+19005550123&x=1@h",
        "+491805123456",  # shared cost
        "+61132000",
        "+443031231234",  # company-wide
        "+447012345678",  # personal
        "+15005550123",
        "+882351234567",  # international networks
        "+883510012345",
        "+8816123456789",  # satellite
        "+870123456789",
        "+80012345678",
        "+979123456789",
        "sip:011979123456789@h",
        "+15551234567",  # nobody gives it out
        "+19112345678",
        "+17005551234",
        "sip:87654321@h",  # too long for an extension
    ],
)
def test_types_that_cost_or_are_not_known_are_refused(to: str) -> None:
    everywhere = policy(*phonenumbers.SUPPORTED_REGIONS)
    assert verdict(to, everywhere) == dialable.NUMBER_TYPE_FORBIDDEN


@pytest.mark.parametrize(("to", "country"), [("+18765550123", "JM"), ("+18095550123", "DO"), ("+442079460000", "GB")])
def test_a_country_is_not_its_prefix(to: str, country: str) -> None:
    assert verdict(to, policy("US", "CA")) == dialable.COUNTRY_FORBIDDEN
    assert verdict(f"sip:{to}@h", policy("US", "CA")) == dialable.COUNTRY_FORBIDDEN
    assert verdict(to, policy(country)) == "ok"


@pytest.mark.parametrize(
    "to",
    [
        "",
        "+",
        "+1",
        "2015550123",
        "+1 201 555 0123",
        "+12015550123;ext=5",
        "+12015550123\n",
        "+１２０１５５５０１２３",
        "+١٢٠١٥٥٥٠١٢٣",
        "+4402079460000",  # a plan drops this zero, a carrier may not
        "+999123456",
        "tel:+12015550123",
        "sip:h",
        "sip:",
        "sip:a@b@c",
        "sip:+12@h",
    ],
)
def test_what_is_no_destination(to: str) -> None:
    assert verdict(to, policy()) == "invalid"


@pytest.mark.parametrize(
    ("to", "allowed", "expected"),
    [
        ("sip:17@pbx.example", ("pbx.example",), "ok"),
        ("sip:17@PBX.example:5060", ("pbx.example",), "ok"),
        ("sip:17@pbx.example", ("Pbx.Example:5060",), "ok"),
        ("sip:17@pbx.example:5070", ("pbx.example",), dialable.SIP_HOST_FORBIDDEN),
        ("sip:17@pbx.example", ("pbx.example:5070",), dialable.SIP_HOST_FORBIDDEN),
        ("sip:17@pbx.example.evil", ("pbx.example",), dialable.SIP_HOST_FORBIDDEN),
        ("sip:17@evil", (), dialable.SIP_HOST_FORBIDDEN),
        ("sip:pbx.example;@evil", ("pbx.example",), dialable.SIP_HOST_FORBIDDEN),
        ("sip:17@[2001:db8::1]", ("[2001:db8::1]",), "ok"),
    ],
)
def test_hosts_of_sip_addresses(to: str, allowed: tuple[str, ...], expected: str) -> None:
    assert verdict(to, policy(hosts=allowed)) == expected


@pytest.mark.parametrize(
    "same",
    [
        "sip:BOB@pbx.example",
        "sip:bob@PBX.example:5060",
        "sip:b%6Fb@pbx.example:5061;transport=tls",
        "sips:b.ob@pbx.example",
    ],
)
def test_who_is_called_is_the_same_however_it_is_written(same: str) -> None:
    assert dialable.check(same, policy()).callee == dialable.check("sip:bob@pbx.example", policy()).callee


def test_who_is_called_depends_on_an_unusual_port() -> None:
    ports = {dialable.check(f"sip:bob@pbx.example{port}", policy()).callee for port in ("", ":5070", ":5080")}
    assert len(ports) == 3


def test_a_refusal_names_no_number() -> None:
    for to in ("sip:911@h", "+19005550123", "+18765550123"):
        with pytest.raises(errors.PolicyRefused) as refused:
            dialable.check(to, policy())
        assert not any(character.isdigit() for character in refused.value.message)


@pytest.mark.parametrize(
    ("to", "number"),
    [("+12015550123", "+12015550123"), ("sip:2015550123@h", "+12015550123"), ("sip:17@h", None), ("nobody", None)],
)
def test_the_number_in_a_destination(to: str, number: str | None) -> None:
    assert dialable.number_in(to, ("US",)) == number


def oracle(to: str, countries: frozenset[str]) -> bool:
    """Whether a number may be dialed, by the library's per-region answers in place of the number's own region."""
    try:
        parsed = phonenumbers.parse(to, None)
    except phonenumbers.NumberParseException:
        return False
    if phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164) != to:
        return False
    if not any(phonenumbers.is_valid_number_for_region(parsed, country) for country in countries):
        return False
    owner = next(
        region
        for region in phonenumbers.region_codes_for_country_code(parsed.country_code or 0)
        if phonenumbers.is_valid_number_for_region(parsed, region)
    )
    forbidden = {
        TYPE.PREMIUM_RATE,
        TYPE.SHARED_COST,
        TYPE.UAN,
        TYPE.PERSONAL_NUMBER,
        TYPE.PAGER,
        TYPE.VOICEMAIL,
        TYPE.UNKNOWN,
    }
    is_paid = to.startswith("+1") and to[5:8] == "976"
    return owner in countries and not is_paid and phonenumbers.number_type(parsed) not in forbidden


def numbers_of_everywhere(seed: int, count: int) -> Iterator[str]:
    """Half of them by the plans' own examples with other last digits, half of them digits behind a country code."""
    chance = random.Random(seed)
    regions = sorted(phonenumbers.SUPPORTED_REGIONS)
    types = [kind for kind in range(11) if kind != 5]
    for place in range(count):
        region = chance.choice(regions)
        example = phonenumbers.example_number_for_type(region, chance.choice(types))
        if place % 2 and example is not None:
            text = phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164)
            cut = chance.randint(1, 4)
            yield text[:-cut] + "".join(chance.choices("0123456789", k=cut))
        else:
            code = phonenumbers.country_code_for_region(region)
            yield f"+{code}" + "".join(chance.choices("0123456789", k=chance.randint(5, 11)))


def check_many(seed: int, count: int) -> tuple[int, int]:
    """Compares with the oracle; how many numbers, and how many of them may be dialed."""
    chance = random.Random(seed)
    allowed = 0
    for number in numbers_of_everywhere(seed, count):
        countries = frozenset(chance.sample(sorted(phonenumbers.SUPPORTED_REGIONS), 120))
        is_ok = verdict(number, policy(*countries)) == "ok"
        assert is_ok == oracle(number, countries), (number, sorted(countries))
        allowed += is_ok
    return count, allowed


def test_numbers_of_everywhere() -> None:
    _, allowed = check_many(seed=5, count=120)
    assert allowed > 5
