"""What a decision is made of."""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Mapping

from callcore import contract, endings
from sip_config import configurations, problems
from sip_config.plans import occasions


class StepName(enum.StrEnum):
    """What is looked at on the way, in this order."""

    NUMBER = "number"
    """Is the dialed number one of ours?"""
    ARRIVAL = "arrival"
    """Did the call come by the trunk and rule that were made for it?"""
    CALLER = "caller"
    """Is it known who calls, and whose phone sent the call on?"""
    RING_BACK = "ring_back"
    """Does the caller return a call of ours?"""
    DIRECTION = "direction"
    """May strangers call this number?"""
    HOURS = "hours"
    """Is the business open?"""
    WORK_MODE = "work_mode"
    """What is done with calls at this hour?"""
    ROUTE = "route"
    """Which of the number's routes fits?"""
    AGENT = "agent"
    """Which agent is it?"""
    TOOL = "tool"
    """May the agent use this tool in this call? Told only where its condition fails."""
    TRANSFER = "transfer"
    """To whom may the agent hand this caller over?"""
    PLAN = "plan"
    """Can its texts be made for this call?"""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Step:
    """One thing that was looked at."""

    name: StepName
    passed: bool
    """Whether the call may go on; the first step that says no is the reason of the refusal."""
    text: str
    """What was found, for an operator; names no caller."""
    setting: problems.Path | None = None
    """The setting that decided it, as in `Configuration.places`."""
    faulty: bool = False
    """Whether the setting could not be followed, so that somebody should mend it; the call may go on all the same."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class RingBack:
    """We dialed this caller from the dialed number lately."""

    agent_id: str
    """The agent that placed that call."""
    variables: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """What was given along with that call."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Taken:
    """An agent takes the call: what the plan was made of."""

    occasion: occasions.Occasion
    agent: configurations.Agent
    is_ring_back: bool


@dataclasses.dataclass(frozen=True, kw_only=True)
class Decision:
    """What to do with a call, and how that came about."""

    plan: contract.Plan
    steps: tuple[Step, ...]
    taken: Taken | None = dataclasses.field(default=None, compare=False, repr=False)
    """Where an agent talks."""

    @property
    def faults(self) -> list[Step]:
        """What an operator should hear of, be there a call for it or a refusal."""
        return [step for step in self.steps if step.faulty]


class Refused(Exception):
    """The call goes no further. Never leaves this package."""

    def __init__(self, refusal: contract.Refuse) -> None:
        super().__init__(refusal.text)
        self.refusal = refusal


class Trail:
    """Collects the steps of one decision."""

    def __init__(self) -> None:
        self._steps: list[Step] = []

    @property
    def steps(self) -> tuple[Step, ...]:
        return tuple(self._steps)

    def passed(self, name: StepName, text: str, setting: problems.Path | None = None) -> None:
        self._steps.append(Step(name=name, passed=True, text=text, setting=setting))

    def skipped(self, name: StepName, text: str, setting: problems.Path) -> None:
        """The call goes on without a setting that could not be followed."""
        self._steps.append(Step(name=name, passed=True, text=text, setting=setting, faulty=True))

    def refused(
        self, name: StepName, text: str, refusal: contract.Refuse, setting: problems.Path | None = None
    ) -> Refused:
        """The exception to raise. Where we are to blame for it, the setting is faulty."""
        faulty = refusal.reason is endings.Reason.INTERNAL_ERROR
        self._steps.append(Step(name=name, passed=False, text=text, setting=setting, faulty=faulty))
        return Refused(refusal)
