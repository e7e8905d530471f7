"""`trunkline check`, `schema` and `init`, as somebody at a terminal meets them."""

from __future__ import annotations

import json
import os
import pathlib

import pytest
import typer.testing

from cli import main
from sip_config import editor_schemas, samples

pytestmark = pytest.mark.unit


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TRUNKLINE_CONFIG", raising=False)


def run(*words: str) -> tuple[int, str, str]:
    """A command's exit code and what it printed."""
    result = typer.testing.CliRunner().invoke(main.app, words)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.stdout, result.stderr


def break_a_name() -> None:
    path = pathlib.Path("config/numbers.yaml")
    path.write_text(path.read_text().replace("agent: front-desk  ", "agent: front-dsk  ", 1))


def test_what_init_writes_passes_check_with_an_empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    code, written, _ = run("init", "config")
    assert code == 0
    assert written.splitlines() == [os.path.join("config", name) for name in samples.files()]
    for name in list(os.environ):
        monkeypatch.delenv(name)
    assert run("check") == (0, "2 numbers, 1 trunk, 1 agent\n", "")


def test_problems_are_told_line_by_line() -> None:
    run("init", "config")
    break_a_name()
    code, told, _ = run("check", "config")
    assert code == 1
    assert told == (
        "numbers.yaml:9:5 numbers.0.agent: there is no agent `front-dsk` (did you mean `front-desk`?)\n1 problem\n"
    )


def test_json_names_every_part_of_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    run("init", "config")
    monkeypatch.setenv("TRUNKLINE_CONFIG", "config")
    assert json.loads(run("check", "--json")[1]) == {"ok": True, "problems": [], "notes": []}
    break_a_name()
    code, told, _ = run("check", "--json")
    assert code == 1
    assert json.loads(told) == {
        "ok": False,
        "problems": [
            {
                "file": "numbers.yaml",
                "line": 9,
                "column": 5,
                "path": "numbers.0.agent",
                "message": "there is no agent `front-dsk` (did you mean `front-desk`?)",
            }
        ],
        "notes": [],
    }


def test_variables_of_the_dotenv_file_count_as_they_do_for_the_processes() -> None:
    run("init", "config")
    trunk = "trunks: {lab: {inbound: {auth: {username: a, password: '${SIP_WORD}'}}, outbound: {address: a.example}}}"
    pathlib.Path("config/trunks.yaml").write_text(trunk)
    code, told, _ = run("check")
    assert code == 1
    assert "trunks.lab.inbound.auth.password: the environment has no SIP_WORD" in told
    pathlib.Path(".env").write_text("SIP_WORD=correct horse\n")
    code, told, _ = run("check")
    assert code == 0
    assert "correct horse" not in told


def test_notes_are_told_and_are_no_problems() -> None:
    run("init", "config")
    with pathlib.Path("config/agents/front-desk.yaml").open("a") as agent:
        agent.write("transfers: {sales: {label: Sales, to: '+12015550191'}}\n")
    code, told, _ = run("check")
    assert code == 0
    assert told.startswith("note: agents/front-desk.yaml:")


def test_init_leaves_alone_what_is_there() -> None:
    pathlib.Path("config").mkdir()
    pathlib.Path("config/numbers.yaml").write_text("mine")
    pathlib.Path("config/trunks.yaml").symlink_to("nowhere")
    code, _, said = run("init", "config")
    assert code == 1
    assert said == "already there, and left alone: config/numbers.yaml, config/trunks.yaml\n"
    assert sorted(os.listdir("config")) == ["numbers.yaml", "trunks.yaml"]
    assert pathlib.Path("config/numbers.yaml").read_text() == "mine"


def test_init_that_fails_half_way_takes_back_what_it_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(samples, "files", lambda: {"a/one.yaml": "1", "b/two.yaml": "2", "b/two.yaml/three": "3"})
    code, _, said = run("init", "new/config")
    assert code == 1
    assert said.startswith("new/config: ")
    assert os.listdir() == []


@pytest.mark.parametrize("kind", editor_schemas.KINDS)
def test_every_setting_in_the_schema_has_a_line_about_it(kind: str) -> None:
    code, printed, _ = run("schema", kind)
    schema = json.loads(printed)
    assert code == 0
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    for model in (schema, *schema.get("$defs", {}).values()):
        for name, field in model.get("properties", {}).items():
            kind_of = schema.get("$defs", {}).get(field.get("$ref", "").removeprefix("#/$defs/"), {})
            described = field.get("description") or kind_of.get("description")
            assert described, f"{model.get('title')}.{name}"
            assert "\n\n" not in described.strip(), f"{model.get('title')}.{name}"


def test_schemas_are_written_where_files_name_them() -> None:
    run("init", "config")
    code, _, _ = run("schema", "--dir", "config")
    assert code == 0
    for file, schema in {"numbers.yaml": "numbers", "agents/front-desk.yaml": "../agent"}.items():
        first = (pathlib.Path("config") / file).read_text().splitlines()[0]
        assert first == f"# yaml-language-server: $schema={schema}.schema.json"
        assert (pathlib.Path("config") / file).parent.joinpath(f"{schema}.schema.json").exists()
    assert run("check")[0] == 0


def test_unknown_schema_is_named_with_the_nearest() -> None:
    assert run("schema", "agnet") == (1, "", "there is no `agnet` (did you mean `agent`?)\n")
