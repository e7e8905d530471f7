"""Every failure of a command is one sentence and an exit code; never a traceback."""

from __future__ import annotations

import pytest
from aiohttp import test_utils, web
from rich import console

from cli import screen
from tests.unit.cli import conftest, doubles

pytestmark = pytest.mark.unit

EX_CONFIG = 78
COMMANDS = (("list",), ("show", doubles.ENDED), ("tail",), ("tail", doubles.ENDED))


@pytest.mark.parametrize("words", COMMANDS)
async def test_no_key(words: tuple[str, ...], trunkline: conftest.Trunkline) -> None:
    failed = await trunkline("calls", *words, TRUNKLINE_API_KEY="")
    assert failed.exit_code == EX_CONFIG
    assert failed.stderr == "TRUNKLINE_API_KEY is not set; `trunkline keys create --scope …` makes a key\n"
    assert failed.stdout == ""


@pytest.mark.parametrize("words", COMMANDS)
async def test_dispatch_is_down(
    words: tuple[str, ...],
    server: test_utils.TestServer,
    environment: dict[str, str],
    trunkline: conftest.Trunkline,
) -> None:
    await server.close()
    failed = await trunkline("calls", *words)
    assert failed.exit_code == 1
    assert failed.stderr == f"dispatch does not answer at {environment['TRUNKLINE_DISPATCH_URL']}\n"


async def test_a_key_that_dispatch_does_not_know(environment: dict[str, str], trunkline: conftest.Trunkline) -> None:
    failed = await trunkline("calls", "list", TRUNKLINE_API_KEY="tl_other_key")
    told = f"dispatch at {environment['TRUNKLINE_DISPATCH_URL']} does not take this TRUNKLINE_API_KEY\n"
    assert (failed.exit_code, failed.stderr) == (1, told)


def test_what_nobody_reads_any_more_fails_as_any_other_write(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(screen, "_out", screen._Console())  # it keeps what it could not write
    monkeypatch.setattr(console.Console, "_write_buffer", lambda out: out.on_broken_pipe())
    with pytest.raises(BrokenPipeError):  # and no SystemExit, which would be lost in a task
        screen.print_line("a line")


@pytest.mark.parametrize("call_id", ["call_none", "../../healthz", "a/b?c#d", "ünknown"])
async def test_there_is_no_such_call(call_id: str, trunkline: conftest.Trunkline) -> None:
    failed = await trunkline("calls", "show", call_id)
    assert (failed.exit_code, failed.stderr) == (1, "There is no such call.\n")


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("nonsense", "nonsense is not a URL such as http://127.0.0.1:8080\n"),
        ("127.0.0.1:8080", "127.0.0.1:8080 is not a URL such as http://127.0.0.1:8080\n"),
        ("ftp://127.0.0.1", "ftp://127.0.0.1 is not a URL such as http://127.0.0.1:8080\n"),
        ("http://127.0.0.1:99999", "http://127.0.0.1:99999 is not a URL such as http://127.0.0.1:8080\n"),
    ],
)
async def test_a_url_that_is_none(url: str, says: str, trunkline: conftest.Trunkline) -> None:
    failed = await trunkline("calls", "list", "--url", url)
    assert (failed.exit_code, failed.stderr) == (EX_CONFIG, says)


@pytest.mark.parametrize("body", ["OK", "", "{", "[]", "\x00"])
async def test_something_else_answers(
    body: str, dispatch: doubles.Dispatch, environment: dict[str, str], trunkline: conftest.Trunkline
) -> None:
    dispatch.answers_instead = web.Response(text=body)
    failed = await trunkline("calls", "list")
    url = environment["TRUNKLINE_DISPATCH_URL"]
    assert (failed.exit_code, failed.stderr) == (1, f"what answers at {url} does not speak like dispatch\n")


async def test_an_error_without_a_problem_is_told_by_its_reason(
    dispatch: doubles.Dispatch, trunkline: conftest.Trunkline
) -> None:
    dispatch.answers_instead = web.Response(status=502, text="<html>bad gateway</html>")
    failed = await trunkline("calls", "list")
    assert (failed.exit_code, failed.stderr) == (1, "dispatch answered 502 Bad Gateway\n")


@pytest.mark.parametrize("words", [["--limit", "0"], ["--limit", "201"], ["--stat", "x"], ["extra"]])
async def test_wrong_arguments_are_refused(words: list[str], trunkline: conftest.Trunkline) -> None:
    failed = await trunkline("calls", "list", *words)
    assert failed.exit_code == 2
    assert "Traceback" not in failed.output
