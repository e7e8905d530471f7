"""YAML that is made to keep the parser busy: as much of it as a file may have, in bounded time."""

from __future__ import annotations

import time

import pytest

from sip_config.reading import documents

pytestmark = pytest.mark.integration

MOST_S = 3.0
MOST = 990_000  # characters
LINE = 59_000  # as long as one may be, nearly


@pytest.mark.parametrize(
    "text",
    [
        "[" * MOST,
        "{a: " * (MOST // 4),
        "- " * (MOST // 2),
        "? " * (MOST // 2),
        "&a " * (MOST // 3),
        "a: &a [x]\n" + "".join(f"b{n}: &b{n} [*a, *a]\n" for n in range(30_000)),
        "".join(f'a{n}: "' + "\\x41" * (LINE // 4) + '"\n' for n in range(MOST // LINE)),
        "".join(f"a{n}: !" + "b" * LINE + " x\n" for n in range(MOST // LINE)),
        "".join(f"a{n}: !" + "%41" * (LINE // 3) + " x\n" for n in range(MOST // LINE)),
        "".join(f"a{n}: |" + " " * LINE + "\n  x\n" for n in range(MOST // LINE)),
        "".join(f"a{n}: | #" + "x" * LINE + "\n  x\n" for n in range(MOST // LINE)),
        "!" * MOST,
        "a: |" + " " * MOST,
        "a: '" + "- " * 190_000,
        "a: '" + "x\u2028" * (MOST // 2),
    ],
    ids=lambda text: repr(text[:12]),
)
def test_hostile_text_is_answered_in_bounded_time(text: str) -> None:
    before = time.process_time()
    documents.read(text, "a.yaml")
    assert time.process_time() - before < MOST_S
