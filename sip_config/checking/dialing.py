"""Destinations of a configuration that no dial would ever reach."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import phonenumbers
import pydantic

from callcore import dialable, errors
from sip_config import destinations, problems, values
from sip_config.checking import checks
from sip_config.reading import documents

_DIALING = "dialing"
_DESTINATION: pydantic.TypeAdapter[str] = pydantic.TypeAdapter(values.Destination)


def policy(organization: documents.Document, numbers: checks.Numbers) -> dialable.Policy:
    """Where calls may go, as far as the files can be read; SIP addresses that they name may be at any host."""
    own = [draft.value.e164 for draft in numbers.values() if draft.has("e164")]
    country = organization.value(("organization", "country"))
    named = organization.value((_DIALING, "allow_countries"))
    if named is not None and not isinstance(named, list):
        named = phonenumbers.SUPPORTED_REGIONS  # the schema tells what is wrong with it
    return dialable.Policy(
        countries=destinations.countries(None if named is None else map(str, named), own),
        regions=destinations.regions(country if isinstance(country, str) else None, own),
        sip_hosts=None,
    )


def transfers(document: documents.Document, rules: dialable.Policy) -> Iterator[problems.Problem]:
    """Transfers of an agent's file that the gate would always refuse."""
    named = document.value(("transfers",))
    paths = [("transfers", name, "to") for name in named] if isinstance(named, Mapping) else []
    yield from _refused(document, paths, rules)


def forwards(
    document: documents.Document, positions: Iterable[int], rules: dialable.Policy
) -> Iterator[problems.Problem]:
    """Numbers that forward to where the gate would always refuse to."""
    yield from _refused(document, [("numbers", index, "forward_to") for index in positions], rules)


def _refused(
    document: documents.Document, paths: Iterable[problems.Path], rules: dialable.Policy
) -> Iterator[problems.Problem]:
    for path in paths:
        try:
            dialable.check(_DESTINATION.validate_python(document.value(path)), rules)
        except pydantic.ValidationError:
            continue  # the schema tells what is wrong with it
        except (errors.PolicyRefused, errors.InvalidNumber) as error:
            text = error.message.rstrip(".")
            yield document.problem(path, f"would never be dialed: {text[0].lower()}{text[1:]}")
