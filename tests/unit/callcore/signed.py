"""Signed webhooks, whole and spoiled, for tests of signatures."""

from __future__ import annotations

import base64
import dataclasses
import datetime as dt
import random
import string
from collections.abc import Callable

from callcore import signing

NOW = dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC)
FIRST = signing.Secret.parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
SECOND = signing.Secret.parse("whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=")
_BASE64 = string.ascii_letters + string.digits + "+/"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Webhook:
    """One as it comes to a receiver."""

    headers: dict[str, str]
    body: bytes
    secrets: tuple[signing.Secret, ...]
    """Those that the receiver knows."""


def whole(chance: random.Random) -> Webhook:
    """One whose signatures hold at `NOW`."""
    message_id = "evt_" + "".join(chance.choices(string.ascii_lowercase + string.digits, k=chance.randint(1, 30)))
    body = "".join(chance.choices('{}":,aé☎ 0\n', k=chance.randint(0, 300))).encode()
    secrets = tuple(signing.Secret(chance.randbytes(chance.randint(24, 64))) for _ in range(chance.randint(1, 3)))
    sent = NOW + dt.timedelta(seconds=chance.randint(-300, 300))
    return Webhook(headers=signing.sign(message_id, sent, body, secrets), body=body, secrets=secrets)


def spoiled(chance: random.Random) -> tuple[str, Webhook]:
    """One that must be refused, and the name of what was done to it."""
    spoil = chance.choice(_WAYS)
    webhook = whole(chance)
    changed = spoil(webhook, chance)
    assert changed != webhook, spoil.__name__
    return spoil.__name__.strip("_"), changed


def _with(webhook: Webhook, **headers: str | None) -> Webhook:
    named = {f"webhook-{name}": value for name, value in headers.items()}
    kept = {**webhook.headers, **named}
    return dataclasses.replace(webhook, headers={name: value for name, value in kept.items() if value is not None})


def _name(chance: random.Random) -> str:
    return chance.choice(("id", "timestamp", "signature"))


def _missing(webhook: Webhook, chance: random.Random) -> Webhook:
    return _with(webhook, **{_name(chance): None})


def _empty(webhook: Webhook, chance: random.Random) -> Webhook:
    return _with(webhook, **{_name(chance): chance.choice(("", " "))})


def _twice(webhook: Webhook, chance: random.Random) -> Webhook:
    name = _name(chance)
    more = {f"Webhook-{name.title()}": chance.choice((webhook.headers[f"webhook-{name}"], "x"))}
    return dataclasses.replace(webhook, headers={**webhook.headers, **more})


def _swapped(webhook: Webhook, chance: random.Random) -> Webhook:
    one, other = chance.sample(("id", "timestamp", "signature"), 2)
    return _with(webhook, **{one: webhook.headers[f"webhook-{other}"], other: webhook.headers[f"webhook-{one}"]})


def _garbage(webhook: Webhook, chance: random.Random) -> Webhook:
    signs = "".join(chr(chance.choice((chance.randint(0, 127), chance.randint(0, 0xFFFF)))) for _ in range(20))
    return _with(webhook, **{_name(chance): signs[: chance.randint(1, 20)]})


def _other_id(webhook: Webhook, chance: random.Random) -> Webhook:
    message_id = webhook.headers["webhook-id"]
    at = chance.randrange(len(message_id))
    sign = chance.choice([sign for sign in ". -A\u0430é" if sign != message_id[at]])
    return _with(webhook, id=message_id[:at] + sign + message_id[at + chance.randint(0, 1) :])


def _dotted_id(webhook: Webhook, chance: random.Random) -> Webhook:
    """What is signed stays the same: a part of the time has moved to the id."""
    timestamp = webhook.headers["webhook-timestamp"]
    at = chance.randrange(1, len(timestamp))
    return _with(webhook, id=f"{webhook.headers['webhook-id']}.{timestamp[:at]}", timestamp=timestamp[at:])


