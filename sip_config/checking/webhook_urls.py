"""What a configuration says of where webhooks go; nothing is looked up, so that a check always says the same."""

from __future__ import annotations

from collections.abc import Iterator

from callcore import addresses, errors
from sip_config import problems, schema
from sip_config.reading import documents

_WEBHOOKS = "webhooks"
_ALLOW = (_WEBHOOKS, "allow")
_KEYS = ("url", "fallback_url")


def organization(document: documents.Document) -> Iterator[problems.Problem]:
    """Entries of `webhooks.allow` that allow nothing, or what nobody may reach."""
    for index, entry in _entries(document):
        try:
            addresses.Allowed.parse([entry])
        except errors.BadInput as error:
            yield document.problem((*_ALLOW, index), error.message)


def agent(document: documents.Document, organization_file: documents.Document) -> Iterator[problems.Problem]:
    """Webhooks of an agent's file that would never be sent."""
    allowed = _allowed(organization_file)
    for kind in schema.AgentWebhooks.model_fields:
        for key in _KEYS:
            path = (_WEBHOOKS, kind, key)
            url = document.value(path)
            if not isinstance(url, str) or not url.strip():
                continue  # the schema tells what is wrong with it
            try:
                addresses.check_url(url.strip(), allowed)
            except addresses.ForbiddenTarget as error:
                yield document.problem(path, explained(error))


def explained(error: addresses.ForbiddenTarget) -> str:
    """Why a webhook may not go to a URL, and what would let it."""
    if error.entry is None:
        return error.message
    return f"{error.message}; to send it all the same add `{error.entry}` to `webhooks.allow` of organization.yaml"


def _allowed(organization_file: documents.Document) -> addresses.Allowed:
    """What can be read of the allow list: a mistake in one entry must not make the others forgotten."""
    good = []
    for _, entry in _entries(organization_file):
        try:
            addresses.Allowed.parse([entry])
        except errors.BadInput:
            continue  # told where the list itself is checked
        good.append(entry)
    return addresses.Allowed.parse(good)


def _entries(document: documents.Document) -> Iterator[tuple[int, str]]:
    given = document.value(_ALLOW)
    for index, entry in enumerate(given if isinstance(given, list) else ()):
        if isinstance(entry, str) and entry.strip():
            yield index, entry
