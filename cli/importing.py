"""Sends the rows of a file to dispatch, many at a time, and tells the lines that it did not take."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Iterator, Sequence

import rich.console
import rich.progress

from cli import api, asking, failing, people, screen, sheets

_MOST_AT_ONCE = 500  # rows, as dispatch takes them
_MOST_BYTES = 512 * 1024  # of a request; dispatch takes twice as much
_LONG = 2 * _MOST_AT_ONCE  # rows, from which on one wants to see how far it is


@dataclasses.dataclass(frozen=True, kw_only=True)
class Target:
    """Where rows go."""

    path: str
    rows: str
    """What the request calls them."""
    counts: tuple[str, ...]
    """What the answer counts."""


CONTACTS = Target(path=f"{people.CONTACTS}/import", rows="contacts", counts=("created", "updated"))
DO_NOT_CALL = Target(path=f"{people.DO_NOT_CALL}/import", rows="entries", counts=("added", "present"))


def run(target: Target, rows: Sequence[sheets.Row], *, url: str | None, as_json: bool) -> None:
    """Send all rows; exits with 1 where one was not taken. Sending a file again changes nothing."""
    good = [row for row in rows if row.wrong is None]
    done = asking.ask(url, lambda client: _send(target, good, client))
    done["invalid"] += [{"line": row.line, "message": row.wrong} for row in rows if row.wrong is not None]
    done["invalid"].sort(key=lambda row: row["line"])
    if as_json:
        screen.print_json(done)
    else:
        counted = ", ".join(f"{done[name]} {name}" for name in target.counts)
        screen.print_line(f"{counted}, {len(done['invalid'])} invalid")
        for row in done["invalid"]:
            sys.stderr.write(f"line {row['line']}: {row['message']}\n")
    if done["invalid"]:
        raise SystemExit(failing.EXIT_FAILED)


async def _send(target: Target, rows: Sequence[sheets.Row], client: api.Api) -> api.Json:
    done: api.Json = {**dict.fromkeys(target.counts, 0), "invalid": []}
    console = rich.console.Console(stderr=True)
    with rich.progress.Progress(console=console, disable=len(rows) < _LONG, transient=True) as progress:
        sent = progress.add_task(target.rows, total=len(rows))
        for batch in _batches(rows):
            answer = await client.ask("POST", target.path, body={target.rows: [row.body for row in batch]})
            for name in target.counts:
                done[name] += answer[name]
            done["invalid"] += [
                {"line": batch[row["index"]].line, "message": row["message"]} for row in answer["invalid"]
            ]
            progress.advance(sent, len(batch))
    return done


def _batches(rows: Sequence[sheets.Row]) -> Iterator[list[sheets.Row]]:
    batch: list[sheets.Row] = []
    size = 0
    for row in rows:
        length = len(json.dumps(row.body))
        if batch and (len(batch) == _MOST_AT_ONCE or size + length > _MOST_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(row)
        size += length
    if batch:
        yield batch
