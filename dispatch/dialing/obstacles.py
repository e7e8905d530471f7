"""What keeps a call from being placed, and how it ends for it."""

from __future__ import annotations

from callcore import dials, endings, errors, transfers

NO_JOB = endings.Termination(reason=endings.Reason.WORKER_LOST, ended_by=endings.EndedBy.SYSTEM)
NO_ROOM = endings.Termination(reason=endings.Reason.PLATFORM_LOST, ended_by=endings.EndedBy.SYSTEM)
OUR_FAULT = endings.Termination(reason=endings.Reason.INTERNAL_ERROR, ended_by=endings.EndedBy.SYSTEM)
NO_NUMBER = dials.termination(transfers.AttemptResult.INVALID_NUMBER)


class Obstacle(errors.Conflict):
    """This call cannot be placed; its phone was not dialed, or rings no more."""

    public_code = "not_placed"

    def __init__(self, why: str, termination: endings.Termination) -> None:
        super().__init__(why)
        self.termination = termination


class JobLate(Obstacle):
    """No job said in time that it can talk. LiveKit forgets one that finds no room: another may find some."""

    def __init__(self) -> None:
        super().__init__("no worker got ready", NO_JOB)


class JobLost(Obstacle):
    """The worker is gone while the phone rings. Nobody is to pick up into silence."""

    def __init__(self) -> None:
        super().__init__("the worker is gone", NO_JOB)
