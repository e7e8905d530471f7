"""Pronunciations: words are replaced by how they are said, on their way into the voice; the transcript keeps them."""

from __future__ import annotations

import re
from collections.abc import AsyncIterable, AsyncIterator, Mapping

_IN_WORD = r"[\w\u0300-\u036f]"  # letters, digits and the accents that follow a letter


class Pronouncer:
    """Replaces whole words and phrases, as they are written, the longest first; what it puts in is left alone."""

    def __init__(self, pronunciations: Mapping[str, str]) -> None:
        self._said = {written: said for written, said in pronunciations.items() if written}
        phrases = sorted(self._said, key=len, reverse=True)
        self._longest = len(phrases[0]) if phrases else 0
        alternatives = "|".join(map(re.escape, phrases)) or r"(?!)"
        self._phrase = re.compile(rf"(?<!{_IN_WORD})(?:{alternatives})(?!{_IN_WORD})")

    def apply(self, text: str) -> str:
        """A whole text as it is said."""
        return self._phrase.sub(lambda found: self._said[found[0]], text)

    async def stream(self, chunks: AsyncIterable[str]) -> AsyncIterator[str]:
        """A text that comes in pieces; only what may still become a word to replace is held back."""
        before, waiting = "", ""
        async for chunk in chunks:
            said, before, waiting = self._decided(before, waiting + chunk)
            if said:
                yield said
        if said := self._rest(before + waiting, len(before)):
            yield said

    def _decided(self, before: str, waiting: str) -> tuple[str, str, str]:
        """What can be said already, the last character of what was, and the rest."""
        text, position = before + waiting, len(before)
        said: list[str] = []
        while True:
            open_at = self._open_at(text, position)
            found = self._phrase.search(text, position)
            if found is None or found.start() >= open_at:
                said.append(text[position:open_at])
                return "".join(said), text[max(0, open_at - 1) : open_at], text[open_at:]
            said += text[position : found.start()], self._said[found[0]]
            position = found.end()

    def _open_at(self, text: str, position: int) -> int:
        """Where the first phrase begins that what comes next may complete, lengthen or undo; else the end."""
        for start in range(max(position, len(text) - self._longest), len(text)):
            rest = text[start:]
            if not (start and re.match(_IN_WORD, text[start - 1])) and any(
                phrase.startswith(rest) for phrase in self._said
            ):
                return start
        return len(text)

    def _rest(self, text: str, position: int) -> str:
        said: list[str] = []
        for found in self._phrase.finditer(text, position):
            said += text[position : found.start()], self._said[found[0]]
            position = found.end()
        return "".join([*said, text[position:]])
