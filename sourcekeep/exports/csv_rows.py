"""CSV as in RFC 4180: a header, lines that end with CRLF, quotes doubled; safe to open in a spreadsheet.

A spreadsheet takes a cell that begins with `=`, `+`, `-` or `@` for a formula, and the texts here are of strangers. So
such a cell gets an apostrophe in front (OWASP, CSV Injection). A cell that had apostrophes before such a character
gets one more, so that taking one away from every cell of that form gives back what it was.
"""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING, Any

from sourcekeep.exports.rows import COLUMNS
from sourcekeep.screen import as_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sourcekeep.exports.rows import Row

# With the wide forms, which spreadsheets of East Asia take for the same.
_FORMULA = re.compile("'*[=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
# RFC 4180 has no place for them within a field, and a NUL ends the file for many readers.
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


def csv_rows(rows: Iterable[Row]) -> Iterator[str]:
    """Iterate over the lines, the header first."""
    yield csv_line(COLUMNS)
    for row in rows:
        yield csv_line(row.values())


def csv_line(values: Iterable[object]) -> str:
    """Return *values* as a line, with its end."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerow([cell(value) for value in values])
    return text.getvalue()


def cell(value: Any) -> str | int | float | None:
    """Return *value* as it stands in a cell."""
    if value is None or isinstance(value, int | float):
        return value
    if isinstance(value, dict):
        return as_json(value) if value else None
    text = _CONTROLS.sub("", str(value))
    return f"'{text}" if _FORMULA.match(text) else text
