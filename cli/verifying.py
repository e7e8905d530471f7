"""Whether the signature of a saved webhook holds, and if not, why."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import pathlib
import re
import sys
from collections.abc import Mapping, Sequence
from typing import Self

import multidict

from callcore import clock, errors, signing
from cli import failing, header_files, screen, webhook_secrets

_STDIN = "-"
_MOST = 2 << 20  # bytes; dispatch sends half of it at most


@dataclasses.dataclass(frozen=True, kw_only=True)
class Saved:
    """A webhook as somebody kept it."""

    headers: Mapping[str, str]
    body: bytes

    @classmethod
    def read(cls, body: pathlib.Path, given: Mapping[str, str | None], headers: pathlib.Path | None) -> Self:
        """A webhook from its body's file and its headers, each given by itself or in a file of all.

        Raises:
            BadInput: a file cannot be read, or is too long, or holds no headers.
        """
        found = multidict.CIMultiDict[str]() if headers is None else _headers(headers)
        for name, value in given.items():
            if value is not None:
                found[name] = value
        return cls(headers=found, body=_bytes(body))


def run(
    saved: Saved,
    secret_env: Sequence[str] | None,
    secret_file: Sequence[pathlib.Path] | None,
    *,
    any_age: bool,
    as_json: bool,
) -> int:
    """Print the verdict; the exit code.

    Raises:
        BadInput: there is no secret to check with.
    """
    secrets = webhook_secrets.read(secret_env, secret_file)
    now = _sent(saved) if any_age else clock.SystemClock().now()
    try:
        message_id = signing.verify(saved.headers, saved.body, secrets, now)
    except signing.SignatureRefused as refused:
        _refuse(refused, _hint(refused, saved, secrets, now), as_json=as_json)
        return failing.EXIT_FAILED
    if as_json:
        screen.print_json({"valid": True, "id": message_id})
    else:
        screen.print_line(f"[green]valid[/green]: {screen.plain(message_id)}")
    return 0


def _refuse(refused: signing.SignatureRefused, hint: str | None, *, as_json: bool) -> None:
    if as_json:
        told = {"valid": False, "reason": refused.reason.value, "message": refused.message, "hint": hint}
        screen.print_json(told)
        return
    screen.print_line(f"[red]refused[/red]: {screen.plain(refused.message)}")
    if hint:
        screen.print_line(f"  {screen.plain(hint)}")


def _sent(saved: Saved) -> dt.datetime:
    """When it says that it was sent; now, where it does not say it in a way that is right."""
    now = clock.SystemClock().now()
    for name, value in saved.headers.items():
        if name.lower() == signing.TIMESTAMP and re.fullmatch("[0-9]{1,11}", value):
            return dt.datetime.fromtimestamp(int(value), dt.UTC)
    return now


def _hint(
    refused: signing.SignatureRefused, saved: Saved, secrets: Sequence[signing.Secret], now: dt.datetime
) -> str | None:
    """What the user may do about it."""
    if refused.reason is signing.Refusal.TOO_OLD:
        return "`--any-age` checks one that was kept for longer"
    if refused.reason is signing.Refusal.TOO_NEW:
        return "the clock of this machine is slow, or that of the sender fast"
    if refused.reason is not signing.Refusal.MISMATCH:
        return None
    without_end = saved.body.rstrip(b"\r\n")
    if without_end != saved.body and _holds(saved, without_end, secrets, now):
        return "it holds without the line break at the end of the file, which was not sent"
    written_anew = _compact(saved.body)
    if written_anew is not None and _holds(saved, written_anew, secrets, now):
        return "it holds for the same JSON without white space: the body was written anew, keep the bytes that came"
    return "another secret, or not the bytes that came: keep the body before anything decodes it"


def _holds(saved: Saved, body: bytes, secrets: Sequence[signing.Secret], now: dt.datetime) -> bool:
    try:
        signing.verify(saved.headers, body, secrets, now)
    except signing.SignatureRefused:
        return False
    return True


def _compact(body: bytes) -> bytes | None:
    try:
        return json.dumps(json.loads(body), ensure_ascii=False, separators=(",", ":")).encode()
    except (ValueError, RecursionError):
        return None


def _headers(file: pathlib.Path) -> multidict.CIMultiDict[str]:
    try:
        text = _bytes(file).decode()
    except UnicodeDecodeError:
        raise errors.BadInput(f"{file} is not in UTF-8") from None
    try:
        return header_files.parse(text)
    except errors.BadInput as error:
        raise errors.BadInput(f"{file}: {error.message}") from None


def _bytes(file: pathlib.Path) -> bytes:
    try:
        if str(file) == _STDIN:
            found = sys.stdin.buffer.read(_MOST + 1)
        else:
            with file.open("rb") as opened:
                found = opened.read(_MOST + 1)
    except OSError as error:
        raise errors.BadInput(f"{file} cannot be read: {error.strerror}") from None
    if len(found) > _MOST:
        raise errors.BadInput(f"{file} has over {_MOST} bytes; no webhook has")
    return found
