"""Webhooks signed by us and by the reference library, and by the standard's own words."""

from __future__ import annotations

import base64
import dataclasses
import datetime as dt
import hashlib
import hmac
from unittest import mock

import standardwebhooks
from hypothesis import strategies

from callcore import signing

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_PRINTABLE = strategies.characters(min_codepoint=0x21, max_codepoint=0x7E, exclude_characters=".")
_ZONES = strategies.integers(-14 * 60, 14 * 60).map(lambda minutes: dt.timezone(dt.timedelta(minutes=minutes)))


@dataclasses.dataclass(frozen=True, kw_only=True)
class Case:
    """What is to be signed."""

    id: str
    at: dt.datetime
    body: bytes
    keys: list[bytes]


CASES = strategies.builds(
    Case,
    id=strategies.text(_PRINTABLE, min_size=1, max_size=60),
    at=strategies.builds(
        lambda microseconds, zone: _EPOCH.astimezone(zone) + dt.timedelta(microseconds=microseconds),
        strategies.integers(0, 8 * 10**15),  # to the year 2223
        _ZONES,
    ),
    body=strategies.text(max_size=200).map(str.encode),
    keys=strategies.lists(strategies.binary(min_size=24, max_size=64), min_size=1, max_size=3),
)


class _Still(dt.datetime):
    """The reference looks at the machine's clock; here it stands."""

    moment: dt.datetime

    @classmethod
    def now(cls, tz: dt.tzinfo | None = None) -> _Still:
        return cls.fromtimestamp(cls.moment.timestamp(), tz)


def difference(case: Case) -> str | None:
    """What we do otherwise than the reference does; None where nothing is."""
    secrets = [signing.Secret(key) for key in case.keys]
    made = signing.sign(case.id, case.at, case.body, secrets)
    moment = case.at.astimezone(dt.UTC)
    references = [standardwebhooks.Webhook(key) for key in case.keys]
    if made["webhook-signature"].split(" ") != [one.sign(case.id, moment, case.body.decode()) for one in references]:
        return "signature"
    if made["webhook-signature"].split(" ") != [_by_the_standard(case, key) for key in case.keys]:
        return "standard"
    if not all(_accepts(one, made, case) for one in references):
        return "accepted by the reference"
    by_reference = {**made, "webhook-signature": references[-1].sign(case.id, moment, case.body.decode())}
    if signing.verify(by_reference, case.body, secrets, case.at) != case.id:
        return "accepted by us"
    return None


def _by_the_standard(case: Case, key: bytes) -> str:
    seconds = (case.at - _EPOCH) // dt.timedelta(seconds=1)
    content = b"%s.%d.%s" % (case.id.encode(), seconds, case.body)
    return "v1," + base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()


def _accepts(reference: standardwebhooks.Webhook, made: dict[str, str], case: Case) -> bool:
    with mock.patch("standardwebhooks.webhooks.datetime", _Still):
        _Still.moment = case.at
        try:
            reference.verify(case.body, made, json_parse=False)
        except standardwebhooks.WebhookVerificationError:
            return False
    return True