def _other_time(webhook: Webhook, chance: random.Random) -> Webhook:
    return _with(webhook, timestamp=str(int(webhook.headers["webhook-timestamp"]) + chance.choice((-1, 1, 60, -1000))))


def _written_otherwise(webhook: Webhook, chance: random.Random) -> Webhook:
    """The same time in a form that a lenient reader would take."""
    time = webhook.headers["webhook-timestamp"]
    arabic = "".join(chr(0x660 + int(digit)) for digit in time)
    forms = (f"{time}.0", f"{time}.9", f"0{time}", f"+{time}", f" {time}", f"{time}\n", f"{time}e0", arabic)
    return _with(webhook, timestamp=chance.choice((*forms, f"{time[:4]}_{time[4:]}", f"{int(time):#x}", "nan", "inf")))


def _out_of_time(webhook: Webhook, chance: random.Random) -> Webhook:
    """Well signed, at a time that is out of bounds."""
    sent = NOW + chance.choice((-1, 1)) * dt.timedelta(seconds=chance.choice((301, 302, 3600, 10**8)))
    signed = signing.sign(webhook.headers["webhook-id"], sent, webhook.body, webhook.secrets)
    return dataclasses.replace(webhook, headers=signed)


def _bent_signature(webhook: Webhook, chance: random.Random) -> Webhook:
    """One sign of every signature is another one."""
    return _with(webhook, signature=" ".join(_bent(token, chance) for token in _tokens(webhook)))


def _bent(token: str, chance: random.Random) -> str:
    at = chance.randrange(3, len(token) - 1)
    return token[:at] + chance.choice([sign for sign in _BASE64 if sign != token[at]]) + token[at + 1 :]


def _cut_signature(webhook: Webhook, chance: random.Random) -> Webhook:
    return _with(webhook, signature=" ".join(token[: -chance.randint(1, 40)] for token in _tokens(webhook)))


def _other_version(webhook: Webhook, chance: random.Random) -> Webhook:
    version = chance.choice(("v2,", "v1a,", "V1,", "v1", "", ",", "v1,,", "v1, ", ",v1,", "v1,x,"))
    return _with(webhook, signature=" ".join(version + token.removeprefix("v1,") for token in _tokens(webhook)))


def _other_separator(webhook: Webhook, chance: random.Random) -> Webhook:
    tokens = [*_tokens(webhook), "v1,AAAA"]
    return _with(webhook, signature=chance.choice((",", ";", "\t", "\n", "\u00a0")).join(tokens))


def _other_key(webhook: Webhook, chance: random.Random) -> Webhook:
    return dataclasses.replace(webhook, secrets=(signing.Secret(chance.randbytes(32)), FIRST, SECOND))


def _key_as_text(webhook: Webhook, chance: random.Random) -> Webhook:
    """Signed with the secret's text instead of what it stands for."""
    texts = [signing.Secret(base64.b64encode(secret.key)) for secret in webhook.secrets]
    return dataclasses.replace(webhook, headers=signing.sign(webhook.headers["webhook-id"], NOW, webhook.body, texts))


def _other_body(webhook: Webhook, chance: random.Random) -> Webhook:
    at = chance.randint(0, len(webhook.body))
    more = chance.choice((b" ", b"\n", b"x", b"\xff", b"\x00", b"\xed\xa0\x80"))
    return dataclasses.replace(webhook, body=webhook.body[:at] + more + webhook.body[at:])


def _tokens(webhook: Webhook) -> list[str]:
    return webhook.headers["webhook-signature"].split(" ")


_WAYS: tuple[Callable[[Webhook, random.Random], Webhook], ...] = (
    _missing,
    _empty,
    _twice,
    _swapped,
    _garbage,
    _other_id,
    _dotted_id,
    _other_time,
    _written_otherwise,
    _out_of_time,
    _bent_signature,
    _cut_signature,
    _other_version,
    _other_separator,
    _other_key,
    _key_as_text,
    _other_body,
)
