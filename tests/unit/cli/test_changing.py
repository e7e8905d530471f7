"""`trunkline plan` and `apply`, as far as they need no LiveKit."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from callcore import errors
from cli import changes_screen, changing
from sip_config import apply
from sip_config.apply import differences
from tests.unit.sip_config import samples

pytestmark = pytest.mark.unit

CREATED = differences.Change(action="create", kind="trunk", name="lab", id=None)
DELETED = differences.Change(action="delete", kind="rule", name="lab", id="SDR_1")


def planned(*changes: differences.Change, conflicts: tuple[str, ...] = ()) -> apply.Plan:
    return apply.Plan(changes=changes, foreign=(), conflicts=conflicts)


@pytest.mark.parametrize(
    ("plan", "last"),
    [
        (planned(CREATED, DELETED), "1 to create, 1 to delete."),
        (planned(), "Nothing to change: LiveKit is as configured."),
        (planned(conflicts=("the rule SDR_2 takes every call",)), "in the way: the rule SDR_2 takes every call"),
    ],
)
def test_last_line_of_a_plan(plan: apply.Plan, last: str, capsys: pytest.CaptureFixture[str]) -> None:
    changes_screen.show(plan, as_json=False)
    assert capsys.readouterr().out.splitlines()[-1] == last


def test_what_was_applied(capsys: pytest.CaptureFixture[str]) -> None:
    changes_screen.show_applied(planned(CREATED, CREATED, DELETED))
    assert capsys.readouterr().out == "Applied: 2 created, 1 deleted.\n"


def test_json_is_the_whole_plan(capsys: pytest.CaptureFixture[str]) -> None:
    changes_screen.show(planned(DELETED), as_json=True)
    deleted = {"action": "delete", "kind": "rule", "name": "lab", "id": "SDR_1", "fields": []}
    assert json.loads(capsys.readouterr().out) == {"changes": [deleted], "foreign": [], "conflicts": []}


@pytest.mark.parametrize(
    "url", ["ws://[", "http://", "127.0.0.1:7880", "ws://127.0.0.1:99999", "ws://me:hush@127.0.0.1:9", "ftp://host"]
)
def test_livekit_url_that_is_none_is_a_sentence_without_it(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    samples.write(tmp_path, {})
    monkeypatch.chdir(tmp_path)
    access = {"LIVEKIT_URL": url, "LIVEKIT_API_KEY": "k", "LIVEKIT_API_SECRET": "s" * 32}
    for name, value in {**samples.ENVIRONMENT, **access}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(errors.ConfigurationInvalid) as caught:
        changing.plan(str(tmp_path), as_json=True)
    assert caught.value.problems == ("LIVEKIT_URL must be an address such as ws://127.0.0.1:7880.",)
