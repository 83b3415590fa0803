"""What differs between two catalogues: every row of every table, every column, and the order of the rows.

Left out is what depends on when the texts were made and in which order they got ready: `texts.id`, `texts.made_at`,
`sources.judged`, and so the ids in `notices` and `drifts`; those are compared by capture. The full-text index is
compared by what it finds. What `sourcekeep quotes` finds in the texts is found anew when it is asked.
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
_DRIFTS = """SELECT d.*, t.capture_id AS of_capture, r.capture_id AS reference_capture FROM drifts d
             JOIN texts t ON t.id = d.text_id JOIN texts r ON r.id = d.reference_text_id ORDER BY d.capture_id"""
_MEMENTOS = """SELECT m.*, r.capture_id AS reference_capture FROM mementos m
               LEFT JOIN texts r ON r.id = m.reference_text_id ORDER BY m.capture_id"""
_INDEX = """SELECT t.capture_id, t.extractor FROM texts_fts JOIN texts t ON t.id = texts_fts.rowid
            WHERE texts_fts MATCH 'the' ORDER BY 1, 2"""
_BY_ROWID = ("incidents", "citations", "quarantine", "sources", "crawls", "captures", "exchanges")
_MADE_WITH_THE_TEXTS = {
    "texts": {"id", "made_at"},
    "drifts": {"text_id", "reference_text_id"},
    "mementos": {"text_id", "reference_text_id"},
    "sources": {"judged"},
}
_FOUND_WHEN_ASKED = {"quotation_checks", "quotations", "copies", "signatures"}


def tables_of(path: Path) -> dict[str, list[dict[str, Any]]]:
    """Return what a catalogue holds, by table, without what is left out."""
    with closing(sqlite3.connect(path)) as connection:
        connection.row_factory = sqlite3.Row
        found = {name: _rows(connection, f"SELECT rowid, * FROM {name} ORDER BY rowid") for name in _BY_ROWID}
        # Statements of a catching-up may come before those of the crawls that they tell of.
        found["ledger"] = _rows(connection, "SELECT * FROM ledger ORDER BY record_id")
        found["recurrence_checks"] = _rows(connection, "SELECT * FROM recurrence_checks ORDER BY site")
        found["texts"] = _rows(connection, _TEXTS)
        found["drifts"] = _rows(connection, _DRIFTS)
        found["mementos"] = _rows(connection, _MEMENTOS)
        found["probe_findings"] = _rows(connection, "SELECT * FROM probe_findings ORDER BY capture_id")
        found["pins"] = _rows(connection, "SELECT * FROM pins ORDER BY source_id")
        for table, columns in _MADE_WITH_THE_TEXTS.items():
            found[table] = [{key: row[key] for key in row if key not in columns} for row in found[table]]
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
