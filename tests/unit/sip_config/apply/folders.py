"""Configurations that differ only in their trunks and numbers."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sip_config import configurations, digests, schema
from tests.unit.sip_config import samples


class Configured:
    """Bends the sample, which is written to a folder and loaded once."""

    def __init__(self, folder: Path) -> None:
        self._sample = samples.load(folder)

    def with_trunks(
        self,
        trunks: Mapping[str, Sequence[str]],
        *,
        addresses: str = "127.0.0.1/32",
        password: str | None = None,
        organization: str = "acme",
    ) -> configurations.Configuration:
        """A configuration with these trunks, each with its numbers."""
        inbound: dict[str, Any] = {"allowed_addresses": [addresses]}
        if password:
            inbound["auth"] = {"username": "acme", "password": password}
        numbers = [
            schema.Number.model_validate({"e164": number, "trunk": name, "agent": "front-desk"})
            for name, given in trunks.items()
            for number in given
        ]
        return dataclasses.replace(
            self._sample,
            version=digests.of(organization, trunks, addresses, password),
            organization=self._sample.organization.model_copy(update={"id": organization}),
            trunks={name: schema.Trunk.model_validate({"inbound": inbound}) for name in trunks},
            numbers={number.e164: number for number in numbers},
        )
