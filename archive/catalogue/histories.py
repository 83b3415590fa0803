"""What audits ask: the captures of each source in their order, as far as its link goes, and what was judged."""

from __future__ import annotations

from dataclasses import astuple
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from archive.catalogue.places import place_of
from archive.catalogue.sources import CITED
from archive.standing import USABLE_VERDICTS
from archive.words import Via

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection, Iterable, Iterator

    from archive.health_records import JudgedHealth
    from archive.records import RecordPlace


COMPANY = 3
"""Sources that end at one page, from which on it is no accident."""

_USABLE = ", ".join(f"'{verdict}'" for verdict in sorted(USABLE_VERDICTS))
# What is read of captures stands in one index, in this order. Of a million rows, URLs would take a quarter of the time.
_LOOKS = f"""
    SELECT c.source_id, c.id, c.requested_at, c.outcome, c.http_status, c.verdict, NULLIF(c.final_url, s.url), d.change,
      f.finding
    FROM captures c JOIN sources s ON s.id = c.source_id
      LEFT JOIN drifts d ON d.capture_id = COALESCE(c.revisit_of, c.id)
      LEFT JOIN probe_findings f ON f.capture_id = c.id
    WHERE c.via = '{Via.HTTP}'"""
_BY_END = "INDEXED BY captures_final_url"  # without statistics, SQLite takes the other index, and scans it
_LINKS = f"""
    SELECT s.id, s.url, s.url_key, s.host, s.site, s.health, s.health_since, s.health_capture_id, s.health_rule,
      s.judged, b.id IS NOT NULL AND b.via = '{Via.HTTP}' AND b.verdict IN ({_USABLE}), s.best_capture_id,
      b.requested_at
    FROM sources s LEFT JOIN captures b ON b.id = s.best_capture_id"""


class Link(NamedTuple):
    """A source, and the health that was stored of it."""

    source_id: int
    url: str
    url_key: str
    host: str | None
    site: str | None
    health: str
    health_since: str | None
    health_capture_id: int | None
    health_rule: str | None
    is_judged: bool
    """Whether that holds for all its captures."""
    is_kept: bool
    """Whether the archive has a copy of its own: an article, a document or a medium that its server sent."""
    best_capture_id: int | None
    best_at: str | None
    """When the best copy was asked for."""


class Look(NamedTuple):
    """One capture of a source, as far as its link goes."""

    source_id: int
    capture_id: int
    at: str
    """When it was asked for."""
    outcome: str
    http_status: int | None
    verdict: str | None
    final_url: str | None
    """Where redirects led; None where that is the source's own URL, or nothing came."""
    change: str | None
    """A `TextChange`; None where there was nothing to compare."""
    finding: str | None
    """A `Finding`; None where there was no probe."""


_SOURCE = itemgetter(0)
_END = 0
_NO_MORE: tuple[int, Iterator[Look]] = (_END, iter(()))


