"""What people ask of the whole catalogue: a line a source, counts, rows to export."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from archive.catalogue.sources import CITED, Sources
from archive.records import RecordPlace
from archive.words import Via

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
    best_outcome: str | None
    best_verdict: str | None
    best_captured_at: str | None
    title: str | None
    language: str | None
    words: int
    """Of the best capture's text."""
    incident_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class IncidentHead:
    """An incident without what it cites."""

    id: str
    title: str | None
    lost_links: int


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
    health: dict[str, int]
    """Of the links of sources that are cited, as it was measured."""


_NEWEST = "t.id = (SELECT MAX(id) FROM texts WHERE capture_id = t.capture_id)"

_LINES = f"""
    SELECT s.id AS source_id, s.url, s.host, c.outcome, c.verdict, c.http_status, c.error, c.final_url,
      COALESCE(c.evidence, '{{}}') AS evidence, c.requested_at AS captured_at,
      (SELECT COUNT(*) FROM captures WHERE source_id = s.id AND via = '{Via.HTTP}') AS captures,
      s.next_due_at, s.best_capture_id, b.outcome AS best_outcome, b.verdict AS best_verdict,
      b.requested_at AS best_captured_at, t.title, t.language, COALESCE(t.words, 0) AS words,
      (SELECT json_group_array(DISTINCT incident_id) FROM citations WHERE source_id = s.id) AS incident_ids
    FROM sources s LEFT JOIN captures c ON c.id = s.last_capture_id
      LEFT JOIN captures b ON b.id = s.best_capture_id
      LEFT JOIN texts t ON t.capture_id = s.best_capture_id AND {_NEWEST}
    ORDER BY s.id"""

_EXPORT = f"""
    SELECT i.id AS incident_id, i.origin, i.title AS incident_title, i.occurred, i.summary,
      i.fields AS incident_fields, ci.position, ci.cited_as, ci.label, ci.pasted_text,
      pt.verdict AS pasted_verdict, pt.language AS pasted_language, pt.text AS pasted_article,
      pt.comments AS pasted_comments, s.id AS source_id, s.url,
      last.requested_at AS captured_at, last.outcome, last.verdict, last.http_status, last.error, last.final_url,
      last.evidence, last.record_id AS capture_record_id, last.warc_file AS capture_warc_file,
      last.warc_offset AS capture_warc_offset, s.next_due_at, s.health AS measured_health, s.health_since,
      s.health_rule, p.health AS pinned_health, p.reason AS pin_reason, p.pinned_by,
      best.requested_at AS best_captured_at, best.outcome AS best_outcome, best.verdict AS best_verdict,
      best.final_url AS best_url, best.media_type, best.payload_digest,
      e.record_id, e.warc_file, e.warc_offset, e.warc_length, e.refers_to,
      t.extractor, t.title, t.byline, t.published_on, t.site_name, t.language, t.words, t.text, t.comments,
      (SELECT json_group_object(kind, n) FROM (SELECT kind, COUNT(*) AS n FROM notices WHERE text_id = t.id
        GROUP BY kind)) AS stripped
    FROM incidents i LEFT JOIN citations ci ON ci.incident_id = i.id
      LEFT JOIN sources s ON s.id = ci.source_id
      LEFT JOIN pins p ON p.source_id = s.id
      LEFT JOIN captures last ON last.id = s.last_capture_id
      LEFT JOIN captures best ON best.id = s.best_capture_id
      LEFT JOIN exchanges e ON e.capture_id = best.id
        AND e.seq = (SELECT MAX(seq) FROM exchanges WHERE capture_id = best.id)
      LEFT JOIN texts t ON t.capture_id = best.id AND {_NEWEST}
      LEFT JOIN texts pt ON pt.id = (SELECT MAX(id) FROM texts WHERE citation_id = ci.id)
    WHERE :incident IS NULL OR i.id = :incident
    ORDER BY i.rowid, ci.position"""


