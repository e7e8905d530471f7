"""`docs/configuration.md` lists every setting that the files may hold, with its default and meaning, and no other."""

from __future__ import annotations

import datetime as dt
import enum
import re
from collections.abc import Iterator
from pathlib import Path

import pydantic
import pytest
from pydantic.fields import FieldInfo

from sip_config import providers
from sip_config.schema import agents, dialing, hours, numbers, organizations, tools, transfers, trunks, webhooks

pytestmark = pytest.mark.unit

PAGE = Path(__file__).parents[3] / "docs" / "configuration.md"
ROW = re.compile(r"\| `(?P<key>\w+)` \| (?P<default>[^|]*) \| (?P<meaning>[^|]*) \|")

TABLES: dict[str, type[pydantic.BaseModel]] = {
    "organization.yaml: `organization`": organizations.Organization,
    "organization.yaml: beside `organization`": organizations.OrganizationFile,
    "`hours`": hours.Hours,
    "`holidays` of `hours`": hours.Holidays,
    "`dialing`": dialing.Dialing,
    "`limits` of `dialing`": dialing.OrganizationLimits,
    "`limits` of a number, and of `outbound`": dialing.Limits,
    "`webhooks` of organization.yaml": webhooks.Webhooks,
    "trunks.yaml: a trunk under `trunks`": trunks.Trunk,
    "`inbound` of a trunk": trunks.InboundTrunk,
    "`outbound` of a trunk": trunks.OutboundTrunk,
    "`auth` of `inbound` and `outbound`": trunks.Auth,
    "numbers.yaml: a number under `numbers`": numbers.Number,
    "a route under `routes`": numbers.Route,
    "agents/ID.yaml": agents.Agent,
    "a transfer under `transfers`": transfers.Transfer,
    "a destination in the list of `to`": transfers.Destination,
    "`voicemail_detection` of a transfer": transfers.VoicemailDetection,
    "`transfer_texts` of an agent": transfers.TransferTexts,
    "a tool of `tools`, with options": tools.ToolOptions,
    "`turns` of an agent": agents.Turns,
    "`interruptions` of `turns`": agents.Interruptions,
    "`max_duration` of an agent": agents.MaxDuration,
    "`webhooks` of an agent": webhooks.AgentWebhooks,
    "`pre_call` of `webhooks`": webhooks.PreCall,
    "`status`, `post_call` and `lead_updated` of `webhooks`": webhooks.Target,
    "`stt: {provider: deepgram}`": providers.DeepgramStt,
    "`stt: {provider: openai}`": providers.OpenAiStt,
    "`stt: {provider: offline}`": providers.OfflineStt,
    "`llm: {provider: openai}`": providers.OpenAiLlm,
    "`llm: {provider: offline}`": providers.OfflineLlm,
    "`tts: {provider: elevenlabs}`": providers.ElevenLabsTts,
    "`tts: {provider: openai}`": providers.OpenAiTts,
    "`tts: {provider: offline}`": providers.OfflineTts,
    "`vad: {provider: local}`": providers.LocalVad,
    "`vad: {provider: silero}`": providers.SileroVad,
}


def page_tables() -> dict[str, dict[str, tuple[str, str]]]:
    """By heading: the default and meaning of each key of the table below it."""
    tables: dict[str, dict[str, tuple[str, str]]] = {}
    heading = ""
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            heading = line.lstrip("# ")
        elif match := ROW.fullmatch(line):
            tables.setdefault(heading, {})[match["key"]] = (match["default"], match["meaning"])
    return tables


def default(field: FieldInfo) -> str:
    """A field's default as the author of a file would write it."""
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True, validated_data={})
    match value:
        case None | pydantic.BaseModel():
            return ""
        case dt.timedelta():
            seconds = int(value.total_seconds())
            units = {"h": 3600, "m": 60} if seconds else {}
            unit = next((unit for unit, size in units.items() if seconds % size == 0), "s")
            return f"`{seconds // units.get(unit, 1)}{unit}`"
        case enum.Enum():
            return f"`{value.value}`"
        case tuple() | list():
            return f"`[{', '.join(map(str, value))}]`"
        case bool():
            return f"`{str(value).lower()}`"
    return f"`{value}`"


def models_in(model: type[pydantic.BaseModel]) -> Iterator[type[pydantic.BaseModel]]:
    """A model and those that its fields hold directly."""
    yield model
    for field in model.model_fields.values():
        for part in [field.annotation, *getattr(field.annotation, "__args__", ())]:
            if isinstance(part, type) and issubclass(part, pydantic.BaseModel):
                yield from models_in(part)


def test_every_model_has_a_table_and_every_table_a_model() -> None:
    ours: list[type[pydantic.BaseModel]] = [organizations.Organization, trunks.Trunk, numbers.Number, agents.Agent]
    listed = set(TABLES.values())
    assert {inner for model in ours for inner in models_in(model)} <= listed | set(providers.OpenAiModel.__mro__)
    assert set(page_tables()) == set(TABLES)


@pytest.mark.parametrize("heading", TABLES)
def test_table_lists_every_setting_with_its_default(heading: str) -> None:
    listed = {key: text for key, (text, _) in page_tables()[heading].items()}
    fields = {name: field for name, field in TABLES[heading].model_fields.items() if name != "organization"}
    assert listed == {name: default(field) for name, field in fields.items()}


@pytest.mark.parametrize("heading", TABLES)
def test_table_says_what_the_model_says(heading: str) -> None:
    for key, (_, meaning) in page_tables()[heading].items():
        described = TABLES[heading].model_fields[key].description
        assert meaning
        assert described is None or meaning == " ".join(described.split())
