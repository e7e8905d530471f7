"""What came in, and whether it was signed as it should be."""

from __future__ import annotations

import dataclasses
import datetime as dt
import functools
import json
from collections.abc import Mapping, Sequence
from typing import Any

import standardwebhooks


@dataclasses.dataclass(frozen=True, kw_only=True)
class Request:
    """One request of a sender; the same message may come in several."""

    number: int
    """Its place among those to the same endpoint, from 0."""
    name: str
    """Of the endpoint: the URL's path."""
    at_s: float
    """When all of it was read, by `time.monotonic`."""
    at: dt.datetime
    headers: Mapping[str, str]
    """By names in lower case."""
    body: bytes
    signed_with: tuple[int, ...]
    """Which of the receiver's secrets its signatures are good for; empty: of none, or it is too old, or ahead."""
    problem: str
    """What the reference library has against it; empty where a signature is good."""

    @functools.cached_property
    def document(self) -> dict[str, Any]:
        """The body; empty where it is not a JSON object."""
        try:
            found = json.loads(self.body)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    @property
    def message_id(self) -> str:
        """The same in every request of one message."""
        return self.headers.get("webhook-id", "")

    @property
    def type(self) -> str:
        return str(self.document.get("type", ""))

    @property
    def call_id(self) -> str:
        return str(self.document.get("call_id", ""))


def verified(secrets: Sequence[str], headers: Mapping[str, str], body: bytes) -> tuple[tuple[int, ...], str]:
    """Which secrets a request was signed with, and if none, what is wrong with it."""
    good: list[int] = []
    problem = "no secret is known here"
    for place, secret in enumerate(secrets):
        try:
            standardwebhooks.Webhook(secret).verify(body, dict(headers), json_parse=False)
        except (standardwebhooks.WebhookVerificationError, ValueError) as error:
            problem = str(error)  # a header that it cannot take apart, or a body that is no text, is a ValueError
        else:
            good.append(place)
    return tuple(good), "" if good else problem
