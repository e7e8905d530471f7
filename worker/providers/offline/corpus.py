"""What callers may say, as text to build a language model from."""

from __future__ import annotations

import dataclasses
import functools
import pathlib
import re
from collections.abc import Iterable, Mapping

_HERE = pathlib.Path(__file__).parent
_SHORT_SECTION = "[short]"
_NOT_WORDS = re.compile(r"[^A-Za-z']+")
_FIRST_PERSON = {"i": "I", "i'm": "I'm", "i'd": "I'd", "i'll": "I'll", "i've": "I've"}

SHORT_WEIGHT = 8
"""How often one-word answers count. Once, they lose against longer phrases: "yes" is heard as "that"."""

Line = tuple[str, ...]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Corpus:
    """Phrases as lower-case words, each as often as it counts, and how names among the words are written."""

    lines: tuple[Line, ...]
    capitals: Mapping[str, str]

    def written(self, text: str) -> str:
        """Recognised words with the capitals of names."""
        return " ".join(self.capitals.get(word, word) for word in text.split())


def of_agent(phrases: Iterable[str]) -> Corpus:
    """What callers say to any agent, and to this one."""
    common = base()
    own = dict.fromkeys(line for phrase in phrases if (line := split(phrase)))
    known = set(common.lines)
    return Corpus(lines=(*common.lines, *(line for line in own if line not in known)), capitals=common.capitals)


@functools.cache
def base() -> Corpus:
    """What callers say to almost any agent."""
    lines: list[Line] = []
    capitals = dict(_FIRST_PERSON)
    weight = 1
    for written in (_HERE / "base_phrases.txt").read_text(encoding="utf-8").splitlines():
        if written.startswith("#"):
            weight = SHORT_WEIGHT if _SHORT_SECTION in written else 1
            continue
        lines += [split(written)] * weight
        capitals |= {word.lower(): word for word in written.split() if word != word.lower()}
    return Corpus(lines=tuple(line for line in lines if line), capitals=capitals)


@functools.cache
def common_words() -> frozenset[str]:
    """Some 4000 words of everyday speech, heard instead of an expected word when somebody says something else."""
    text = (_HERE / "common_words.txt").read_text(encoding="utf-8")
    return frozenset(word for line in text.splitlines() if not line.startswith("#") for word in line.split())


def split(text: str) -> Line:
    """Lower-case words; apostrophes kept, everything else taken for a space."""
    found = _NOT_WORDS.sub(" ", text.replace("’", "'")).lower().split()
    return tuple(word for word in found if word.strip("'"))
