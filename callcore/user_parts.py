"""What a switch makes of the user part of a SIP URI: it unescapes, passes over what is no digit, dials as it goes."""

from __future__ import annotations

import re
import unicodedata
import urllib.parse

LONGEST_EXTENSION = 7  # digits; more of them mean a number of some network
SERVICE_CODES = ("*", "#")  # what a user part begins with that first switches something, such as `*67` or `#31#`

_MOST_ESCAPES = 4
_INVISIBLE = ("Cf", "Pd", "Cc")  # Unicode categories: formatting, dashes, control signs
_SEPARATORS = re.compile(r"[\s().\-/_]")
_DIALED_FIRST = re.compile(r"\A(\+?\d+)[,;*#pwx].*", re.ASCII | re.IGNORECASE)  # what follows is pressed once answered
_NO_DIGITS = re.compile(r"\D", re.ASCII)
_LETTER = re.compile(r"[^\W\d_]")
_RUNS = re.compile(r"\d+", re.ASCII)
_PARTS = re.compile(r"[^\W_]+")
_DIGITS = re.compile(r"\+?\d+", re.ASCII)


def plain(text: str) -> str:
    """A user part without escapes and separators, in ASCII digits."""
    for _ in range(_MOST_ESCAPES):
        text = urllib.parse.unquote(text)
    text = unicodedata.normalize("NFKC", text)
    text = "".join(_digit(char) for char in text if unicodedata.category(char) not in _INVISIBLE)
    return _SEPARATORS.sub("", text)


def dialed_first(user: str) -> str:
    """What is dialed of a plain user part before anything is pressed."""
    return _DIALED_FIRST.sub(r"\1", user)


def is_digits(text: str) -> bool:
    """Whether it is made of digits alone, after a plus sign or without."""
    return _DIGITS.fullmatch(text) is not None


def digits(user: str) -> str:
    """All digits of a plain user part."""
    return _NO_DIGITS.sub("", user)


def is_name(user: str) -> bool:
    """Whether a plain user part is a name: there are letters in it, and not only behind what is dialed first."""
    is_dialed = user.startswith(SERVICE_CODES) or dialed_first(user) != user
    return _LETTER.search(user) is not None and not is_dialed


def is_too_long(user: str) -> bool:
    """Whether a switch may dial more digits of a plain user part than an extension has.

    A name with digits here and there, such as a UUID, is a name; one number with letters around it may be dialed by a
    switch that looks for numbers anywhere.
    """
    if any(len(part) > LONGEST_EXTENSION for part in _PARTS.findall(user) if part.isdecimal()):
        return True
    is_dialed = not is_name(user) or len(_RUNS.findall(user)) == 1
    return is_dialed and len(digits(user)) > LONGEST_EXTENSION


def _digit(char: str) -> str:
    digit = unicodedata.digit(char, None)
    return char if digit is None else str(digit)
