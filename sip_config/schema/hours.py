"""`hours:` in `organization.yaml`: when the business is open, by the organization's own clock."""

from __future__ import annotations

import datetime as dt
import functools
import re
from typing import Annotated, Self

import pydantic

from sip_config import problems, values
from sip_config.schema import shapes

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
"""In the order of `datetime.date.weekday`."""

_WINDOW = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-(?:([01]\d|2[0-3]):([0-5]\d)|(24):(00))", re.ASCII)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_KEYS = "^(holidays|closed|open|{day}( *[-,] *{day})*)$".format(day=f"({'|'.join(WEEKDAYS)})")
_LONGEST_KEY = 60  # all seven days by name take 33
_MOST_DATES = 1000  # decades of closing days


@functools.lru_cache(maxsize=256)
def weekdays(key: str) -> tuple[int, ...]:
    """The days that a key such as `mon-fri`, `fri-mon` or `mon,wed` names, Monday being 0.

    Raises:
        PydanticCustomError: it names none, or one twice.
    """
    found: list[int] = []
    for part in key.split(","):
        first, dash, last = (word.strip() for word in part.partition("-"))
        if first not in WEEKDAYS or (dash and last not in WEEKDAYS):
            word = last if first in WEEKDAYS else first
            known = [*WEEKDAYS, "holidays", "closed", "open"]
            raise values.wrong(
                f"unknown key{problems.nearest(word, known)}; days are written as `mon-fri` or `mon,wed`"
            )
        begin, end = WEEKDAYS.index(first), WEEKDAYS.index(last if dash else first)
        found += [(begin + offset) % 7 for offset in range((end - begin) % 7 + 1)]
    if len(set(found)) < len(found):
        raise values.wrong("names a day twice")
    return tuple(found)


@functools.lru_cache(maxsize=1024)
def hour_minutes(window: str) -> tuple[int, int]:
    """Where a window begins and ends, in minutes from midnight; over 1440 where it ends on the next day."""
    match = _WINDOW.fullmatch(window)
    if match is None:
        raise ValueError(window)
    begin = int(match[1]) * 60 + int(match[2])
    end = int(match[3] or match[5]) * 60 + int(match[4] or match[6])
    return begin, end if end > begin else end + 1440


def _days(key: str) -> str:
    if len(key) > _LONGEST_KEY:
        raise values.wrong("unknown key")
    weekdays(key)
    return key


def _window(value: str) -> str:
    text = value.replace(" ", "")
    if _WINDOW.fullmatch(text) is None:
        raise values.wrong("write a time of day from and to, such as `09:00-17:30`, `22:00-06:00` or `00:00-24:00`")
    if text[:5] == text[6:]:
        raise values.wrong("begins and ends at the same time; the whole day is `00:00-24:00`")
    return text


def _date(value: object) -> object:
    if isinstance(value, str) and _DATE.fullmatch(value):
        try:
            return dt.date.fromisoformat(value)
        except ValueError:
            pass
    elif type(value) is dt.date:
        return value
    raise values.wrong("write a date as `2026-12-24`")


Days = Annotated[str, pydantic.AfterValidator(_days)]
"""One weekday, several (`mon,wed`), or a range of them (`mon-fri`)."""

Window = Annotated[str, pydantic.AfterValidator(_window), pydantic.Field(examples=["09:00-17:00"])]
"""From when to when the business is open; one over midnight belongs to the day on which it begins."""

Windows = Annotated[tuple[Window, ...], pydantic.Field(max_length=20)]
"""Windows of one day; empty for a closed one."""

Date = Annotated[dt.date, pydantic.BeforeValidator(_date, json_schema_input_type=str)]
"""A date such as `2026-12-24`."""


class Holidays(shapes.Shape):
    """Which public holidays close the business."""

    country: values.Country
    """Two letters of ISO 3166, such as `US`."""
    subdivision: values.Text | None = None
    """State or province by ISO 3166-2 without the country, such as `NY`, where its holidays differ."""

    @pydantic.model_validator(mode="after")
    def _known(self) -> Self:
        import holidays  # loads slowly, and most configurations do without

        known = holidays.list_supported_countries()
        if self.country not in known:
            raise values.wrong("no holidays are known of this country")
        if self.subdivision is not None and self.subdivision not in known[self.country]:
            near = problems.nearest(self.subdivision, known[self.country])
            raise values.wrong(f"no holidays are known of this subdivision{near}")
        return self


class Hours(shapes.Shape):
    """When the business is open: weekdays such as `mon-fri` or `mon,wed` with their windows, and the exceptions."""

    model_config = pydantic.ConfigDict(extra="allow", json_schema_extra={"propertyNames": {"pattern": _KEYS}})
    __pydantic_extra__: dict[Days, Windows] = pydantic.Field(init=False)

    holidays: Holidays | None = None
    """Public holidays, on which the business is closed."""
    closed: Annotated[tuple[Date, ...], pydantic.Field(max_length=_MOST_DATES)] = ()
    """Further days on which it is closed."""
    open: Annotated[dict[Date, Windows], pydantic.Field(max_length=_MOST_DATES)] = pydantic.Field(default_factory=dict)
    """Windows of single days; they count instead of the week, holidays and closed days."""

    @property
    def week(self) -> dict[str, tuple[str, ...]]:
        """Windows by the key that names their days."""
        return self.__pydantic_extra__

    @pydantic.model_validator(mode="after")
    def _each_day_once(self) -> Self:
        named = [day for key in self.__pydantic_extra__ for day in weekdays(key)]
        twice = sorted({day for day in named if named.count(day) > 1})
        if twice:
            raise values.wrong(f"`{WEEKDAYS[twice[0]]}` is named by two keys")
        if not named:
            raise values.wrong("name the weekdays that are open, such as `mon-fri`")
        return self
