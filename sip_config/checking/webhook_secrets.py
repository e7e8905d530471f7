"""What a configuration says of the secrets that sign webhooks: each must be able to, and every webhook needs one."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from callcore import errors, signing
from sip_config import problems, schema
from sip_config.reading import documents

_WEBHOOKS, _SECRETS, _SECRET = "webhooks", "secrets", "secret"
_LIST = (_WEBHOOKS, _SECRETS)


def organization(document: documents.Document) -> Iterator[problems.Problem]:
    """Secrets of `organization.yaml` that cannot sign, or stand there twice."""
    first: dict[signing.Secret, int] = {}
    given = document.value(_LIST)
    for index, text in enumerate(given if isinstance(given, list) else ()):
        path = (*_LIST, index)
        secret, found = _read(document, path, text, signing.Secret.parse)
        yield from found
        if secret is not None and first.setdefault(secret, index) != index:
            line = document.place((*_LIST, first[secret])).line
            yield document.problem(path, f"the same secret as in line {line}")


def agent(document: documents.Document, organization_file: documents.Document) -> Iterator[problems.Problem]:
    """Webhooks of an agent's file whose own secret cannot sign, or which nothing signs."""
    unsigned = organization_file.data is not None and not organization_file.value(_LIST)
    for kind in schema.AgentWebhooks.model_fields:
        target = document.value((_WEBHOOKS, kind))
        if not isinstance(target, dict):
            continue
        path = (_WEBHOOKS, kind)
        yield from _read(document, (*path, _SECRET), target.get(_SECRET), signing.Secret.legacy)[1]
        if unsigned and (*path, _SECRET) not in document.places:
            message = (
                "nothing signs it: give `organization.yaml` a `webhooks.secrets`; `trunkline webhooks secret` makes one"
            )
            yield document.problem(path, message)


def _read(
    document: documents.Document, path: problems.Path, text: object, read: Callable[[str], signing.Secret]
) -> tuple[signing.Secret | None, list[problems.Problem]]:
    """A secret, or what is wrong with it; neither where the schema, or the look-up of its name, tells so already."""
    if not isinstance(text, str):
        return None, []
    try:
        return read(text), []
    except errors.BadInput as error:
        return None, [document.problem(path, error.message)]
