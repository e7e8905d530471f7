"""The secrets that `trunkline webhooks` checks signatures with: from the environment, `.env` or files."""

from __future__ import annotations

import pathlib
from collections.abc import Mapping, Sequence

from callcore import errors, signing
from sip_config.reading import environments

VARIABLE = "TRUNKLINE_WEBHOOK_SECRET"

_MOST = 1000  # characters, and bytes of a file
_WAYS = (signing.Secret.parse, signing.Secret.legacy)


def read(names: Sequence[str] | None, files: Sequence[pathlib.Path] | None) -> tuple[signing.Secret, ...]:
    """Every key that the given secrets may stand for; `TRUNKLINE_WEBHOOK_SECRET` where none is given.

    Raises:
        BadInput: a variable is not set, a file cannot be read, or a secret is none; the message does not show it.
    """
    environment = environments.read()
    found: list[signing.Secret] = []
    for name in names or (() if files else (VARIABLE,)):
        found += _keys(name, _variable(name, environment))
    for file in files or ():
        found += _keys(str(file), _text(file))
    return tuple(dict.fromkeys(found))


def _variable(name: str, environment: Mapping[str, str]) -> str:
    text = environment.get(name)
    if not text:
        raise errors.BadInput(f"{name} is not set; `--secret-env` names another variable, `--secret-file` a file")
    return text


def _text(file: pathlib.Path) -> str:
    try:
        with file.open("rb") as opened:
            return opened.read(_MOST + 1).decode()
    except UnicodeDecodeError:
        raise errors.BadInput(f"{file} is not in UTF-8") from None
    except OSError as error:
        raise errors.BadInput(f"{file} cannot be read: {error.strerror}") from None


def _keys(where: str, text: str) -> list[signing.Secret]:
    """What a text is as the organization's secret, and as one of a single webhook: nobody said which it is."""
    if len(text) > _MOST:
        raise errors.BadInput(f"{where}: over {_MOST} characters are no secret")
    found: list[signing.Secret] = []
    refused: list[errors.BadInput] = []
    for way in _WAYS:
        try:
            found.append(way(text))
        except errors.BadInput as error:
            refused.append(error)
    if not found:
        raise errors.BadInput(f"{where}: {refused[-1].message}")
    return found
