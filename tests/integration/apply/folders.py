"""Configurations that differ only in their trunks and numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from sip_config import configurations, loading
from tests.unit.sip_config import samples


class Configured:
    """Writes and loads one configuration after the other into a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def with_trunks(
        self,
        trunks: Mapping[str, Sequence[str]],
        *,
        addresses: str = "127.0.0.1/32",
        password: str | None = None,
        organization: str = "acme",
    ) -> configurations.Configuration:
        """A configuration with these trunks, each with its numbers."""
        auth = "\n      auth: {username: acme, password: '${PASSWORD}'}" if password else ""
        trunk_lines = [f"  {name}:\n    inbound:\n      allowed_addresses: ['{addresses}']{auth}" for name in trunks]
        number_lines = [
            f"  - {{e164: '{number}', trunk: {name}, agent: front-desk}}"
            for name, numbers in trunks.items()
            for number in numbers
        ]
        files = {
            "trunks.yaml": "\n".join(["trunks:", *trunk_lines]),
            "numbers.yaml": "\n".join(["numbers:", *number_lines]),
            "organization.yaml": samples.FILES["organization.yaml"].replace("id: acme", f"id: {organization}"),
        }
        return loading.load(samples.write(self._folder, files), {"PASSWORD": password or ""})
