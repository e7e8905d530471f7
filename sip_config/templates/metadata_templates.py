"""The metadata of one call: what its number and its agent say of it."""

from __future__ import annotations

import dataclasses

from sip_config import schema
from sip_config.templates import metadata_names


@dataclasses.dataclass(frozen=True, kw_only=True)
class Values:
    """What a number's metadata may speak of; None where it is not known, or withheld."""

    caller: str | None = None
    dialed: str | None = None
    forwarded_from: str | None = None


def render(number: schema.Number, agent: schema.Agent | None, values: Values) -> dict[str, str]:
    """The metadata for one call.

    The agent's word counts where both speak: its own metadata, and those of its file's texts that go by the name of a
    key here, such as `language`.

    Args:
        number: the number that was dialed; its metadata is the template.
        agent: settings of the agent that takes the call, if one does.
        values: what is filled in.
    """
    by_name = {
        metadata_names.CALLER: values.caller or "",
        metadata_names.DIALED: values.dialed or "",
        metadata_names.FORWARDED_FROM: values.forwarded_from or "",
    }
    filled = {key: metadata_names.fill(text, by_name) for key, text in number.metadata.items()}
    if agent is None:
        return filled
    texts = {key: getattr(agent, key) for key in filled.keys() & agent.model_fields_set}
    return {**filled, **{key: text for key, text in texts.items() if isinstance(text, str)}, **agent.metadata}
