"""What people ask of the whole catalogue: a line a source, counts, rows to export."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class SourceLine:
    """A source as it stands: its last capture, and the text of its best one."""

    source_id: int
    url: str
    host: str | None
    outcome: str | None
    """None when it was never captured."""
    verdict: str | None
    http_status: int | None
    error: str | None
    final_url: str | None
    evidence: dict[str, Any]
    """`outcome` and `verdict`: why the last capture has them."""
    captured_at: str | None
    captures: int
    next_due_at: str | None
    best_capture_id: int | None
    title: str | None
    language: str | None
    words: int
    """Of the best capture's text."""
    incident_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NoticeCount:
    """How many pieces of one kind were stripped from the newest texts, with one of them."""

    kind: str
    count: int
    example: str


@dataclass(frozen=True, slots=True)
class Overview:
    """The catalogue in numbers."""

    incidents: int
    sources: int
    lost_links: int
    quarantined: int
    captures: int
    with_text: int
    words: int
    due: int
    outcomes: dict[str, int]
    """Of each source's last capture; `never captured` for those without one."""
    verdicts: dict[str, int]
    languages: dict[str, int]
    """Of the best captures' texts."""


_NEWEST = "t.id = (SELECT MAX(id) FROM texts WHERE capture_id = t.capture_id)"

_LINES = f"""
    SELECT s.id AS source_id, s.url, s.host, c.outcome, c.verdict, c.http_status, c.error, c.final_url,
      COALESCE(c.evidence, '{{}}') AS evidence, c.requested_at AS captured_at,
      (SELECT COUNT(*) FROM captures WHERE source_id = s.id) AS captures,
      s.next_due_at, s.best_capture_id, t.title, t.language, COALESCE(t.words, 0) AS words,
      (SELECT json_group_array(DISTINCT incident_id) FROM citations WHERE source_id = s.id) AS incident_ids
    FROM sources s LEFT JOIN captures c ON c.id = s.last_capture_id
      LEFT JOIN texts t ON t.capture_id = s.best_capture_id AND {_NEWEST}
    ORDER BY s.id"""

_EXPORT = f"""
    SELECT i.id AS incident_id, i.title AS incident_title, i.occurred, ci.position, ci.cited_as, ci.label,
      s.url, last.outcome, last.verdict, last.http_status, last.error, last.requested_at AS captured_at,
      last.final_url, best.requested_at AS text_captured_at, best.payload_digest, e.record_id, e.warc_file,
      e.warc_offset, t.extractor, t.title, t.byline, t.published_on, t.site_name, t.language, t.words, t.text, t.comments
    FROM incidents i JOIN citations ci ON ci.incident_id = i.id
      LEFT JOIN sources s ON s.id = ci.source_id
      LEFT JOIN captures last ON last.id = s.last_capture_id
      LEFT JOIN captures best ON best.id = s.best_capture_id
      LEFT JOIN exchanges e ON e.capture_id = best.id
        AND e.seq = (SELECT MAX(seq) FROM exchanges WHERE capture_id = best.id)
      LEFT JOIN texts t ON t.capture_id = best.id AND {_NEWEST}
    WHERE :incident IS NULL OR i.id = :incident
    ORDER BY i.rowid, ci.position"""


class Reports:
    """Queries across the tables; nothing is written here."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection

    def source_lines(self) -> Iterator[SourceLine]:
        """Iterate over every source as it stands, in the order of its first citation."""
        for row in self._db.execute(_LINES):
            values = dict(row)
            values["evidence"] = json.loads(row["evidence"])
            values["incident_ids"] = tuple(json.loads(row["incident_ids"]))
            yield SourceLine(**values)

    def notice_counts(self) -> list[NoticeCount]:
        """Return what was stripped from the newest text of each capture, most first."""
        rows = self._db.execute(
            f"""SELECT n.kind, COUNT(*) AS count,
                  (SELECT text FROM notices m WHERE m.kind = n.kind ORDER BY ABS(LENGTH(m.text) - 60), m.id LIMIT 1)
                    AS example
                FROM notices n JOIN texts t ON t.id = n.text_id WHERE {_NEWEST} GROUP BY n.kind ORDER BY 2 DESC, 1"""
        )
        return [NoticeCount(row["kind"], row["count"], row["example"]) for row in rows]

    def export(self, incident_id: str | None = None) -> Iterator[dict[str, Any]]:
        """Iterate over the citations with what is known of each: a dictionary a citation, keys as in `docs/export.md`."""
        for row in self._db.execute(_EXPORT, {"incident": incident_id}):
            yield dict(row)

    def overview(self, now: str) -> Overview:
        """Return the catalogue in numbers; *now* decides what is due."""
        return Overview(
            incidents=self._number("SELECT COUNT(*) FROM incidents"),
            sources=self._number("SELECT COUNT(*) FROM sources"),
            lost_links=self._number("SELECT COUNT(*) FROM citations WHERE source_id IS NULL"),
            quarantined=self._number("SELECT COUNT(*) FROM quarantine"),
            captures=self._number("SELECT COUNT(*) FROM captures"),
            with_text=self._number(f"SELECT COUNT(*) FROM {_BEST_TEXTS} WHERE t.text IS NOT NULL"),
            words=self._number(f"SELECT COALESCE(SUM(t.words), 0) FROM {_BEST_TEXTS}"),
            due=self._number(
                "SELECT COUNT(*) FROM sources WHERE last_capture_id IS NULL OR next_due_at <= ?", (now,)
            ),
            outcomes=self._counts(
                """SELECT COALESCE(c.outcome, 'never captured'), COUNT(*) FROM sources s
                   LEFT JOIN captures c ON c.id = s.last_capture_id"""
            ),
            verdicts=self._counts(
                """SELECT c.verdict, COUNT(*) FROM sources s JOIN captures c ON c.id = s.last_capture_id
                   WHERE c.verdict IS NOT NULL"""
            ),
            languages=self._counts(f"SELECT t.language, COUNT(*) FROM {_BEST_TEXTS} WHERE t.language IS NOT NULL"),
        )

    def _number(self, sql: str, parameters: tuple[object, ...] = ()) -> int:
        return int(self._db.execute(sql, parameters).fetchone()[0])

    def _counts(self, sql: str) -> dict[str, int]:
        return {row[0]: row[1] for row in self._db.execute(f"{sql} GROUP BY 1 ORDER BY 2 DESC, 1")}


_BEST_TEXTS = f"sources s JOIN texts t ON t.capture_id = s.best_capture_id AND {_NEWEST}"
