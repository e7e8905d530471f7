"""The configuration that `trunkline init` writes."""

from __future__ import annotations

import contextlib
import os
import pathlib

from callcore import errors

FOLDER = pathlib.Path(__file__).resolve().parent / "sample"

_FLOW = "agents/front-desk.flow.yaml"
_DEMO = pathlib.Path(__file__).resolve().parent / "demo"


def files() -> dict[str, str]:
    """The text of each file, by its name in the folder."""
    names = sorted(str(path.relative_to(FOLDER)) for path in FOLDER.rglob("*") if path.suffix in (".yaml", ".md"))
    texts = {name: (FOLDER / name).read_text(encoding="utf-8") for name in names}
    return {**texts, _FLOW: (_DEMO / _FLOW).read_text(encoding="utf-8")}


def write(folder: pathlib.Path) -> list[str]:
    """Write the sample; the names of its files. All of it is written, or nothing.

    Raises:
        BadInput: some of it is there already, or cannot be written.
    """
    texts = files()
    in_the_way = [name for name in texts if os.path.lexists(folder / name)]
    if in_the_way:
        raise errors.BadInput(f"already there, and left alone: {', '.join(str(folder / name) for name in in_the_way)}")
    made: list[pathlib.Path] = []
    try:
        for name, text in texts.items():
            _make_folder((folder / name).parent, made)
            with open(folder / name, "x", encoding="utf-8") as file:
                made.append(folder / name)
                file.write(text)
    except OSError as error:
        _take_back(made)
        raise errors.BadInput(f"{folder}: {error.strerror}") from None
    except BaseException:
        _take_back(made)
        raise
    return list(texts)


def _make_folder(folder: pathlib.Path, made: list[pathlib.Path]) -> None:
    if folder.is_dir():
        return
    _make_folder(folder.parent, made)
    folder.mkdir()
    made.append(folder)


def _take_back(made: list[pathlib.Path]) -> None:
    for path in reversed(made):
        with contextlib.suppress(OSError):
            path.rmdir() if path.is_dir() else path.unlink()
