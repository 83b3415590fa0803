"""What audits ask: the captures of each source in their order, as far as its link goes, and what was made of them."""

from __future__ import annotations

import json
from dataclasses import astuple
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple

from archive.catalogue.sources import PROBES_IN, STANDING_SQL
from archive.records import Drift, Finding, Health, JudgedMemento, Pin, ProbeFinding, RecordPlace, Via
from archive.standing import USABLE_VERDICTS

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection, Iterable, Iterator

    from archive.records import Evidence

COMPANY = 3
"""Sources that end at one page, from which on it is no accident."""

_USABLE = ", ".join(f"'{verdict}'" for verdict in sorted(USABLE_VERDICTS))
# All columns but the last two stand in one index, in this order.
_LOOKS = f"""
    SELECT c.source_id, c.id, c.requested_at, c.outcome, c.http_status, c.verdict, c.final_url, d.change, f.finding
    FROM captures c LEFT JOIN drifts d ON d.capture_id = COALESCE(c.revisit_of, c.id)
      LEFT JOIN probe_findings f ON f.capture_id = c.id
    WHERE c.via = '{Via.HTTP}'"""
# A page that came again unchanged has the text of the capture that holds it.
_ANSWERS = """
    SELECT c.id, c.requested_at, COALESCE(c.asked_url, s.url), c.outcome, c.http_status, c.verdict, c.final_url,
      c.payload_digest, (SELECT MAX(id) FROM texts WHERE capture_id = COALESCE(c.revisit_of, c.id))
    FROM captures c JOIN sources s ON s.id = c.source_id"""