class Histories:
    """Reads captures by source, and writes what was judged of their links: columns of `sources`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection

    def all(self) -> Iterator[tuple[Link, list[Look]]]:
        """Iterate over every source that is cited, with its captures, oldest first; one is in memory at a time."""
        looks = groupby(map(Look._make, self._plain(f"{_LOOKS} ORDER BY c.source_id, c.id")), key=_SOURCE)
        of, own = next(looks, _NO_MORE)
        for link in map(Link._make, self._plain(f"{_LINKS} WHERE {CITED} ORDER BY s.id")):
            while of < link.source_id and of != _END:
                of, own = next(looks, _NO_MORE)
            if of == link.source_id:
                yield link, list(own)
                of, own = next(looks, _NO_MORE)
            else:
                yield link, []

    def of(self, source_id: int) -> tuple[Link, list[Look]]:
        """Return one source with its captures, oldest first. Raises LookupError when there is none."""
        link = next(self._plain(f"{_LINKS} WHERE s.id = ?", (source_id,)), None)
        if link is None:
            raise LookupError(f"there is no source {source_id}")
        rows = self._plain(f"{_LOOKS} AND c.source_id = ? ORDER BY c.id", (source_id,))
        return Link._make(link), [Look._make(row) for row in rows]

    def _plain(self, sql: str, values: tuple[object, ...] = ()) -> Iterator[tuple[Any, ...]]:
        """Return the rows as tuples: of millions of them, rows with names take half as long again."""
        cursor = self._db.cursor()
        cursor.row_factory = None
        return cursor.execute(sql, values)

    def citations(self) -> Iterator[tuple[str, int, str | None]]:
        """Iterate over (incident, source, when it occurred by its record) of what incidents cite, in their order."""
        rows = self._plain(
            """SELECT c.incident_id, c.source_id, i.occurred FROM incidents i JOIN citations c ON c.incident_id = i.id
               WHERE c.source_id IS NOT NULL ORDER BY i.rowid, c.position"""
        )
        return ((incident_id, source_id, occurred) for incident_id, source_id, occurred in rows)

    def companies(self) -> set[str]:
        """Return the URLs at which the captures of several sources ended: COMPANY of them or more."""
        rows = self._plain(
            f"""SELECT final_url FROM (SELECT DISTINCT final_url, source_id FROM captures {_BY_END}
                  WHERE via = '{Via.HTTP}' AND final_url IS NOT NULL)
                GROUP BY final_url HAVING COUNT(*) >= {COMPANY}"""
        )
        return {row[0] for row in rows}

    def company_of(self, final_url: str) -> list[int]:
        """Return the sources whose captures ended at *final_url*, those first that did so first."""
        rows = self._plain(
            f"""SELECT source_id FROM captures {_BY_END} WHERE via = '{Via.HTTP}' AND final_url = ?
                GROUP BY source_id ORDER BY MIN(id)""",
            (final_url,),
        )
        return [row[0] for row in rows]

    def count(self, *, judged: bool | None = None) -> int:
        """Return how many sources there are, or how many of them are judged, or aren't."""
        where = "" if judged is None else f" WHERE judged = {int(judged)}"
        return int(self._db.execute(f"SELECT COUNT(*) FROM sources{where}").fetchone()[0])

    def has_company(self, final_url: str) -> bool:
        """Tell whether the captures of several sources ended at *final_url*."""
        return len(self.company_of(final_url)) >= COMPANY

    def not_judged(self, limit: int) -> list[int]:
        """Return up to *limit* sources of which something has come that their health doesn't know yet."""
        rows = self._plain("SELECT id FROM sources WHERE judged = 0 ORDER BY id LIMIT ?", (limit,))
        return [row[0] for row in rows]

    def judge_again(self, source_ids: Iterable[int] | None = None) -> None:
        """Let sources, or all of them, count as not judged. Within a transaction."""
        if source_ids is None:
            self._db.execute("UPDATE sources SET judged = 0")
        else:
            self._db.executemany("UPDATE sources SET judged = 0 WHERE id = ?", [(number,) for number in source_ids])

    def put_health(self, source_id: int, judged: JudgedHealth) -> None:
        """Write what was judged of a source. Within a transaction, the same in which it was read."""
        self._db.execute(
            """UPDATE sources SET health = ?, health_since = ?, health_capture_id = ?, health_rule = ?,
                 probe_wanted = ?, judged = 1 WHERE id = ?""",
            (*astuple(judged), source_id),
        )

    def places(self, capture_ids: Collection[int]) -> dict[int, RecordPlace]:
        """Return by capture where its `metadata` record lies."""
        marks = ", ".join("?" * len(capture_ids))
        rows = self._db.execute(
            f"SELECT id, record_id, warc_file, warc_offset, warc_length FROM captures WHERE id IN ({marks})",
            tuple(capture_ids),
        )
        return {row["id"]: place for row in rows if (place := place_of(row))}

    def first_seen_at(self, source_id: int) -> str | None:
        """Return when a source was asked for the first time; None where it never was."""
        row = self._db.execute(
            f"SELECT MIN(requested_at) AS at FROM captures WHERE via = '{Via.HTTP}' AND source_id = ?", (source_id,)
        ).fetchone()
        at: str | None = row["at"]
        return at
