"""Which of our numbers was dialed, and whether the call came the way that was made for it."""

from __future__ import annotations

from callcore import contract, endings, errors, numbers
from sip_config import configurations, live, problems, schema
from sip_config.routing import steps

_NO_SUCH_NUMBER = contract.Refuse(reason=endings.Reason.INVALID_NUMBER, sip_status_code=404, text="No such number here")
_WRONG_WAY = contract.Refuse(
    reason=endings.Reason.INVALID_NUMBER, sip_status_code=404, text="Not by the trunk and rule of this number"
)


def dialed_number(configuration: configurations.Configuration, raw: str | None) -> schema.Number | None:
    """The number of ours that was dialed, as the carrier wrote it: in full, or as its country writes it."""
    for e164 in _readings(raw or "", configuration.organization.country):
        if e164 in configuration.numbers:
            return configuration.numbers[e164]
    return None


def _readings(raw: str, region: str | None) -> list[str]:
    """What a text may mean as a number; a full one first, because that needs no guess."""
    found = []
    for country in (None, region):
        try:
            found.append(numbers.from_sip(raw, region=country))
        except errors.InvalidNumber:
            continue
    return [*found, f"+{numbers.user_part(raw)}"]  # a number too new for the tables, without its plus sign


def find(configuration: configurations.Configuration, intake: contract.CallIntake, trail: steps.Trail) -> schema.Number:
    """The dialed number.

    Raises:
        Refused: it is none of ours.
    """
    number = dialed_number(configuration, intake.dialed)
    if number is None:
        text = "the dialed number is none of ours, so nobody takes the call"
        raise trail.refused(steps.StepName.NUMBER, text, _NO_SUCH_NUMBER, ("numbers",))
    named = f", `{number.label}`" if number.label else ""
    trail.passed(steps.StepName.NUMBER, f"a number of ours{named}", ("numbers", number.e164))
    return number


def check_arrival(
    live_objects: live.LiveObjects, number: schema.Number, intake: contract.CallIntake, trail: steps.Trail
) -> None:
    """Let a call pass only if it came by the very trunk and rule that were made for its number.

    LiveKit lets calls from foreign addresses, or without credentials, through to the catch-all rule.

    Raises:
        Refused: it came another way.
    """
    arrived_by = live.LiveNumber(trunk_id=intake.trunk_id or "", rule_id=intake.rule_id or "")
    if not live_objects.carry(number.e164, arrived_by):
        text, setting = _wrong_way(live_objects, number, arrived_by)
        raise trail.refused(steps.StepName.ARRIVAL, text, _WRONG_WAY, setting)
    trail.passed(steps.StepName.ARRIVAL, f"by the trunk `{number.trunk}` and its rule", ("trunks", number.trunk))


def _wrong_way(
    live_objects: live.LiveObjects, number: schema.Number, arrived_by: live.LiveNumber
) -> tuple[str, problems.Path]:
    """What is wrong, and the setting to look at."""
    its_trunk = ("numbers", number.e164, "trunk")
    wanted = live_objects.numbers.get(number.e164)
    if wanted is None:
        return "LiveKit has no trunk and rule for this number: run `trunkline apply`", its_trunk
    if arrived_by.rule_id == live_objects.catch_all_rule_id:
        text = f"through the catch-all rule: the trunk `{number.trunk}` did not take it (address or credentials)"
        return text, ("trunks", number.trunk, "inbound")
    if arrived_by.trunk_id != wanted.trunk_id:
        return f"not by the trunk `{number.trunk}`, to which the number belongs", its_trunk
    text = f"by the trunk `{number.trunk}`, but not by the rule that was made for it: run `trunkline plan`"
    return text, its_trunk
