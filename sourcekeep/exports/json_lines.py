"""JSON lines: an object a citation, nothing changed and nothing left out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sourcekeep.screen import as_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sourcekeep.exports.rows import Row


def json_lines(rows: Iterable[Row]) -> Iterator[str]:
    """Iterate over the lines, each with its line feed."""
    for row in rows:
        yield as_json(row) + "\n"
