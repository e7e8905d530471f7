"""What must hold between the files of a configuration."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from sip_config import documents, problems, schema


def numbers(
    document: documents.Document,
    found: Mapping[int, schema.Number],
    trunks: Mapping[str, schema.Trunk | None] | None,
    agents: Collection[str],
) -> Iterator[problems.Problem]:
    """Problems of `numbers.yaml`: unknown names, unfit trunks, a number given twice.

    Args:
        document: the file.
        found: its valid numbers by position.
        trunks: every trunk by name, None for one that has mistakes of its own; None where no trunk could be read.
        agents: every agent's id, whether it has mistakes of its own or not.
    """
    first: dict[str, int] = {}
    for index, number in found.items():
        path = ("numbers", index)
        if first.setdefault(number.e164, index) != index:
            line = document.place(("numbers", first[number.e164])).line
            yield document.problem((*path, "e164"), f"the same number as in line {line}")
        if number.agent is None and number.takes_calls:
            yield document.problem(path, "who answers? Give it an `agent`")
        if number.agent is not None and number.agent not in agents:
            message = f"there is no agent `{number.agent}`{problems.nearest(number.agent, agents)}"
            yield document.problem((*path, "agent"), message)
        if trunks is None:
            continue
        if number.trunk not in trunks:
            message = f"there is no trunk `{number.trunk}`{problems.nearest(number.trunk, trunks)}"
            yield document.problem((*path, "trunk"), message)
        elif (trunk := trunks[number.trunk]) is not None:
            yield from (document.problem((*path, "trunk"), message) for message in _unfit(number, trunk))


def _unfit(number: schema.Number, trunk: schema.Trunk) -> Iterator[str]:
    if number.takes_calls and trunk.inbound is None:
        yield f"the trunk `{number.trunk}` takes no calls: it has no `inbound`"
    if number.places_calls and trunk.outbound is None:
        yield f"the trunk `{number.trunk}` places no calls: it has no `outbound`"
