"""Transfers of an agent's file: whether they can ever be made, and whether anybody is offered them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pydantic

from callcore import dialable
from sip_config import configurations, languages, problems, schema
from sip_config.checking import checks, dialing
from sip_config.reading import documents
from sip_config.routing import agents as answering

_TRANSFERS = "transfers"
_TOOLS = "tools"
_TEXTS = "transfer_texts"
_KEYS = "transfer_keys"
_SWITCH: pydantic.TypeAdapter[bool] = pydantic.TypeAdapter(bool)
_WITHOUT_AGENT = (schema.WorkMode.ALWAYS_FORWARD, schema.WorkMode.VOICEMAIL)


def of_agent(
    document: documents.Document, own: Mapping[str, int], country: str | None, rules: dialable.Policy
) -> Iterator[problems.Problem]:
    """Destinations that are our own numbers, or that the gate would always refuse, and a tool without destinations.

    Args:
        document: the agent's file, as far as it can be read.
        own: numbers of ours that strangers may call.
        country: of the organization.
        rules: where calls may go.
    """
    paths = list(_destinations(document))
    for path in paths:
        to = document.value(path)
        if isinstance(to, str) and checks.number_in(to, country) in own:
            yield document.problem(path, checks.COMES_BACK)
    yield from dialing.refused(document, paths, rules)
    if not document.value((_TRANSFERS,)):
        for path in _listed(document):
            yield document.problem(path, "there is nobody to transfer to: the agent has no `transfers`")


def notes_of_agent(document: documents.Document) -> Iterator[problems.Problem]:
    """Transfers that nobody is offered, and sentences about them that do not fit the agent."""
    if not document.value((_TRANSFERS,)):
        return
    if document.value((_TOOLS,)) is not None and not any(_listed(document)):
        message = f"not offered to callers: `{_TOOLS}` has no `{schema.TRANSFER_CALL}`"
        yield document.problem((_TRANSFERS,), message)
    yield from _notes_of_texts(document)


def _notes_of_texts(document: documents.Document) -> Iterator[problems.Problem]:
    language = document.value(("language",))
    given = document.value((_TEXTS,))
    missing = [name for name in schema.TransferTexts.model_fields if not isinstance(given, dict) or name not in given]
    if _is_off(document.value((_KEYS,))) and "briefing" in missing:
        yield document.problem((_KEYS,), f"the usual `briefing` of `{_TEXTS}` offers keys: give one that does not")
    if isinstance(language, str) and not languages.is_english(language) and missing:
        named = ", ".join(f"`{name}`" for name in missing)
        yield document.problem((_TRANSFERS,), f"what `{_TEXTS}` does not give is said in English: {named}")


def _is_off(value: object) -> bool:
    try:
        return not _SWITCH.validate_python(value)
    except pydantic.ValidationError:
        return False


def notes_of_numbers(
    document: documents.Document,
    numbers: checks.Numbers,
    trunks: Mapping[str, schema.Trunk],
    agents: Mapping[str, configurations.Agent | None],
) -> Iterator[problems.Problem]:
    """Numbers of `numbers.yaml` whose callers may be promised a transfer to a number that their trunk cannot dial."""
    for index, draft in numbers.items():
        trunk = trunks.get(draft.value.trunk) if draft.has("trunk") else None
        if trunk is None or trunk.outbound is not None or draft.value.work_mode in _WITHOUT_AGENT:
            continue
        for agent_id in sorted(answering.possible(draft.value)):
            agent = agents.get(agent_id)
            names = _undialable(agent.settings, trunk) if agent is not None else []
            if names:
                message = (
                    f"places no calls, for it has no `outbound`: transfers of the agent `{agent_id}` to "
                    f"{', '.join(f'`{name}`' for name in names)} can dial no phone number from here"
                )
                yield document.problem(("numbers", index, "trunk"), message)


def _undialable(agent: schema.Agent, trunk: schema.Trunk) -> list[str]:
    """Transfers that need a trunk which dials."""
    if schema.TRANSFER_CALL not in agent.tool_conditions:
        return []
    return [
        name
        for name, transfer in agent.transfers.items()
        if any(_is_dialed(transfer, phone, trunk) for phone in transfer.destinations)
    ]


def _is_dialed(transfer: schema.Transfer, phone: schema.Destination, trunk: schema.Trunk) -> bool:
    """Whether it is we who dial a phone, through the trunk: a carrier that takes callers over dials no extension."""
    is_taken_over = transfer.mode is schema.TransferMode.BLIND and trunk.refer and phone.extension is None
    return not is_taken_over and not phone.to.lower().startswith(("sip:", "sips:"))


def _destinations(document: documents.Document) -> Iterator[problems.Path]:
    """Where a number or URI may stand."""
    named = document.value((_TRANSFERS,))
    for name in named if isinstance(named, dict) else ():
        path: problems.Path = (_TRANSFERS, name, "to")
        listed = document.value(path)
        if not isinstance(listed, list):
            yield path
            continue
        for index, item in enumerate(listed):
            yield (*path, index, "to") if isinstance(item, dict) else (*path, index)


def _listed(document: documents.Document) -> Iterator[problems.Path]:
    """Where `tools` has the tool that transfers."""
    tools = document.value((_TOOLS,))
    for index, tool in enumerate(tools if isinstance(tools, list) else ()):
        if tool == schema.TRANSFER_CALL or (isinstance(tool, dict) and schema.TRANSFER_CALL in tool):
            yield (_TOOLS, index)
