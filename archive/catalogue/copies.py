"""Which sources have the same passages, and the signatures by which such sources are found among very many."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from archive.catalogue.reading import READ_BY, TEXT_COLUMNS, source_text
from archive.catalogue.sources import of_the_source
from archive.text_records import Copy
from archive.words import CopyKind

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    from archive.text_records import SourceText

_READ = f"""
    FROM sources s JOIN texts t ON t.id = {READ_BY} LEFT JOIN captures c ON c.id = t.capture_id
    WHERE t.text IS NOT NULL"""
_COLUMNS = f"{TEXT_COLUMNS}, 1 AS is_best"
_UNSIGNED = "NOT EXISTS (SELECT 1 FROM signatures WHERE source_id = s.id AND text_id = t.id AND rules = ?)"


class Copies:
    """The tables `copies` and `signatures`.

    Triggers take away the copies of a source whose texts or best capture change.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection

    def read_by(self, source_id: int) -> SourceText | None:
        """Return the text that a source is read by, or None."""
        row = self._db.execute(f"SELECT {_COLUMNS} {_READ} AND s.id = ?", (source_id,)).fetchone()
        return source_text(row) if row else None

    def first_captured_at(self, source_id: int) -> str | None:
        """Return when a source was captured with a text for the first time; None where none is."""
        row = self._db.execute(
            f"""SELECT MIN(c.requested_at) AS at FROM captures c JOIN texts t ON t.capture_id = c.id
               WHERE c.source_id = ? AND {of_the_source("c")} AND t.text IS NOT NULL""",
            (source_id,),
        ).fetchone()
        at: str | None = row["at"]
        return at

    def put(self, copies: Iterable[Copy], rules: str) -> None:
        """Write *copies*, each in place of what was known of its two sources. Within a transaction."""
        for copy in copies:
            pair = (copy.source_id, copy.of_source_id)
            self._db.execute(
                "DELETE FROM copies WHERE (source_id, of_source_id) IN (VALUES (?, ?), (?, ?))", (*pair, *pair[::-1])
            )
            self._db.execute(
                """INSERT INTO copies (source_id, text_id, of_source_id, of_text_id, rules, kind, share, of_share,
                     words, longest, first_by, passages) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
                (
                    copy.source_id,
                    copy.text_id,
                    copy.of_source_id,
                    copy.of_text_id,
                    rules,
                    copy.kind,
                    copy.share,
                    copy.of_share,
                    copy.words,
                    copy.longest,
                    copy.first_by,
                    json.dumps(copy.passages),
                ),
            )

    def forget_others(self, rules: str) -> None:
        """Delete what was found by other rules. Within a transaction."""
        self._db.execute("DELETE FROM copies WHERE rules != ?", (rules,))

    def of_source(self, source_id: int) -> list[Copy]:
        """Return what is known of a source: those whose passages it has first, then those that have its own."""
        rows = self._db.execute(
            """SELECT * FROM copies WHERE source_id = :id OR of_source_id = :id
               ORDER BY source_id = :id DESC, words DESC, id""",
            {"id": source_id},
        )
        return [_copy(row) for row in rows]

    def pairs(self) -> set[tuple[int, int]]:
        """Return the pairs of sources that are known to have passages in common, the lower id first."""
        rows = self._db.execute("SELECT source_id, of_source_id FROM copies")
        return {(min(row), max(row)) for row in map(tuple, rows)}

    def counts(self) -> dict[str, int]:
        """Return how many pairs there are of each kind."""
        return {row[0]: row[1] for row in self._db.execute("SELECT kind, COUNT(*) FROM copies GROUP BY 1 ORDER BY 1")}

    def unsigned(self, rules: str, limit: int) -> list[SourceText]:
        """Return up to *limit* texts, each what its source is read by, that have no signature by *rules*."""
        rows = self._db.execute(f"SELECT {_COLUMNS} {_READ} AND {_UNSIGNED} ORDER BY s.id LIMIT ?", (rules, limit))
        return [source_text(row) for row in rows]

    def count_unsigned(self, rules: str) -> int:
        """Return how many texts `unsigned` would give in all."""
        row = self._db.execute(f"SELECT COUNT(*) AS n {_READ} AND {_UNSIGNED}", (rules,)).fetchone()
        return int(row["n"])

    def sign(self, rules: str, signatures: Iterable[tuple[SourceText, bytes | None]]) -> None:
        """Write the signatures of texts; None for one that is too short to have one. Within a transaction."""
        self._db.executemany(
            "INSERT OR REPLACE INTO signatures (source_id, text_id, rules, signature) VALUES (?, ?, ?, ?)",
            [(text.source_id, text.text_id, rules, signature) for text, signature in signatures],
        )

    def alike(self, rules: str, start: int, length: int) -> list[list[int]]:
        """Return the ids of sources whose signatures have the same *length* bytes from *start* on, in their order.

        Sorted by SQLite, so that the number of texts is no matter of memory.
        """
        rows = self._db.execute(
            """SELECT group_concat(source_id) AS ids FROM signatures
               WHERE rules = :rules AND signature IS NOT NULL
               GROUP BY substr(signature, :start, :length) HAVING COUNT(*) > 1""",
            {"rules": rules, "start": start + 1, "length": length},
        ).fetchall()
        return [sorted(map(int, row["ids"].split(","))) for row in rows]


def _copy(row: sqlite3.Row) -> Copy:
    values = dict(row)
    del values["id"], values["rules"]
    passages = tuple((start, end, of_start, of_end) for start, end, of_start, of_end in json.loads(row["passages"]))
    return Copy(**{**values, "kind": CopyKind(row["kind"]), "passages": passages})
