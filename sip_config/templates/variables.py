"""What a prompt may speak of: the variables of its template and their parts."""

from __future__ import annotations

import dataclasses
import datetime as dt
import functools
import typing
import zoneinfo
from collections.abc import Mapping

OPEN = frozenset({"fields", "variables"})
"""Variables whose parts nobody knows beforehand: a part that is not there is empty."""

MAX_TEXT = 1_000
"""Characters of one text that came from outside."""

_MAX_HISTORY = 4_000  # characters; a line for each of some calls

# English, whatever locale the machine has.
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class OrganizationNames:
    """`organization`."""

    id: str
    name: str
    time_zone: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class AgentNames:
    """`agent`."""

    id: str
    name: str
    language: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class NumberNames:
    """`number`: the line that was called, or from which we call."""

    e164: str
    label: str
    brand_name: str = ""
    """The organization's name, where the line has none of its own."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Contact:
    """`contact`: whom we talk to, as far as earlier calls and the API have told."""

    is_known: bool = False
    """Whether we have talked before, or somebody told us of them."""
    name: str = ""
    status: str = ""
    """What came of the last call, such as `contacted` or `no_answer`."""
    do_not_call: bool = False
    """They asked not to be called."""
    calls: int = 0
    """Earlier calls, in both directions."""
    last_call: str = ""
    """When the newest of them was, such as `Saturday, 21 November 2026, 06:43`."""
    history: str = ""
    """The newest calls, a line each: when, in which direction, and what came of it."""

    def __str__(self) -> str:
        return self.name


@dataclasses.dataclass(frozen=True, kw_only=True)
class Moment:
    """`now`: the organization's wall clock, in words that a model understands and values that can be compared."""

    date: str
    """Such as `2026-11-21`."""
    time: str
    """Such as `06:43`."""
    weekday: str
    """Such as `Saturday`."""
    hour: int
    """0 to 23."""
    text: str
    """Such as `Saturday, 21 November 2026, 06:43`; what `{{ now }}` says."""

    @classmethod
    def at(cls, moment: dt.datetime, time_zone: str) -> Moment:
        local = moment.astimezone(zoneinfo.ZoneInfo(time_zone))
        weekday, month = _WEEKDAYS[local.weekday()], _MONTHS[local.month - 1]
        time = f"{local:%H:%M}"
        return cls(
            date=local.date().isoformat(),
            time=time,
            weekday=weekday,
            hour=local.hour,
            text=f"{weekday}, {local.day} {month} {local.year}, {time}",
        )

    def __str__(self) -> str:
        return self.text


@dataclasses.dataclass(frozen=True, kw_only=True)
class Variables:
    """The values for one call."""

    organization: OrganizationNames
    agent: AgentNames
    number: NumberNames
    now: Moment
    time_zone: str
    """Name of the organization's time zone."""
    is_business_hours: bool = True
    """Whether the organization is open now, by its `hours`."""
    caller: str = ""
    """The number that calls, as E.164; empty where it is withheld, or not known yet. Ours where we placed the call."""
    direction: str = "inbound"
    """`inbound` or `outbound`: who called whom."""
    callee: str = ""
    """Of a call that we placed: the number that was dialed, as E.164."""
    contact: Contact = Contact()
    """Whom we talk to."""
    fields: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """The contact's fields by name; one that is not there is empty."""
    variables: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """What was given along with the call by name; one that is not there is empty."""

    def by_name(self) -> dict[str, object]:
        """What templates are given. Texts from outside are data in it: on one line, and not endless."""
        given = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        contact = dataclasses.replace(
            self.contact, name=_one_line(self.contact.name), history=self.contact.history[:_MAX_HISTORY]
        )
        return {**given, "contact": contact, **{name: _Open(given[name]) for name in OPEN}}


class _Open:
    """Parts that are asked for by name. Has no attributes of its own that a template could reach."""

    __slots__ = ("_texts",)

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = texts

    def __getitem__(self, name: str) -> str:
        return _one_line(self._texts.get(name, ""))


def _one_line(text: str) -> str:
    return "".join(sign if sign.isprintable() else " " for sign in text[:MAX_TEXT])


@functools.cache
def parts() -> Mapping[str, frozenset[str]]:
    """Every variable, with the names of its parts; none for plain text, nor for those in `OPEN`."""
    return {
        name: frozenset(field.name for field in dataclasses.fields(kind))
        if dataclasses.is_dataclass(kind)
        else frozenset()
        for name, kind in typing.get_type_hints(Variables).items()
    }


_SAMPLE = Variables(
    organization=OrganizationNames(id="sample", name="Sample", time_zone="UTC"),
    agent=AgentNames(id="sample", name="Sample", language="en-US"),
    number=NumberNames(e164="+12015550100", label="Sample", brand_name="Sample"),
    now=Moment.at(dt.datetime(2026, 1, 2, 3, 4, tzinfo=dt.UTC), "UTC"),
    time_zone="UTC",
)
_KNOWN = Contact(
    is_known=True,
    name="Sample",
    status="contacted",
    do_not_call=True,
    calls=1,
    last_call="Friday, 2 January 2026, 03:04",
    history="Sample",
)
SAMPLES = (
    _SAMPLE,
    dataclasses.replace(_SAMPLE, caller="+12015550101", is_business_hours=False),
    dataclasses.replace(_SAMPLE, caller="+12015550100", direction="outbound", callee="+12015550101", contact=_KNOWN),
)
"""Values to try a template with: a withheld caller in business hours, a known one after, and a call that we placed."""
