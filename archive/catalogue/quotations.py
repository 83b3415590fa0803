"""Where the quotations of incidents stand in the texts of their sources."""

from __future__ import annotations

import json
from itertools import groupby
from typing import TYPE_CHECKING

from archive.catalogue.reading import NEWEST_TEXTS, READ_BY, TEXT_COLUMNS, source_text
from archive.clock import utc_now
from archive.storable import storable
from archive.text_records import Quotation, SourceText
from archive.words import Match, Part

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator

# What a source is read by comes first, then the newest copies, then what was pasted.
_TEXTS = f"""
    SELECT {TEXT_COLUMNS}, t.id = ({READ_BY}) AS is_best
    FROM sources s JOIN texts t LEFT JOIN captures c ON c.id = t.capture_id
    WHERE s.id = ? AND t.id IN ({NEWEST_TEXTS})
      AND (t.text IS NOT NULL OR t.title IS NOT NULL OR t.comments IS NOT NULL)
    ORDER BY is_best DESC, c.id DESC, t.id DESC"""


class Quotations:
    """The tables `quotations` and `quotation_checks`.

    A check says that the quotations of an incident are there, if it has any. Triggers take it away, with the
    quotations, when a text, a best capture or the incident changes: so what is there holds.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection

    def texts_of(self, source_id: int) -> list[SourceText]:
        """Return the newest text of each capture of a source and of each paste, what it is read by first.

        Copies go before pastes, and newer ones before older. Of several that are the same there is the first.
        """
        texts: dict[tuple[str | None, ...], SourceText] = {}
        for row in self._db.execute(_TEXTS, (source_id,)):
            text = source_text(row)
            texts.setdefault((text.title, text.text, text.comments), text)
        return list(texts.values())

    def unchecked(self, rules: str) -> list[str]:
        """Return the ids of the incidents whose quotations are not known by *rules*, in the order of their import."""
        rows = self._db.execute(
            """SELECT id FROM incidents WHERE NOT EXISTS
                 (SELECT 1 FROM quotation_checks WHERE incident_id = incidents.id AND rules = ?) ORDER BY rowid""",
            (rules,),
        )
        return [row["id"] for row in rows]

    def put(self, incident_id: str, rules: str, quotations: Iterable[Quotation]) -> None:
        """Write the quotations of an incident, in place of earlier ones. Within a transaction."""
        self._db.execute("DELETE FROM quotation_checks WHERE incident_id = ?", (incident_id,))
        self._db.execute(
            "INSERT INTO quotation_checks (incident_id, rules, made_at) VALUES (?, ?, ?)",
            (incident_id, rules, utc_now()),
        )
        self._db.executemany(
            """INSERT INTO quotations
                 (incident_id, position, quotation, source_id, text_id, part, start, "end", "match", details)
               VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
            [
                (
                    incident_id,
                    one.position,
                    storable(one.quotation),
                    one.source_id,
                    one.text_id,
                    one.part,
                    one.start,
                    one.end,
                    one.match,
                    storable(json.dumps(one.details, ensure_ascii=False)),
                )
                for one in quotations
            ],
        )

    def is_known(self, incident_id: str, rules: str) -> bool:
        """Tell whether the quotations of an incident are there, by *rules*."""
        found = self._db.execute(
            "SELECT 1 FROM quotation_checks WHERE incident_id = ? AND rules = ?", (incident_id, rules)
        )
        return found.fetchone() is not None

    def of_incident(self, incident_id: str) -> list[Quotation]:
        """Return what is known of the quotations of an incident, in their order."""
        rows = self._db.execute("SELECT * FROM quotations WHERE incident_id = ? ORDER BY id", (incident_id,))
        return [_quotation(row) for row in rows]

    def all(self) -> Iterator[tuple[str, list[Quotation]]]:
        """Iterate over (incident id, what is known of a quotation of it), incidents in the order of their import."""
        rows = self._db.execute(
            """SELECT q.* FROM quotations q JOIN incidents i ON i.id = q.incident_id ORDER BY i.rowid, q.id"""
        )
        for (incident_id, _), group in groupby(rows, key=lambda row: (row["incident_id"], row["position"])):
            yield incident_id, [_quotation(row) for row in group]

    def of_source(self, source_id: int) -> list[tuple[str, Quotation]]:
        """Return (incident id, quotation) for each passage that a source is known to have or nearly has."""
        rows = self._db.execute(
            """SELECT q.* FROM quotations q JOIN incidents i ON i.id = q.incident_id
               WHERE q.source_id = ? ORDER BY i.rowid, q.id""",
            (source_id,),
        )
        return [(row["incident_id"], _quotation(row)) for row in rows]


def _quotation(row: sqlite3.Row) -> Quotation:
    return Quotation(
        row["position"],
        row["quotation"],
        Match(row["match"]),
        json.loads(row["details"]),
        row["source_id"],
        row["text_id"],
        Part(row["part"]) if row["part"] else None,
        row["start"],
        row["end"],
    )
