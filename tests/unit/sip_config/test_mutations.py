"""Whatever somebody does to a valid configuration, the answer is a configuration or a list of places."""

from __future__ import annotations

import pathlib
import re
import tempfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callcore import errors
from sip_config import loading
from tests.unit.sip_config import samples

pytestmark = pytest.mark.unit

PROBLEM = re.compile(r"[^:\n]+:[1-9]\d*:[1-9]\d* \S[^\n]*")
FILES = {
    **samples.FILES,
    "agents/front-desk.yaml": samples.FILES["agents/front-desk.yaml"] + "turns: {preset: fast}\ntools: [end_call]\n",
    "agents/offline.yaml": (
        "name: Bo\nprompt: front-desk.md\ngreeting: Hello\nstt: {provider: offline}\n"
        "llm: {provider: offline, flow: bo.flow.yaml}\ntts: {provider: offline}\n"
    ),
    "agents/bo.flow.yaml": "start: main\nstates: {main: {say: hello}}\nfallback: [sorry]\n",
}
PIECES = st.sampled_from(
    [
        *(
            "{",
            "}",
            "[",
            "]",
            ":",
            "- ",
            "\n",
            "\t",
            "'",
            '"',
            "&a ",
            "*a",
            "!!x ",
            "~",
            "null",
            "|\n",
            ">",
            "#",
            "%",
            "@",
        ),
        *(
            "{{",
            "}}",
            "{% if x %}",
            "${",
            "${HOME}",
            "$${",
            "+1",
            "-1",
            "0x10",
            "1e9",
            "\x00",
            "\u2028",
            "é",
            "  ",
            "? ",
        ),
        *("true", "[[]]", "{}", "agent: x", "trunk: x", "numbers:", "e164: '+4930123456'", "a: " + "[" * 40),
    ]
)


@st.composite
def mutated(draw: st.DrawFn) -> dict[str, str]:
    """The sample with one to three edits: something cut, inserted, doubled or moved to another file."""
    files = dict(FILES)
    for _ in range(draw(st.integers(1, 3))):
        name = draw(st.sampled_from(sorted(files)))
        text = files[name]
        start = draw(st.integers(0, len(text)))
        stop = draw(st.integers(start, min(len(text), start + 30)))
        new = draw(st.one_of(st.just(""), PIECES, st.just(text[start:stop] * 2), st.text(max_size=5)))
        files[name] = text[:start] + new + text[stop:]
    return files


@settings(max_examples=150, deadline=None, derandomize=True)
@given(mutated())
def test_no_mutation_gives_a_traceback(files: dict[str, str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            path = pathlib.Path(folder, name)
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(text.encode("utf-8", "surrogatepass"))
        found = problems(pathlib.Path(folder))
    assert [problem for problem in found if not PROBLEM.fullmatch(problem)] == []


def problems(folder: pathlib.Path) -> tuple[str, ...]:
    """What loading has to say; nothing where the configuration is still valid."""
    try:
        loading.load(folder, samples.ENVIRONMENT)
    except errors.ConfigurationInvalid as invalid:
        return invalid.problems or ("no problem told",)
    return ()
