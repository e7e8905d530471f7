"""Recordings wait on disk: whole ones, and what a killed job left of one that was worth keeping."""

from __future__ import annotations

import logging
import pathlib

import pytest

from callcore import contract
from tests.unit.worker import samples
from worker.audio import outbox, waves

pytestmark = pytest.mark.unit

ROOM = "call_+12015550100_x7"
SECOND = bytes(waves.BYTES_PER_S)
VOICEMAIL = contract.AudioKind.VOICEMAIL


@pytest.fixture
def folder(tmp_path: pathlib.Path) -> pathlib.Path:
    return tmp_path / "audio"


@pytest.fixture
def box(folder: pathlib.Path) -> outbox.Outbox:
    return outbox.Outbox(folder)


def waiting(box: outbox.Outbox) -> list[outbox.Parcel]:
    found = [box.parcel(path) for path in box.paths()]
    return [parcel for parcel in found if parcel is not None]


def begun(box: outbox.Outbox) -> outbox.Recording:
    recording = box.begin(VOICEMAIL, ROOM, samples.NOW)
    recording.write(SECOND * 2)
    return recording


def test_a_recording_is_ready_when_its_job_is_done_with_it(box: outbox.Outbox, folder: pathlib.Path) -> None:
    recording = begun(box)
    recording.keep()
    assert waiting(box) == []
    recording.close(60.0)
    (parcel,) = waiting(box)
    assert parcel.kind is VOICEMAIL
    assert parcel.label == contract.AudioLabel(room_name=ROOM, duration_s=2.0, recorded_at=samples.NOW)
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
    assert folder.stat().st_mode & 0o777 == 0o700
    box.remove(parcel.path)
    assert list(folder.iterdir()) == []


def test_one_that_is_not_worth_keeping_is_gone(box: outbox.Outbox, folder: pathlib.Path) -> None:
    begun(box).close(60.0)
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("is_worth_keeping", [True, False])
def test_a_killed_job_leaves_a_usable_file_or_none(
    box: outbox.Outbox, folder: pathlib.Path, is_worth_keeping: bool
) -> None:
    recording = begun(box)
    if is_worth_keeping:
        recording.keep()
    recording._wave._file.close()  # as the kernel does
    assert [parcel.label.duration_s for parcel in waiting(box)] == ([2.0] if is_worth_keeping else [])
    assert len(list(folder.iterdir())) == (2 if is_worth_keeping else 0)


def test_a_label_that_cannot_be_read_goes_with_its_sound(
    box: outbox.Outbox, folder: pathlib.Path, caplog: pytest.LogCaptureFixture
) -> None:
    recording = begun(box)
    recording.keep()
    recording.close(60.0)
    (label,) = folder.glob("*.json")
    label.write_text("{")
    with caplog.at_level(logging.ERROR):
        assert waiting(box) == []
    assert "label" in caplog.text
    assert list(folder.iterdir()) == []


def test_there_is_an_end_to_what_may_wait(box: outbox.Outbox, monkeypatch: pytest.MonkeyPatch) -> None:
    recording = begun(box)
    recording.keep()
    recording.close(60.0)
    monkeypatch.setattr(outbox, "_MAX_BYTES", len(SECOND))
    with pytest.raises(outbox.OutboxFull):
        box.begin(VOICEMAIL, ROOM, samples.NOW)
    assert len(waiting(box)) == 1


def test_what_was_half_made_is_tidied_away_at_the_start(box: outbox.Outbox, folder: pathlib.Path) -> None:
    box.tidy()
    recording = begun(box)
    recording.keep()
    recording.close(60.0)
    (folder / "voicemail-1.new").write_bytes(b"")
    (folder / "voicemail-1.label").write_bytes(b"")
    box.tidy()
    assert sorted(path.suffix for path in folder.iterdir()) == [".json", ".wav"]


def test_a_box_that_nobody_used_is_empty(box: outbox.Outbox) -> None:
    assert box.paths() == []


def test_a_recording_that_is_delivered_meanwhile_hinders_no_other(
    box: outbox.Outbox, folder: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.mkdir()
    monkeypatch.setattr(pathlib.Path, "iterdir", lambda _: iter([folder / "voicemail-gone.wav"]))
    begun(box).close(60.0)
