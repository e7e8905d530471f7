"""What must hold between the files of a configuration, as far as they can be read."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterator, Mapping

from callcore import errors
from callcore import numbers as phone_numbers
from sip_config import problems, schema
from sip_config.checking import validation
from sip_config.reading import documents
from sip_config.templates import metadata_names

_AGENT = "agent"  # the key of a number's metadata that may name who answers
_ANSWERERS = ("agent", "split", "routes", "metadata")

COMES_BACK = "this is one of our own numbers, and would come back as a new call"
"""What is wrong with a destination that is a number of ours which strangers may call."""

Numbers = Mapping[int, validation.Draft[schema.Number]]
"""Numbers by their position in the file."""

_Finding = tuple[problems.Path, str]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What a number may refer to."""

    trunks: Mapping[str, validation.Draft[schema.Trunk] | None] | None
    """Every trunk by name, None for one that cannot be read; None where no trunk could be read."""
    agents: Collection[str]
    """Every agent's id, whether it has mistakes of its own or not."""
    has_hours: bool
    """Whether `organization.yaml` has hours, be they right or wrong."""
    country: str | None
    own: Mapping[str, int]
    """Numbers of ours that strangers may call, with their position."""


def own_numbers(numbers: Numbers) -> dict[str, int]:
    """The numbers that strangers may call, each with its first position."""
    own: dict[str, int] = {}
    for index, draft in numbers.items():
        if draft.has("e164") and (draft.value.takes_calls or not draft.has("direction")):
            own.setdefault(draft.value.e164, index)
    return own


def numbers(document: documents.Document, found: Numbers, around: Surroundings) -> Iterator[problems.Problem]:
    """Problems of `numbers.yaml`: unknown names, unfit trunks, unfit work modes, a number given twice."""
    first: dict[str, int] = {}
    for index, draft in found.items():
        path = ("numbers", index)
        if draft.has("e164") and first.setdefault(draft.value.e164, index) != index:
            line = document.place(("numbers", first[draft.value.e164])).line
            yield document.problem((*path, "e164"), f"the same number as in line {line}")
        for key, message in (
            *_trunk_problems(draft, around),
            *_agent_problems(draft, around.agents),
            *_mode_problems(draft, around),
        ):
            yield document.problem((*path, *key), message)


def hours(document: documents.Document) -> Iterator[problems.Problem]:
    """Windows of one day that overlap, in `organization.yaml`."""
    for path in _days(document):
        windows = document.value(path)
        spans: list[tuple[int, int, int]] = []
        for index, window in enumerate(windows if isinstance(windows, list) else ()):
            try:
                begin, end = schema.hour_minutes(str(window).replace(" ", ""))
            except ValueError:
                continue  # the schema tells what is wrong with it
            if any(begin < other_end and other_begin < end for other_begin, other_end, _ in spans):
                yield document.problem((*path, index), "overlaps another window of this day")
            spans.append((begin, end, index))


def _days(document: documents.Document) -> Iterator[problems.Path]:
    days = document.value(("hours",))
    for key, value in days.items() if isinstance(days, dict) else ():
        if isinstance(value, list) and key != "closed":
            yield ("hours", key)
        elif key == "open" and isinstance(value, dict):
            yield from (("hours", key, date) for date in value)


def _trunk_problems(draft: validation.Draft[schema.Number], around: Surroundings) -> Iterator[_Finding]:
    number, path = draft.value, ("trunk",)
    if around.trunks is None or not draft.has("trunk"):
        return
    if number.trunk not in around.trunks:
        yield path, f"there is no trunk `{number.trunk}`{problems.nearest(number.trunk, around.trunks)}"
        return
    trunk = around.trunks[number.trunk]
    if trunk is None or not draft.has("direction"):
        return
    if number.takes_calls and trunk.value.inbound is None and trunk.has("inbound"):
        yield path, f"the trunk `{number.trunk}` takes no calls: it has no `inbound`"
    no_outbound = trunk.value.outbound is None and trunk.has("outbound")
    if number.places_calls and no_outbound:
        yield path, f"the trunk `{number.trunk}` places no calls: it has no `outbound`"
    if number.takes_calls and number.work_mode.forwards and no_outbound:
        yield ("work_mode",), f"forwards calls, and the trunk `{number.trunk}` places none: it has no `outbound`"


def _agent_problems(draft: validation.Draft[schema.Number], agents: Collection[str]) -> Iterator[_Finding]:
    number = draft.value
    yield from _choice_problems(number.agent, number.split, agents, ())
    for index, route in enumerate(number.routes):
        path = ("routes", index)
        yield from _choice_problems(route.agent, route.split, agents, path)
        if route.agent is None and route.split is None:
            yield path, "who answers? Give it an `agent` or a `split`"
        if route.when is None and (number.agent or number.split or index < len(number.routes) - 1):
            yield path, "always fits, so nothing after it is ever tried: give it a `when`"
    named = number.metadata.get(_AGENT)
    if named is not None and metadata_names.has_names(named):
        yield ("metadata", _AGENT), "must name an agent: what a caller brings cannot choose one"
    elif named is not None and named not in agents:
        yield ("metadata", _AGENT), _no_agent(named, agents)
    answered = number.agent or number.split or named or (number.routes and number.routes[-1].when is None)
    told = not draft.has("direction", *_ANSWERERS) or draft.broken - schema.Number.model_fields.keys()
    if number.takes_calls and not answered and not told:
        yield (), "who answers? Give it an `agent`"


def _choice_problems(
    agent: str | None, split: schema.Split | None, agents: Collection[str], path: problems.Path
) -> Iterator[_Finding]:
    """Problems of a number, or of one of its routes: both say who answers."""
    if agent is not None and agent not in agents:
        yield (*path, "agent"), _no_agent(agent, agents)
    if split is None:
        return
    if agent is not None:
        yield (*path, "split"), "give either `agent` or `split`"
    if sum(split.values()) != 100:
        yield (*path, "split"), f"must add up to 100 percent, and is {sum(split.values())}"
    for name in split:
        if name not in agents:
            yield (*path, "split", name), _no_agent(name, agents)


def _mode_problems(draft: validation.Draft[schema.Number], around: Surroundings) -> Iterator[_Finding]:
    number = draft.value
    if draft.has("forward_to") and number.forward_to and number_in(number.forward_to, around.country) in around.own:
        yield ("forward_to",), COMES_BACK
    if not draft.has("work_mode"):
        return
    mode = number.work_mode
    if mode.has_hours and not around.has_hours:
        yield ("work_mode",), "goes by the hours, and `organization.yaml` has no `hours`"
    if mode.forwards and number.forward_to is None and draft.has("forward_to"):
        yield ("work_mode",), "needs a `forward_to`"
    missing_message = number.off_hours_message is None and draft.has("off_hours_message")
    if mode is schema.WorkMode.MESSAGE_OFF_HOURS and missing_message:
        yield ("work_mode",), "needs an `off_hours_message`"
    if number.forward_fallback is schema.Fallback.MESSAGE and missing_message:
        yield ("forward_fallback",), "needs an `off_hours_message`"
    if number.forward_fallback and not mode.forwards and draft.has("forward_fallback"):
        yield ("forward_fallback",), f"nothing is forwarded in the mode `{mode.value}`"


def _no_agent(name: str, agents: Collection[str]) -> str:
    return f"there is no agent `{name}`{problems.nearest(name, agents)}"


def number_in(destination: str, country: str | None) -> str | None:
    """The number that a destination would reach, be it bare or in a SIP address."""
    try:
        return phone_numbers.from_sip(destination, region=country)
    except errors.InvalidNumber:
        return None