class Reports:
    """Queries across the tables; nothing is written here."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection
        self._sources = Sources(connection)

    def source_lines(self) -> Iterator[SourceLine]:
        """Iterate over every source as it stands, in the order of its first citation."""
        for row in self._db.execute(_LINES):
            values = dict(row)
            values["evidence"] = json.loads(row["evidence"])
            values["incident_ids"] = tuple(json.loads(row["incident_ids"]))
            yield SourceLine(**values)

    def notice_counts(self) -> list[NoticeCount]:
        """Return what was stripped from each source's last capture, most first."""
        rows = self._db.execute(
            f"""SELECT n.kind, COUNT(*) AS count,
                  (SELECT text FROM notices m WHERE m.kind = n.kind ORDER BY ABS(LENGTH(m.text) - 60), m.id LIMIT 1)
                    AS example
                FROM sources s JOIN captures c ON c.id = s.last_capture_id
                  JOIN texts t ON t.capture_id = COALESCE(c.revisit_of, c.id) JOIN notices n ON n.text_id = t.id
                WHERE {_NEWEST} GROUP BY n.kind ORDER BY 2 DESC, 1"""
        )
        return [NoticeCount(row["kind"], row["count"], row["example"]) for row in rows]

    def export(self, incident_id: str | None = None) -> Iterator[dict[str, Any]]:
        """Iterate over the citations with what is known of each: a dictionary a citation, keys as in `docs/export.md`.

        An incident that cites nothing has one row, without a `position`.
        """
        for row in self._db.execute(_EXPORT, {"incident": incident_id}):
            values = dict(row)
            for column in ("incident_fields", "evidence", "stripped"):
                values[column] = json.loads(row[column] or "{}")
            yield values

    def incident_heads(self) -> Iterator[IncidentHead]:
        """Iterate over the incidents in the order of their import, without what they cite."""
        rows = self._db.execute(
            """SELECT i.id, i.title, (SELECT COUNT(*) FROM citations c
                 WHERE c.incident_id = i.id AND c.source_id IS NULL) AS lost_links
               FROM incidents i ORDER BY i.rowid"""
        )
        return (IncidentHead(**dict(row)) for row in rows)

    def urls_with(self, part: str, limit: int) -> list[str]:
        """Return up to *limit* URLs of sources that hold *part*, whatever its case (of ASCII), shortest first."""
        rows = self._db.execute(
            "SELECT url FROM sources WHERE instr(lower(url), lower(?)) ORDER BY LENGTH(url), id LIMIT ?",
            (part, limit),
        )
        return [row["url"] for row in rows]

    def verdicts_of(self, source_id: int) -> dict[int, str | None]:
        """Return the verdict of each capture of a source, by the capture's id; None where it has none yet."""
        rows = self._db.execute("SELECT id, verdict FROM captures WHERE source_id = ?", (source_id,))
        return {row["id"]: row["verdict"] for row in rows}

    def place_of(self, record_id: str) -> RecordPlace | None:
        """Return where the response or request *record_id* lies, or None; that of a robots.txt has a place too."""
        row = self._db.execute(
            """SELECT record_id, warc_file, warc_offset, warc_length FROM exchanges WHERE record_id = :id
               UNION ALL SELECT request_record_id, request_warc_file, request_warc_offset, request_warc_length
               FROM exchanges WHERE request_record_id = :id""",
            {"id": record_id},
        ).fetchone()
        return RecordPlace(**dict(row)) if row else None

    def overview(self, now: str) -> Overview:
        """Return the catalogue in numbers; *now* decides what is due."""
        return Overview(
            incidents=self._number("SELECT COUNT(*) FROM incidents"),
            sources=self._number("SELECT COUNT(DISTINCT source_id) FROM citations"),
            lost_links=self._number("SELECT COUNT(*) FROM citations WHERE source_id IS NULL"),
            quarantined=self._number("SELECT COUNT(*) FROM quarantine"),
            captures=self._number(f"SELECT COUNT(*) FROM captures WHERE via = '{Via.HTTP}'"),
            with_text=self._number(f"SELECT COUNT(*) FROM {_BEST_TEXTS} WHERE t.text IS NOT NULL"),
            words=self._number(f"SELECT COALESCE(SUM(t.words), 0) FROM {_BEST_TEXTS}"),
            due=self._sources.count_due(now),
            outcomes=self._counts(
                """SELECT COALESCE(c.outcome, 'never captured'), COUNT(*) FROM sources s
                   LEFT JOIN captures c ON c.id = s.last_capture_id"""
            ),
            verdicts=self._counts(
                """SELECT c.verdict, COUNT(*) FROM sources s JOIN captures c ON c.id = s.last_capture_id
                   WHERE c.verdict IS NOT NULL"""
            ),
            health=self._counts(f"SELECT s.health, COUNT(*) FROM sources s WHERE {CITED}"),
            languages=self._counts(f"SELECT t.language, COUNT(*) FROM {_BEST_TEXTS} WHERE t.language IS NOT NULL"),
        )

    def _number(self, sql: str, parameters: tuple[object, ...] = ()) -> int:
        return int(self._db.execute(sql, parameters).fetchone()[0])

    def _counts(self, sql: str) -> dict[str, int]:
        return {row[0]: row[1] for row in self._db.execute(f"{sql} GROUP BY 1 ORDER BY 2 DESC, 1")}


_BEST_TEXTS = f"sources s JOIN texts t ON t.capture_id = s.best_capture_id AND {_NEWEST}"
