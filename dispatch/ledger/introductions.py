"""Who LiveKit says is calling, for calls that end before their job is in the room to see for itself."""

from __future__ import annotations

from callcore import contract

_MOST = 1000  # rooms; a job reports a caller who is gone within seconds
_LONGEST = 512  # characters, as the contract allows


class Introductions:
    """The newest callers by room, as their trunks sent them. Gone with the process, as the calls soon are."""

    def __init__(self) -> None:
        self._callers: dict[str, str] = {}

    def note(self, room_name: str, caller: str) -> None:
        """Remember a caller; the oldest one is forgotten for it."""
        self._callers[room_name] = caller[:_LONGEST]
        while len(self._callers) > _MOST:
            del self._callers[next(iter(self._callers))]

    def completed(self, intake: contract.CallIntake) -> contract.CallIntake:
        """An intake with its caller, where its job saw none and LiveKit did."""
        if intake.caller is not None or intake.room_name not in self._callers:
            return intake
        return intake.model_copy(update={"caller": self._callers[intake.room_name]})

    def complete(self, batch: contract.SpoolBatch) -> contract.SpoolBatch:
        """A batch whose arrivals are completed."""
        return batch.model_copy(update={"lines": tuple(self._line(line) for line in batch.lines)})

    def _line(self, line: contract.SpoolLine) -> contract.SpoolLine:
        if not isinstance(line.record, contract.ArrivedRecord) or line.record.intake.caller is not None:
            return line
        record = line.record.model_copy(update={"intake": self.completed(line.record.intake)})
        return line.model_copy(update={"record": record})
