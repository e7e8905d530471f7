"""What a job tells its worker, kept for a look."""

from __future__ import annotations

import datetime as dt

from callcore import contract


class Reports:
    """Stands in for the spool's client."""

    def __init__(self) -> None:
        self.records: list[contract.Record] = []

    def report(self, record: contract.Record, *, at: dt.datetime | None = None) -> None:
        self.records.append(record)

    def leave(self) -> None:
        pass

    async def flush(self, timeout: float) -> bool:
        return True

    async def close(self) -> None:
        pass

    @property
    def end(self) -> contract.EndedRecord | None:
        """The last record, if it is the end of the call."""
        last = self.records[-1] if self.records else None
        return last if isinstance(last, contract.EndedRecord) else None

    @property
    def turns(self) -> list[tuple[str, str, bool]]:
        """Role, text and whether it was cut short, of everything said."""
        turns = [record for record in self.records if isinstance(record, contract.TurnRecord)]
        return [(turn.role.value, turn.message, turn.interrupted) for turn in turns]

    @property
    def noted(self) -> list[tuple[str, dict[str, object]]]:
        notes = [record for record in self.records if isinstance(record, contract.NotedRecord)]
        return [(note.type.value, dict(note.data)) for note in notes]
