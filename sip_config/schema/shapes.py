"""What all settings have in common."""

from __future__ import annotations

import pydantic


class Shape(pydantic.BaseModel):
    """Base of all settings: immutable, unknown keys refused, each field described by the text below it."""

    model_config = pydantic.ConfigDict(
        frozen=True, extra="forbid", use_attribute_docstrings=True, hide_input_in_errors=True
    )
