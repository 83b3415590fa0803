"""What `verify` asks: the row of a record, the rows of each file, and whether the catalogue itself is whole."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from archive.fixity.findings import Role

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator, Mapping

_PLACES = {
    Role.CAPTURE: "SELECT id, record_id, warc_file, warc_offset, warc_length FROM captures",
    Role.RESPONSE: "SELECT id, record_id, warc_file, warc_offset, warc_length FROM exchanges"
    " WHERE record_id IS NOT NULL",
    Role.REQUEST: "SELECT id, request_record_id AS record_id, request_warc_file AS warc_file,"
    " request_warc_offset AS warc_offset, request_warc_length AS warc_length FROM exchanges"
    " WHERE request_record_id IS NOT NULL",
    Role.STATEMENT: "SELECT rowid AS id, record_id, warc_file, warc_offset, warc_length FROM ledger",
    Role.DESCRIBED: "SELECT id, COALESCE(record_id, request_record_id) AS record_id,"
    " COALESCE(warc_file, request_warc_file) AS warc_file,"
    " COALESCE(warc_offset, request_warc_offset) AS warc_offset, NULL AS warc_length FROM exchanges"
    " WHERE capture_id IS NULL",
}
"""By role: the rows that name a record so, and where they say that it lies."""

_LOOSE = """
    CREATE TEMP TABLE loose AS SELECT id, crawl_id, seq, url, requested_at FROM exchanges
      WHERE capture_id IS NULL AND record_id IS NULL AND request_record_id IS NULL;
    CREATE INDEX temp.loose_by_time ON loose (requested_at, url)"""

_MOST_PROBLEMS = 100
"""How many problems of one kind SQLite is asked for."""


@dataclass(frozen=True, slots=True)
class Extent:
    """The rows that there were at one moment, and what they name."""

    last: Mapping[Role, int]
    """By role: the highest number of its table."""
    rows: int
    """Captures, exchanges and statements."""
    texts: int
    files: Mapping[str, FileRows]


@dataclass(frozen=True, slots=True)
class FileRows:
    """What the rows name in one WARC file."""

    rows: int
    end: int
    """Where the last record that a row names ends."""


@dataclass(frozen=True, slots=True)
class PlacedRow:
    """A row, and where it says that its record lies."""

    id: int
    record_id: str | None
    warc_file: str | None
    warc_offset: int | None


class Fixity:
    """Queries over all tables that name records."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection
        self._has_loose = self._has_seen = False

    def extent(self) -> Extent:
        """Return what there is at this moment; rows that come later are left out of account."""
        self._db.execute("BEGIN")
        try:
            last = {role: self._number(f"SELECT MAX(id) FROM ({sql})") for role, sql in _PLACES.items()}
            rows = sum(self._number(f"SELECT COUNT(*) FROM {table}") for table in ("captures", "exchanges", "ledger"))
            return Extent(last, rows, self._number("SELECT COUNT(*) FROM texts"), self._files())
        finally:
            self._db.rollback()

    def _number(self, sql: str) -> int:
        return int(self._db.execute(sql).fetchone()[0] or 0)

    def _files(self) -> dict[str, FileRows]:
        placed = " UNION ALL ".join(f"SELECT * FROM ({sql})" for role, sql in _PLACES.items() if role != Role.DESCRIBED)
        rows = self._db.execute(
            f"""SELECT warc_file, COUNT(*) AS rows, MAX(warc_offset + warc_length) AS end FROM ({placed})
                WHERE warc_file IS NOT NULL GROUP BY warc_file"""
        )
        return {str(row["warc_file"]): FileRows(row["rows"], int(row["end"] or 0)) for row in rows}

    def placed(self, role: Role, last: int, files: Iterable[str] | None = None) -> Iterator[PlacedRow]:
        """Iterate over the rows of *role* up to the number *last*, in the order of their numbers.

        With *files*, only over those that name a record in one of them.
        """
        for row in self._db.execute(f"SELECT * FROM ({_PLACES[role]}) WHERE id <= ? ORDER BY id", (last,)):
            if files is None or row["warc_file"] in files:
                yield PlacedRow(row["id"], row["record_id"], row["warc_file"], row["warc_offset"])

    def capture(self, record_id: str) -> sqlite3.Row | None:
        """Return the row of captures with this `metadata` record, with its source's URL and whom it revisits."""
        return self._one(
            """SELECT c.*, s.url AS source_url, r.record_id AS revisit_record_id
               FROM captures c LEFT JOIN sources s ON s.id = c.source_id LEFT JOIN captures r ON r.id = c.revisit_of
               WHERE c.record_id = ?""",
            record_id,
        )

    def exchanges_of(self, capture_id: int) -> list[sqlite3.Row]:
        """Return the rows of the exchanges of a capture, in their order."""
        rows = self._db.execute("SELECT * FROM exchanges WHERE capture_id = ? ORDER BY seq, id", (capture_id,))
        return rows.fetchall()

    def response(self, record_id: str) -> sqlite3.Row | None:
        """Return the row of the exchange with this response record."""
        return self._one("SELECT * FROM exchanges WHERE record_id = ?", record_id)

    def request(self, record_id: str) -> sqlite3.Row | None:
        """Return the row of the exchange with this request record."""
        return self._one("SELECT * FROM exchanges WHERE request_record_id = ?", record_id)

    def statement(self, record_id: str) -> sqlite3.Row | None:
        """Return the row of the ledger with this record; its number is `id`."""
        return self._one("SELECT rowid AS id, * FROM ledger WHERE record_id = ?", record_id)

    def is_last_word(self, statement: sqlite3.Row) -> bool:
        """Tell whether no later statement has the kind and the subject of a row of the ledger."""
        later = self._db.execute(
            "SELECT 1 FROM ledger WHERE kind = ? AND subject = ? AND rowid > ?",
            (statement["kind"], statement["subject"], statement["id"]),
        )
        return later.fetchone() is None

    def loose(self, crawl_id: int, seq: int, url: str, requested_at: str) -> sqlite3.Row | None:
        """Return the row of an exchange that belongs to no capture and has no record: nothing was sent or received."""
        if not self._has_loose:  # a look-up without an index of its own would read all of them each time
            self._db.executescript(_LOOSE)
            self._has_loose = True
        return self._one(
            """SELECT e.* FROM loose l JOIN exchanges e ON e.id = l.id
               WHERE l.requested_at = ? AND l.url = ? AND l.crawl_id = ? AND l.seq = ?""",
            requested_at,
            url,
            crawl_id,
            seq,
        )

    def _one(self, sql: str, *values: object) -> sqlite3.Row | None:
        row: sqlite3.Row | None = self._db.execute(sql, values).fetchone()
        return row

    def note_ids(self, file: str, ids: Iterable[tuple[bytes, int]]) -> list[tuple[int, str, int]]:
        """Note digests of record ids and their offsets in *file*, in a temporary table that goes with this connection.

        Returns (offset, file and offset of the first) for each that was noted before.
        """
        if not self._has_seen:
            self._db.execute("CREATE TEMP TABLE seen (id BLOB PRIMARY KEY, file TEXT, at INTEGER) WITHOUT ROWID")
            self._has_seen = True
        twice = []
        for digest, at in ids:
            noted = self._db.execute("INSERT INTO seen VALUES (?, ?, ?) ON CONFLICT DO NOTHING", (digest, file, at))
            if not noted.rowcount:
                first = self._db.execute("SELECT file, at FROM seen WHERE id = ?", (digest,)).fetchone()
                twice.append((at, first["file"], first["at"]))
        self._db.commit()  # else this connection would hold on to one state of the catalogue
        return twice

    def problems(self) -> Iterator[str]:
        """Iterate over what SQLite itself finds wrong, and over references that no foreign key holds."""
        for row in self._db.execute(f"PRAGMA integrity_check({_MOST_PROBLEMS})"):
            if row[0] != "ok":
                yield str(row[0])
        broken = self._db.execute("PRAGMA foreign_key_check").fetchmany(_MOST_PROBLEMS)
        for table, number, parent, _ in broken:
            yield f"row {number} of {table} refers to a row of {parent} that is not there"
        for column in ("best_capture_id", "last_capture_id"):
            rows = self._db.execute(
                f"""SELECT s.id, s.{column} AS capture_id FROM sources s LEFT JOIN captures c ON c.id = s.{column}
                    WHERE s.{column} IS NOT NULL AND c.source_id IS NOT s.id"""
            )
            for row in rows.fetchmany(_MOST_PROBLEMS):
                yield f"source {row['id']} has capture {row['capture_id']} as {column}, which is none of its captures"

    def text_ranges(self, size: int) -> Iterator[tuple[int, int]]:
        """Iterate over (after, last): ranges of the ids of all texts, with *size* texts in each."""
        after = 0
        while last := self._number(
            f"SELECT MAX(id) FROM (SELECT id FROM texts WHERE id > {after} ORDER BY id LIMIT {size})"
        ):
            yield after, last
            after = last

    def wrong_texts(self, after: int, last: int) -> Iterator[tuple[int, str]]:
        """Iterate over (id, of what) of the texts behind *after* up to *last* that have not their own digest."""
        rows = self._db.execute(
            """SELECT id, capture_id, citation_id, text, text_digest FROM texts
               WHERE id > ? AND id <= ? ORDER BY id""",
            (after, last),
        )
        for row in rows:
            if row["text_digest"] != _text_digest(row["text"]):
                pasted = row["capture_id"] is None
                yield row["id"], f"citation {row['citation_id']}" if pasted else f"capture {row['capture_id']}"


def _text_digest(text: Any) -> str | None:
    return None if text is None else "sha256:" + hashlib.sha256(str(text).encode("utf-8")).hexdigest()