_BY_END = "INDEXED BY captures_final_url"  # without statistics, SQLite takes the other index, and scans it
_LINKS = f"""
    SELECT s.id, s.url, s.url_key, s.host, s.site, s.health, s.health_since, s.health_capture_id, s.health_rule,
      b.id IS NOT NULL AND b.via = '{Via.HTTP}' AND b.verdict IN ({_USABLE}), s.best_capture_id, b.requested_at
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
    change: str | None
    """A `TextChange`; None where there was nothing to compare."""
    finding: str | None
    """A `Finding`; None where there was no probe."""


class Answer(NamedTuple):
    """What came of a request for a page, as far as it can be held against that for another one."""

    capture_id: int
    at: str
    """When it was asked for."""
    asked_url: str
    outcome: str
    http_status: int | None
    verdict: str | None
    final_url: str | None
    payload_digest: str | None
    text_id: int | None
    """What extraction made of it last; None where it made nothing yet."""


class Said(NamedTuple):
    """What a page says, and why it has its verdict."""

    title: str | None
    text: str | None
    evidence: Evidence
    stripped: list[tuple[str, str]]
    """Rule and text of each of its notices, in order."""


_SOURCE = itemgetter(0)
_NO_MORE: tuple[int, Iterator[Look]] = (0, iter(()))


class TextOfCapture(NamedTuple):
    """The newest text of a capture."""

    capture_id: int
    text_id: int
    standing: int
    """How good it is as a copy of its source, the higher the better: see `archive.catalogue.sources`."""


class Histories:
    """Reads captures by source, and writes what was made of them: `sources.health`, `drifts`, `probe_findings`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection

    def all(self) -> Iterator[tuple[Link, list[Look]]]:
        """Iterate over every source with its captures, oldest first; one source is in memory at a time."""
        looks = groupby(map(Look._make, self._plain(f"{_LOOKS} ORDER BY c.source_id, c.id")), key=_SOURCE)
        of, own = next(looks, _NO_MORE)
        for link in map(Link._make, self._plain(f"{_LINKS} ORDER BY s.id")):
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

    def _plain(self, sql: str, values: tuple[object, ...] = ()) -> Iterator[tuple[object, ...]]:
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
        return ((str(row[0]), int(str(row[1])), None if row[2] is None else str(row[2])) for row in rows)

    def companies(self) -> set[str]:
        """Return the URLs at which the captures of several sources ended: COMPANY of them or more."""
        rows = self._plain(
            f"""SELECT final_url FROM (SELECT DISTINCT final_url, source_id FROM captures {_BY_END}
                  WHERE via = '{Via.HTTP}' AND final_url IS NOT NULL)
                GROUP BY final_url HAVING COUNT(*) >= {COMPANY}"""
        )
        return {str(row[0]) for row in rows}

    def company_of(self, final_url: str) -> list[int]:
        """Return the sources whose captures ended at *final_url*."""
        rows = self._plain(
            f"SELECT DISTINCT source_id FROM captures {_BY_END} WHERE via = '{Via.HTTP}' AND final_url = ?",
            (final_url,),
        )
        return [int(str(row[0])) for row in rows]

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
        return [int(str(row[0])) for row in rows]

    def judge_again(self, source_ids: Iterable[int] | None = None) -> None:
        """Let sources, or all of them, count as not judged. Within a transaction."""
        if source_ids is None:
            self._db.execute("UPDATE sources SET judged = 0")
        else:
            self._db.executemany("UPDATE sources SET judged = 0 WHERE id = ?", [(number,) for number in source_ids])

    def put_health(  # noqa: PLR0913  # columns
        self,
        source_id: int,
        *,
        health: Health,
        since: str | None,
        capture_id: int | None,
        rule: str | None,
        probe_wanted: str | None,
    ) -> None:
        """Write what was judged of a source. Within a transaction, the same in which it was read."""
        self._db.execute(
            """UPDATE sources SET health = ?, health_since = ?, health_capture_id = ?, health_rule = ?,
                 probe_wanted = ?, judged = 1 WHERE id = ?""",
            (health, since, capture_id, rule, probe_wanted, source_id),
        )

    def confirm_at(self, source_id: int, due: str) -> None:
        """Let a source be due at *due*, if it isn't before. Within a transaction."""
        self._db.execute("UPDATE sources SET next_due_at = MIN(next_due_at, ?) WHERE id = ?", (due, source_id))

    def drift(self, capture_id: int) -> Drift | None:
        """Return how the text of a capture stands to the one that was kept first, or None."""
        row = self._db.execute(
            """SELECT d.capture_id, d.text_id, d.reference_text_id, d.rules, d.change, d.kept, d.of_new, d.words_lost,
                 d.words_gained FROM drifts d JOIN captures c ON d.capture_id = COALESCE(c.revisit_of, c.id)
               WHERE c.id = ?""",
            (capture_id,),
        ).fetchone()
        return Drift(**dict(row)) if row else None

    def put_drift(self, drift: Drift) -> None:
        """Write how a capture's text stands to the first one, in place of what was known. Within a transaction."""
        self._db.execute(
            "INSERT OR REPLACE INTO drifts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *(drift.capture_id, drift.text_id, drift.reference_text_id, drift.rules, drift.change),
                *(drift.kept, drift.of_new, drift.words_lost, drift.words_gained),
            ),
        )

    def drop_drifts(self, source_id: int, keep: Iterable[int]) -> bool:
        """Forget the drifts of a source's captures that are not among *keep*, and tell whether there were any.

        Within a transaction.
        """
        rows = self._plain(
            "SELECT d.capture_id FROM captures c JOIN drifts d ON d.capture_id = c.id WHERE c.source_id = ?",
            (source_id,),
        )
        kept = set(keep)
        gone = [row for row in list(rows) if row[0] not in kept]
        self._db.executemany("DELETE FROM drifts WHERE capture_id = ?", gone)
        return bool(gone)

    def texts_of(self, source_id: int) -> list[TextOfCapture]:
        """Return the newest text of each capture of a source that has one, oldest capture first."""
        rows = self._db.execute(
            f"""SELECT c.id AS capture_id, t.text_id, {STANDING_SQL} AS standing
                FROM captures c JOIN (SELECT id AS text_id, capture_id, text IS NOT NULL AS has_text FROM texts) t
                  ON t.text_id = (SELECT MAX(id) FROM texts WHERE capture_id = c.id)
                WHERE c.via = '{Via.HTTP}' AND c.source_id = ? AND t.has_text ORDER BY c.id""",
            (source_id,),
        )
        return [TextOfCapture(*row) for row in rows]

    def text(self, text_id: int) -> str:
        """Return one text."""
        row = self._db.execute("SELECT text FROM texts WHERE id = ?", (text_id,)).fetchone()
        return str(row["text"])

    def places(self, capture_ids: Collection[int]) -> dict[int, RecordPlace]:
        """Return by capture where its `metadata` record lies."""
        marks = ", ".join("?" * len(capture_ids))
        rows = self._db.execute(
            f"SELECT id, record_id, warc_file, warc_offset, warc_length FROM captures WHERE id IN ({marks})",
            tuple(capture_ids),
        )
        return {
            row["id"]: RecordPlace(row["record_id"], row["warc_file"], row["warc_offset"], row["warc_length"])
            for row in rows
        }

    def answer(self, capture_id: int) -> Answer:
        """Return what came of one capture. Raises LookupError when there is none."""
        row = next(self._plain(f"{_ANSWERS} WHERE c.id = ?", (capture_id,)), None)
        if row is None:
            raise LookupError(f"there is no capture {capture_id}")
        return Answer._make(row)

    def probes_in(self, directory: str) -> list[Answer]:
        """Return what came of each probe in *directory*, oldest first."""
        rows = self._db.execute(f"{_ANSWERS} WHERE {PROBES_IN} ORDER BY c.id", {"directory": directory})
        return [Answer(*row) for row in rows]

    def said_by(self, text_id: int) -> Said:
        """Return what extraction made of a page."""
        row = self._db.execute("SELECT title, text, evidence FROM texts WHERE id = ?", (text_id,)).fetchone()
        rows = self._plain("SELECT rule, text FROM notices WHERE text_id = ? ORDER BY id", (text_id,))
        stripped = [(str(rule), str(text)) for rule, text in rows]
        return Said(row["title"], row["text"], json.loads(row["evidence"]), stripped)

    def findings(self, source_id: int) -> dict[int, ProbeFinding]:
        """Return by capture what probes say of the captures of a source."""
        rows = self._db.execute(
            """SELECT f.capture_id, f.probe_id, f.rules, f.finding, f.similarity
               FROM probe_findings f JOIN captures c ON c.id = f.capture_id WHERE c.source_id = ?""",
            (source_id,),
        )
        return {row["capture_id"]: ProbeFinding(**{**dict(row), "finding": Finding(row["finding"])}) for row in rows}

    def put_finding(self, found: ProbeFinding) -> None:
        """Write what a probe says of a capture, in place of what was known. Within a transaction."""
        self._db.execute(
            "INSERT OR REPLACE INTO probe_findings VALUES (?, ?, ?, ?, ?)",
            (found.capture_id, found.probe_id, found.rules, found.finding, found.similarity),
        )

    def drop_finding(self, capture_id: int) -> None:
        """Forget what a probe says of a capture. Within a transaction."""
        self._db.execute("DELETE FROM probe_findings WHERE capture_id = ?", (capture_id,))

    def memento_captures(self, source_id: int) -> list[int]:
        """Return the captures of a source that web archives were asked in, oldest first."""
        rows = self._plain(
            f"SELECT id FROM captures WHERE via = '{Via.MEMENTO}' AND source_id = ? ORDER BY id", (source_id,)
        )
        return [int(str(row[0])) for row in rows]

    def judged_memento(self, capture_id: int) -> JudgedMemento | None:
        """Return what a memento is worth, or None where nobody has judged it."""
        row = self._db.execute("SELECT * FROM mementos WHERE capture_id = ?", (capture_id,)).fetchone()
        return JudgedMemento(**dict(row)) if row else None

    def put_memento(self, found: JudgedMemento) -> None:
        """Write what a memento is worth, in place of what was known. Within a transaction."""
        self._db.execute("INSERT OR REPLACE INTO mementos VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", astuple(found))

    def mementos(self, source_id: int | None = None) -> Iterator[JudgedMemento]:
        """Iterate over the judged mementos of one source, or of all, in the order of their captures."""
        where = "" if source_id is None else " WHERE source_id = :source"
        rows = self._db.execute(f"SELECT * FROM mementos{where} ORDER BY capture_id", {"source": source_id})
        return (JudgedMemento(**dict(row)) for row in rows)

    def first_seen_at(self, source_id: int) -> str | None:
        """Return when a source was asked for the first time; None where it never was."""
        row = self._db.execute(
            f"SELECT MIN(requested_at) AS at FROM captures WHERE via = '{Via.HTTP}' AND source_id = ?", (source_id,)
        ).fetchone()
        at: str | None = row["at"]
        return at

    def pins(self) -> dict[int, Pin]:
        """Return by source what editors have pinned its health to."""
        rows = self._db.execute("SELECT source_id, health, reason, pinned_by, pinned_at FROM pins ORDER BY source_id")
        return {row["source_id"]: Pin(**{**dict(row), "health": Health(row["health"])}) for row in rows}

    def put_pin(self, pin: Pin) -> None:
        """Pin the health of a source, in place of an earlier pin. Only `archive.ledger` calls this."""
        self._db.execute(
            "INSERT OR REPLACE INTO pins VALUES (?, ?, ?, ?, ?)",
            (pin.source_id, pin.health, pin.reason, pin.pinned_by, pin.pinned_at),
        )

    def drop_pin(self, source_id: int) -> None:
        """Take the pin of a source away. Only `archive.ledger` calls this."""
        self._db.execute("DELETE FROM pins WHERE source_id = ?", (source_id,))
