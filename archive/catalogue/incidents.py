"""Incidents, what they cite, and what of an import could not be read."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from archive.catalogue.sources import Sources
from archive.clock import utc_now
from archive.records import CitedLink, Incident, Quarantined
from archive.storable import storable
from archive.words import Change

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator


class Incidents:
    """The tables `incidents`, `citations` and `quarantine`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection
        self._sources = Sources(connection)

    def put(self, incident: Incident, at: str | None = None, *, imported_at: str | None = None) -> Change:
        """Insert or update *incident* with its sources and citations, and say which it was.

        *at* is when that is, now if it isn't given; a new incident may have been imported before, at *imported_at*.
        A source that is no longer cited stays, with its captures: evidence is never deleted.
        """
        digest = _digest(incident)
        row = self._db.execute("SELECT digest FROM incidents WHERE id = ?", (incident.id,)).fetchone()
        if row and row["digest"] == digest:
            return Change.UNCHANGED
        at = at or utc_now()
        self._db.execute(
            """INSERT INTO incidents (id, origin, title, occurred, summary, fields, digest, imported_at, changed_at)
               VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
               ON CONFLICT (id) DO UPDATE SET origin = excluded.origin, title = excluded.title,
                 occurred = excluded.occurred, summary = excluded.summary, fields = excluded.fields,
                 digest = excluded.digest, changed_at = excluded.changed_at""",
            (
                incident.id,
                incident.origin,
                storable(incident.title),
                storable(incident.occurred),
                storable(incident.summary),
                _as_json(incident.fields),
                digest,
                imported_at or at,
                at,
            ),
        )
        self._cite(incident)
        return Change.CHANGED if row else Change.NEW

    def _cite(self, incident: Incident) -> None:
        self._db.execute("DELETE FROM citations WHERE incident_id = ?", (incident.id,))
        for position, link in enumerate(incident.links, start=1):
            source_id = self._sources.put(storable(link.cited_as)) if link.has_url else None
            self._db.execute(
                """INSERT INTO citations (incident_id, source_id, position, cited_as, label, pasted_text)
                   VALUES (?, ?, ?, ?, ?, ?)""",
                (
                    incident.id,
                    source_id,
                    position,
                    storable(link.cited_as),
                    storable(link.label),
                    storable(link.pasted_text),
                ),
            )

    def get(self, incident_id: str) -> Incident | None:
        """Return one incident with its links, or None."""
        row = self._db.execute("SELECT * FROM incidents WHERE id = ?", (incident_id,)).fetchone()
        return self._incident(row) if row else None

    def all(self) -> Iterator[Incident]:
        """Iterate over the incidents in the order of their import."""
        for row in self._db.execute("SELECT * FROM incidents ORDER BY rowid"):
            yield self._incident(row)

    def _incident(self, row: sqlite3.Row) -> Incident:
        links = self._db.execute("SELECT * FROM citations WHERE incident_id = ? ORDER BY position", (row["id"],))
        return Incident(
            id=row["id"],
            origin=row["origin"],
            title=row["title"],
            occurred=row["occurred"],
            summary=row["summary"],
            fields=json.loads(row["fields"]),
            links=tuple(
                CitedLink(link["cited_as"], link["source_id"] is not None, link["label"], link["pasted_text"])
                for link in links
            ),
        )

    def citing(self, source_id: int) -> list[tuple[str, str | None, str]]:
        """Return (incident id, its title, the URL as it cited it) for each incident that cites a source."""
        return [
            (row["id"], row["title"], row["cited_as"])
            for row in self._db.execute(
                """SELECT DISTINCT i.id, i.title, c.cited_as FROM citations c JOIN incidents i ON i.id = c.incident_id
                   WHERE c.source_id = ? ORDER BY i.rowid, c.position""",
                (source_id,),
            )
        ]

    def quarantine(self, piece: Quarantined, at: str | None = None) -> bool:
        """Keep what could not be read, now or as of *at*; the same piece is kept once. Return whether it is new."""
        cursor = self._db.execute(
            "INSERT OR IGNORE INTO quarantine (file, line, reason, raw, seen_at) VALUES (?, ?, ?, ?, ?)",
            (storable(piece.file), piece.line, storable(piece.reason), storable(piece.raw), at or utc_now()),
        )
        return cursor.rowcount == 1

    def quarantined(self) -> list[Quarantined]:
        """Return what could not be read, oldest first."""
        rows = self._db.execute("SELECT file, line, reason, raw FROM quarantine ORDER BY id")
        return [Quarantined(**dict(row)) for row in rows]


def _as_json(fields: dict[str, Any]) -> str:
    text = json.dumps(fields, ensure_ascii=False)
    return text if storable(text) == text else json.dumps(fields)


def _digest(incident: Incident) -> str:
    canonical = json.dumps(asdict(incident), ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()
