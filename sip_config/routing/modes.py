"""What is done with a call, by the number's work mode and the hour."""

from __future__ import annotations

from callcore import calls
from sip_config import schema
from sip_config.plans import occasions
from sip_config.routing import steps


def choose(occasion: occasions.Occasion, trail: steps.Trail, *, comes_back: bool) -> calls.Action:
    """The action. A number that only places calls has no hours for those that come back to it."""
    number = occasion.number
    if comes_back and not number.takes_calls:
        trail.passed(steps.StepName.WORK_MODE, "converse: the number only places calls, and this one comes back")
        return calls.Action.CONVERSE
    action = _by_mode(number.work_mode, is_open=occasion.is_business_hours)
    text = f"{action.value}, by the work mode `{number.work_mode.value}`"
    trail.passed(steps.StepName.WORK_MODE, text, ("numbers", number.e164, "work_mode"))
    return action


def _by_mode(mode: schema.WorkMode, *, is_open: bool) -> calls.Action:
    if mode.has_hours and is_open:
        return calls.Action.CONVERSE
    match mode:
        case schema.WorkMode.ALWAYS_ON:
            return calls.Action.CONVERSE
        case schema.WorkMode.ALWAYS_FORWARD | schema.WorkMode.FORWARD_OFF_HOURS:
            return calls.Action.FORWARD
        case schema.WorkMode.MESSAGE_OFF_HOURS:
            return calls.Action.MESSAGE
        case schema.WorkMode.VOICEMAIL | schema.WorkMode.VOICEMAIL_OFF_HOURS:
            return calls.Action.VOICEMAIL
