"""Where the archive's own statements lie, and what of the other tables no statement says yet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from archive.catalogue.places import place_columns
from archive.storable import storable
from archive.words import StatementKind

if TYPE_CHECKING:
    import sqlite3

    from archive.records import Statement

# A row and its statement have the same time.
_STATED = "EXISTS (SELECT 1 FROM ledger l WHERE l.kind = '{kind}' AND l.subject = {subject} AND l.stated_at = {at})"
_INCIDENT = _STATED.format(kind=StatementKind.INCIDENT, subject="i.id", at="i.changed_at")
_QUARANTINED = _STATED.format(kind=StatementKind.QUARANTINED, subject="q.file || ':' || q.line", at="q.seen_at")
_STARTED = _STATED.format(kind=StatementKind.CRAWL_STARTED, subject="CAST(c.id AS TEXT)", at="c.started_at")
_FINISHED = _STATED.format(kind=StatementKind.CRAWL_FINISHED, subject="CAST(c.id AS TEXT)", at="c.finished_at")


class Ledger:
    """The table `ledger`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection

    def put(self, statement: Statement) -> None:
        """Insert a statement whose record is on disk."""
        self._db.execute(
            """INSERT INTO ledger (kind, subject, stated_at, record_id, warc_file, warc_offset, warc_length)
               VALUES (?, ?, ?, ?, ?, ?, ?)""",
            (statement.kind, storable(statement.subject), statement.stated_at, *place_columns(statement.place)),
        )

    def has(self, record_id: str) -> bool:
        """Tell whether a statement has its row."""
        return self._db.execute("SELECT 1 FROM ledger WHERE record_id = ?", (record_id,)).fetchone() is not None

    def files(self) -> set[str]:
        """Return the names of the WARC files that hold a statement which has its row."""
        return {row["warc_file"] for row in self._db.execute("SELECT DISTINCT warc_file FROM ledger")}

    def last_import(self) -> int:
        """Return the number of the last import, 0 before the first."""
        row = self._db.execute(
            "SELECT COALESCE(MAX(CAST(subject AS INTEGER)), 0) AS n FROM ledger WHERE kind = ?",
            (StatementKind.IMPORT,),
        ).fetchone()
        return int(row["n"])

    def unstated_incidents(self) -> list[tuple[str, str, str]]:
        """Return (id, imported_at, changed_at) of the incidents that no statement says as they stand."""
        rows = self._db.execute(
            f"SELECT id, imported_at, changed_at FROM incidents i WHERE NOT {_INCIDENT} ORDER BY i.rowid"
        )
        return [(row["id"], row["imported_at"], row["changed_at"]) for row in rows]

    def unstated_quarantine(self) -> list[dict[str, Any]]:
        """Return the rows of quarantined pieces of which there is no statement."""
        rows = self._db.execute(
            f"SELECT file, line, reason, raw, seen_at FROM quarantine q WHERE NOT {_QUARANTINED} ORDER BY id"
        )
        return [dict(row) for row in rows]

    def unstated_crawls(self) -> list[dict[str, Any]]:
        """Return the rows of crawls of whose start, or whose end, there is no statement."""
        rows = self._db.execute(
            f"""SELECT * FROM crawls c WHERE NOT {_STARTED} OR (finished_at IS NOT NULL AND NOT {_FINISHED})
                ORDER BY id"""
        )
        return [dict(row) for row in rows]
