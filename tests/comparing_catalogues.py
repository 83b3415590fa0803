"""What differs between two catalogues: every row of every table, every column, and the order of the rows.

Left out is what depends on when the texts were made and in which order they got ready: `texts.id`, `texts.made_at`,
and so the ids in `notices`; those are compared by capture. The full-text index is compared by what it finds. What
`sourcekeep quotes` finds in the texts is found anew when it is asked.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

_TEXTS = "SELECT * FROM texts ORDER BY capture_id, extractor"
_NOTICES = """SELECT t.capture_id, t.extractor, n.kind, n.rule, n.text, n.position FROM notices n
              JOIN texts t ON t.id = n.text_id ORDER BY t.capture_id, t.extractor, n.id"""
_INDEX = """SELECT t.capture_id, t.extractor FROM texts_fts JOIN texts t ON t.id = texts_fts.rowid
            WHERE texts_fts MATCH 'the' ORDER BY 1, 2"""
_BY_ROWID = ("incidents", "citations", "quarantine", "sources", "crawls", "captures", "exchanges")
_MADE_WITH_THE_TEXTS = {"id", "made_at"}
_FOUND_WHEN_ASKED = {"quotation_checks", "quotations", "copies", "signatures"}


def tables_of(path: Path) -> dict[str, list[dict[str, Any]]]:
    """Return what a catalogue holds, by table, without what is left out."""
    with closing(sqlite3.connect(path)) as connection:
        connection.row_factory = sqlite3.Row
        found = {name: _rows(connection, f"SELECT rowid, * FROM {name} ORDER BY rowid") for name in _BY_ROWID}
        # Statements of a catching-up may come before those of the crawls that they tell of.
        found["ledger"] = _rows(connection, "SELECT * FROM ledger ORDER BY record_id")
        found["recurrence_checks"] = _rows(connection, "SELECT * FROM recurrence_checks ORDER BY site")
        texts = _rows(connection, _TEXTS)
        found["texts"] = [{key: row[key] for key in row if key not in _MADE_WITH_THE_TEXTS} for row in texts]
        found["notices"] = _rows(connection, _NOTICES)
        found["index"] = _rows(connection, _INDEX)
        names = [row["name"] for row in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
    unknown = (
        {name for name in names if not name.startswith(("texts_fts", "_", "sqlite_"))}
        - found.keys()
        - _FOUND_WHEN_ASKED
    )
    assert not unknown, f"tables that nothing here compares: {unknown}"
    return found


def differences(one: dict[str, list[dict[str, Any]]], other: dict[str, list[dict[str, Any]]]) -> list[str]:
    """Return in words where two catalogues differ, the first few of each table."""
    found = []
    for table, rows in one.items():
        if len(rows) != len(other[table]):
            found.append(f"{table}: {len(rows)} rows and {len(other[table])}")
        pairs = zip(rows, other[table], strict=False)
        wrong = [
            f"{table}, row {number}, {key}: {a[key]!r} and {b[key]!r}"
            for number, (a, b) in enumerate(pairs, 1)
            for key in a
            if a[key] != b[key]
        ]
        found += wrong[:5]
    return found


def _rows(connection: sqlite3.Connection, sql: str) -> list[dict[str, Any]]:
    return [dict(row) for row in connection.execute(sql)]
