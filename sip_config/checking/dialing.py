"""What a configuration says of dialing: the agents that it names, and destinations that no dial would ever reach."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator

import phonenumbers
import pydantic

from callcore import dialable, errors
from sip_config import destinations, problems, values
from sip_config.checking import checks
from sip_config.reading import documents

_DIALING = "dialing"
_MISNAMED = {"UK": "GB", "EN": "GB"}
_DESTINATION: pydantic.TypeAdapter[str] = pydantic.TypeAdapter(values.Destination)


def policy(organization: documents.Document, numbers: checks.Numbers) -> dialable.Policy:
    """Where calls may go, as far as the files can be read; SIP addresses that they name may be at any host."""
    own = [draft.value.e164 for draft in numbers.values() if draft.has("e164")]
    country = organization.value(("organization", "country"))
    return dialable.Policy(
        countries=destinations.countries(_countries(organization.value((_DIALING, "allow_countries"))), own),
        regions=destinations.regions(country if isinstance(country, str) else None, own),
        sip_hosts=None,
    )


def _countries(named: object) -> Iterable[str] | None:
    if named is None:
        return None
    # Where it is no list, the schema tells so, and no country is to be blamed for it.
    return map(str, named) if isinstance(named, list) else phonenumbers.SUPPORTED_REGIONS


def countries(organization: documents.Document) -> Iterator[problems.Problem]:
    """Countries that nobody can be called in, for there are none of that name."""
    path = (_DIALING, "allow_countries")
    named = organization.value(path)
    for index, code in enumerate(named if isinstance(named, list) else ()):
        if re.fullmatch("[A-Z]{2}", str(code)) and code not in phonenumbers.SUPPORTED_REGIONS:
            hint = f" (did you mean `{_MISNAMED[code]}`?)" if code in _MISNAMED else ""
            yield organization.problem((*path, index), f"there are no telephone numbers of `{code}`{hint}")


def agents(organization: documents.Document, known: Collection[str]) -> Iterator[problems.Problem]:
    """Agents for calls that name none, which are not there."""
    for key in ("agent", "test_agent"):
        name = organization.value((_DIALING, key))
        if isinstance(name, str) and name not in known:
            message = f"there is no agent `{name}`{problems.nearest(name, known)}"
            yield organization.problem((_DIALING, key), message)


def forwards(
    document: documents.Document, positions: Iterable[int], rules: dialable.Policy
) -> Iterator[problems.Problem]:
    """Numbers that forward to where the gate would always refuse to."""
    yield from refused(document, [("numbers", index, "forward_to") for index in positions], rules)


def refused(
    document: documents.Document, paths: Iterable[problems.Path], rules: dialable.Policy
) -> Iterator[problems.Problem]:
    """Destinations at these places to which the gate would always refuse a dial."""
    for path in paths:
        try:
            dialable.check(_DESTINATION.validate_python(document.value(path)), rules)
        except pydantic.ValidationError:
            continue  # the schema tells what is wrong with it
        except (errors.PolicyRefused, errors.InvalidNumber) as error:
            text = error.message.rstrip(".")
            yield document.problem(path, f"would never be dialed: {text[0].lower()}{text[1:]}")
