"""A worker keeps its name over restarts."""

from __future__ import annotations

import pathlib

import pytest

from callcore import ids
from tests.unit.worker import samples
from worker import identity

pytestmark = pytest.mark.unit


def test_the_id_is_made_once(tmp_path: pathlib.Path) -> None:
    first = identity.ensure(tmp_path / "id", samples.NOW)
    assert ids.is_id(ids.WORKER, first)
    assert identity.ensure(tmp_path / "id", samples.NOW) == first
    assert identity.read(tmp_path / "id") == first


def test_two_workers_have_two_ids(tmp_path: pathlib.Path) -> None:
    assert identity.ensure(tmp_path / "a", samples.NOW) != identity.ensure(tmp_path / "b", samples.NOW)


@pytest.mark.parametrize("left", ["", "\n", "wrk_01k8"])
def test_what_a_crash_left_of_an_id_is_made_anew(left: str, tmp_path: pathlib.Path) -> None:
    (tmp_path / "id").write_text(left)
    made = identity.ensure(tmp_path / "id", samples.NOW)
    assert ids.is_id(ids.WORKER, made)
    assert identity.read(tmp_path / "id") == made
