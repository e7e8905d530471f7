"""Header fields of a SIP message: ordered, case-insensitive, repeatable (RFC 3261 section 7.3)."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Iterator, Mapping

# RFC 3261 section 7.3.3 and, for x, r and b, RFC 4028, 3515 and 3892.
_COMPACT = {
    "b": "Referred-By",
    "c": "Content-Type",
    "e": "Content-Encoding",
    "f": "From",
    "i": "Call-ID",
    "k": "Supported",
    "l": "Content-Length",
    "m": "Contact",
    "o": "Event",
    "r": "Refer-To",
    "s": "Subject",
    "t": "To",
    "v": "Via",
    "x": "Session-Expires",
}
Given = Mapping[str, str] | Iterable[tuple[str, str]]
"""Headers as a user of the phone writes them; pairs where a name occurs several times."""
# Quoted strings and <addresses> may hold commas that separate nothing.
_LISTED = re.compile(r'(?:"(?:\\.|[^"\\])*"|<[^>]*>|[^,"<])+')


@dataclasses.dataclass(frozen=True)
class Headers:
    """Header fields in the order they were sent, names in their long form."""

    fields: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, *fields: tuple[str, str]) -> Headers:
        return cls(tuple((_long(name), value) for name, value in fields))

    @classmethod
    def given(cls, extra: Given | None) -> Headers:
        """The headers a user of the phone asks for; none if None."""
        pairs = extra.items() if isinstance(extra, Mapping) else extra or ()
        return cls.of(*pairs)

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self.fields)

    def __contains__(self, name: str) -> bool:
        return self.get(name) is not None

    def __add__(self, more: Headers) -> Headers:
        return Headers(self.fields + more.fields)

    def get(self, name: str) -> str | None:
        """The first field of that name."""
        return next(iter(self.every(name)), None)

    def every(self, name: str) -> list[str]:
        """All fields of that name, one entry per header line."""
        wanted = _long(name).lower()
        return [value for field, value in self.fields if field.lower() == wanted]

    def listed(self, name: str) -> list[str]:
        """All values of a header that may be repeated or comma-separated, such as Via or Route."""
        return [part.strip() for value in self.every(name) for part in _LISTED.findall(value) if part.strip()]

    def only(self, *names: str) -> Headers:
        """Just the fields of these names, in their order."""
        wanted = {_long(name).lower() for name in names}
        return Headers(tuple(field for field in self.fields if field[0].lower() in wanted))

    def without(self, *names: str) -> Headers:
        """All fields but those of these names."""
        unwanted = {_long(name).lower() for name in names}
        return Headers(tuple(field for field in self.fields if field[0].lower() not in unwanted))


def _long(name: str) -> str:
    return _COMPACT.get(name.lower(), name)
