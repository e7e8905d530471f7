"""The mark by which we know our own objects again: ids are the server's, so it stands in their metadata.

A rule's metadata becomes the metadata of every caller's participant: small, and nothing secret.
"""

from __future__ import annotations

from typing import Literal

import pydantic


class Mark(pydantic.BaseModel):
    """Whose object it is, and which."""

    model_config = pydantic.ConfigDict(frozen=True)

    owner: Literal["trunkline"] = "trunkline"
    org: str
    """Id of the organization."""
    id: str
    """Name of the object within the organization, such as `trunk/lab`."""
    hash: str
    """Hash of what was applied."""
    set: str = ""
    """Hash of all that was applied with it; on the catch-all rule alone, by which a newer configuration is known."""
    numbers: tuple[str, ...] = ()
    """The numbers (keys) that a detour is for; on its trunk alone, whose metadata no caller gets."""

    def written(self) -> str:
        """As it stands in metadata: without what is empty."""
        return self.model_dump_json(exclude={name for name in ("set", "numbers") if not getattr(self, name)})


def read(metadata: str) -> Mark | None:
    """The mark in an object's metadata; None where the object is not Trunkline's."""
    try:
        return Mark.model_validate_json(metadata)
    except pydantic.ValidationError:
        return None


def is_ours(metadata: str, organization_id: str) -> bool:
    """Whether the object belongs to this organization's configuration."""
    mark = read(metadata)
    return mark is not None and mark.org == organization_id
