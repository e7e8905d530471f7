"""CSV files as spreadsheets write them (RFC 4180): in UTF-8, with commas, semicolons or tabs between the cells."""

from __future__ import annotations

import csv
import pathlib
from collections.abc import Iterator

from callcore import errors

_DELIMITERS = ",;\t"  # the first one that the first line has most of
_MAX_CELL = 100_000  # characters; dispatch tells what is too long, and a file that is no CSV ends here


def rows(file: pathlib.Path) -> Iterator[tuple[int, list[str]]]:
    """Every row that is not empty: its last line in the file, from 1, and its cells without white space around.

    Raises:
        BadInput: the file cannot be read, or is not such a file; says where.
    """
    csv.field_size_limit(_MAX_CELL)
    try:
        with file.open(encoding="utf-8-sig", newline="") as opened:
            delimiter = max(_DELIMITERS, key=opened.readline().count)
            opened.seek(0)
            reader = csv.reader(opened, delimiter=delimiter, strict=True)
            try:
                for cells in reader:
                    if any(cell.strip() for cell in cells):
                        yield reader.line_num, [cell.replace("\r\n", "\n").strip() for cell in cells]
            except csv.Error as error:
                raise errors.BadInput(f"{file} is no CSV file: line {reader.line_num}: {error}") from None
    except UnicodeDecodeError:
        raise errors.BadInput(f"{file} is not in UTF-8: save it as such") from None
    except OSError as error:
        raise errors.BadInput(f"{file} cannot be read: {error.strerror}") from None
