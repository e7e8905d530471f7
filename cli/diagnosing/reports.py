"""How the findings look, as lines or as JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence

from callcore import numbers
from cli.diagnosing import findings, rounds

_NUMBER = re.compile(r"\+[1-9]\d{6,14}")


def is_well(results: Sequence[rounds.Result]) -> bool:
    """Whether nothing failed."""
    return all(result.finding.status is not findings.Status.FAILED for result in results)


def as_json(results: Sequence[rounds.Result]) -> str:
    """`{"ok": bool, "checks": [{"name", "status", "seen", "cure"}]}` on one line; `cure` may be empty."""
    checks = [
        {
            "name": result.name,
            "status": result.finding.status.value,
            "seen": _without_numbers(result.finding.seen),
            "cure": _without_numbers(result.finding.cure),
        }
        for result in results
    ]
    return json.dumps({"ok": is_well(results), "checks": checks}, ensure_ascii=False)


def lines(results: Sequence[rounds.Result]) -> Iterator[str]:
    """One line for each check, and one for all of them."""
    width = max((len(result.name) for result in results), default=0)
    for result in results:
        found = result.finding
        cure = f" → {found.cure}" if found.cure else ""
        yield f"{found.status.value:<7}  {result.name:<{width}}  {_on_one_line(_without_numbers(found.seen + cure))}"
    yield f"{_count(results, findings.Status.FAILED)} failed, {_count(results, findings.Status.WARNING)} warnings"


def _count(results: Sequence[rounds.Result], status: findings.Status) -> int:
    return sum(result.finding.status is status for result in results)


def _without_numbers(text: str) -> str:
    """An operator may have named a trunk or a folder after a number."""
    return _NUMBER.sub(lambda match: numbers.redact(match[0]), text)


def _on_one_line(text: str) -> str:
    """Nothing in it is a command to the terminal."""
    return "".join(sign if sign.isprintable() else " " for sign in text)
