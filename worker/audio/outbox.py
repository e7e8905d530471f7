"""The folder where recordings wait for dispatch: for each a WAV file, and a label once it is worth keeping."""

from __future__ import annotations

import dataclasses
import datetime as dt
import logging
import pathlib
import secrets

import pydantic

from callcore import contract, errors
from worker.audio import waves

_log = logging.getLogger(__name__)

_MAX_BYTES = 512 * 1024 * 1024  # of all that waits: over four hours of messages
_SOUND, _LABEL, _FRESH_LABEL = ".wav", ".json", ".label"


class OutboxFull(errors.Unavailable):
    """Too many recordings wait because dispatch has been out for too long."""

    public_code = "outbox_full"


class Origin(contract.Message):
    """What is known of a recording while it is made."""

    kind: contract.AudioKind
    room_name: str
    recorded_at: contract.Moment


@dataclasses.dataclass(frozen=True, kw_only=True)
class Parcel:
    """A recording that can be sent."""

    path: pathlib.Path
    kind: contract.AudioKind
    label: contract.AudioLabel


class Recording:
    """One that is being made. A job that is killed leaves what it has, if it was worth keeping by then."""

    def __init__(self, path: pathlib.Path, origin: Origin) -> None:
        self._path = path
        self._origin = origin
        self._wave = waves.WaveWriter(path)
        self._is_worth_keeping = False

    def write(self, pcm: bytes) -> None:
        """Add 16-bit mono samples at `waves.RATE`. Raises OSError."""
        self._wave.write(pcm)

    def keep(self) -> None:
        """It is worth sending. Raises OSError."""
        fresh = self._path.with_suffix(_FRESH_LABEL)
        fresh.write_text(self._origin.model_dump_json())
        fresh.chmod(0o600)
        fresh.replace(self._path.with_suffix(_LABEL))
        self._is_worth_keeping = True

    def close(self, keep_s: float) -> None:
        """It is over: at most so many seconds of it are sent, or nothing if it is not worth it. Raises OSError."""
        if self._is_worth_keeping:
            self._wave.close(keep_s)
        else:
            self._wave.discard()


class Outbox:
    """The folder. Jobs put recordings in, the worker's main process takes them out."""

    def __init__(self, folder: pathlib.Path) -> None:
        self._folder = folder

    def begin(self, kind: contract.AudioKind, room_name: str, recorded_at: dt.datetime) -> Recording:
        """A new recording.

        Raises:
            OutboxFull, OSError: there is no room for it.
        """
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if sum(map(_size, self._folder.iterdir())) > _MAX_BYTES:
            raise OutboxFull
        name = f"{kind.value}-{secrets.token_hex(8)}{_SOUND}"
        return Recording(self._folder / name, Origin(kind=kind, room_name=room_name, recorded_at=recorded_at))

    def tidy(self) -> None:
        """Remove what the jobs of an earlier run left half made. Only for when no job is there yet."""
        for suffix in (waves.FRESH, _FRESH_LABEL):
            for path in self._folder.glob(f"*{suffix}"):
                path.unlink(missing_ok=True)

    def paths(self) -> list[pathlib.Path]:
        """Every recording, also those that are being made."""
        return sorted(self._folder.glob(f"*{_SOUND}"))

    def parcel(self, path: pathlib.Path) -> Parcel | None:
        """The recording, if its job is done with it, or dead; one that was not worth keeping is removed.

        Raises:
            OSError: the disk does not give it.
        """
        try:
            duration_s = waves.mend(path)
            if duration_s is None:
                return None
            origin = Origin.model_validate_json(path.with_suffix(_LABEL).read_bytes())
        except FileNotFoundError:
            self.remove(path)
            return None
        except pydantic.ValidationError:
            _log.error("the label of a recording cannot be read; both are removed")
            self.remove(path)
            return None
        label = contract.AudioLabel(room_name=origin.room_name, duration_s=duration_s, recorded_at=origin.recorded_at)
        return Parcel(path=path, kind=origin.kind, label=label)

    def remove(self, path: pathlib.Path) -> None:
        """Take a recording off the disk."""
        path.unlink(missing_ok=True)
        path.with_suffix(_LABEL).unlink(missing_ok=True)


def _size(path: pathlib.Path) -> int:
    """In bytes; none of a file that was delivered or renamed since the folder was listed."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
