"""Words are said as they are to be pronounced, whole ones only, however the text is cut on its way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence

import hypothesis
import pytest
from hypothesis import strategies

from worker.jobs.speech import pronouncing

pytestmark = pytest.mark.unit

ACCENT = "\u0301"
WORDS = {"Acme": "Ak mee", "New York": "NY", "New York City": "the city", "C++": "C plus plus", "Straße": "Strasse"}


async def pieces(texts: Sequence[str]) -> AsyncIterator[str]:
    for text in texts:
        yield text


async def streamed(words: Mapping[str, str], texts: Sequence[str]) -> list[str]:
    return [piece async for piece in pronouncing.Pronouncer(words).stream(pieces(texts))]


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("Acme", "Ak mee"),
        ("Acme's plumbers, (Acme).", "Ak mee's plumbers, (Ak mee)."),
        ("acme ACME Acmes xAcme Acme2 Acme_", "acme ACME Acmes xAcme Acme2 Acme_"),
        ("New York, New York City, New Yorkers", "NY, the city, New Yorkers"),
        ("C++ and C+++", "C plus plus and C plus plus+"),
        ("Straße Straßen Acmé Acme" + ACCENT, "Strasse Straßen Acmé Acme" + ACCENT),
        ("", ""),
    ],
)
async def test_whole_words_are_replaced_the_longest_first(written: str, said: str) -> None:
    assert pronouncing.Pronouncer(WORDS).apply(written) == said
    assert "".join(await streamed(WORDS, list(written))) == said


def test_what_is_put_in_is_not_replaced_again() -> None:
    assert pronouncing.Pronouncer({"a": "b", "b": "a"}).apply("a b") == "b a"


def test_without_pronunciations_a_text_stays_as_it_is() -> None:
    assert pronouncing.Pronouncer({}).apply("Acme") == "Acme"
    assert pronouncing.Pronouncer({"": "nothing"}).apply("Acme") == "Acme"


async def test_only_what_may_become_such_a_word_is_held_back() -> None:
    assert await streamed(WORDS, ["We are in ", "Newark", " and New", " York ", "too"]) == [
        "We are in ",
        "Newark",
        " and ",
        "NY too",
    ]


async def test_a_word_at_the_end_is_said_when_the_text_is_over() -> None:
    assert await streamed(WORDS, ["This is Ac", "me"]) == ["This is ", "Ak mee"]


letters = strategies.text(alphabet=f"ab .é{ACCENT}", max_size=5)


@hypothesis.settings(max_examples=150, deadline=None)
@hypothesis.given(
    strategies.dictionaries(letters.filter(bool), strategies.text(alphabet="abX ", max_size=4), max_size=5),
    strategies.lists(letters, max_size=8),
)
def test_how_the_text_is_cut_changes_nothing(words: dict[str, str], texts: list[str]) -> None:
    said = asyncio.run(streamed(words, texts))
    assert "".join(said) == pronouncing.Pronouncer(words).apply("".join(texts))
    assert all(said)
