"""The files of a configuration's folder, read with care: they may come from anybody."""

from __future__ import annotations

import dataclasses
import os
import pathlib
import re
import stat

from callcore import errors

MAX_BYTES = 1_000_000
"""A file of a configuration is written by hand; anything larger is a mistake or an attack."""

BUILT_IN_PROMPTS = pathlib.Path(__file__).resolve().parents[2] / "prompts"

_FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")


class Unreadable(errors.BadInput):
    """A file that cannot be used."""

    def __init__(self, message: str, line: int = 1) -> None:
        super().__init__(message)
        self.line = line


@dataclasses.dataclass(frozen=True, kw_only=True)
class Folder:
    """One folder. Nothing outside of it is read, whatever a name or a symbolic link says."""

    root: pathlib.Path

    def files(self, under: str = ".") -> list[str]:
        """The names of what stands directly in a folder, sorted; hidden ones left out."""
        try:
            return sorted(entry.name for entry in (self.root / under).iterdir() if not entry.name.startswith("."))
        except OSError:
            return []

    def has(self, name: str) -> bool:
        """Whether there is something under a name."""
        return (self.root / name).exists()

    def read(self, name: str) -> str:
        """The text of a file.

        Raises:
            Unreadable: missing, outside of the folder, no regular file, over 1 MB, or not UTF-8.
        """
        try:
            path = (self.root / name).resolve(strict=True)
            if not path.is_relative_to(self.root.resolve()):
                raise Unreadable("this leads out of the folder")
            content = _content(path)
        except FileNotFoundError:
            raise Unreadable("there is no such file") from None
        except (OSError, RuntimeError) as error:  # RuntimeError: symbolic links in a circle
            reason = error.strerror if isinstance(error, OSError) else "symbolic links in a circle"
            raise Unreadable(f"this cannot be read: {reason}") from None
        try:
            return content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = content.count(b"\n", 0, error.start) + 1
            raise Unreadable("this is not text in UTF-8", line=line) from None


def is_file_name(name: str) -> bool:
    """Whether a name stands for a file right there: no folders, nothing hidden."""
    return _FILE_NAME.fullmatch(name) is not None


def _content(path: pathlib.Path) -> bytes:
    # Not blocking, so that a named pipe does not wait for a writer for ever.
    with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise Unreadable("this is not a regular file")
        content = file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise Unreadable(f"this is over {MAX_BYTES // 1_000_000} MB")
    return content
