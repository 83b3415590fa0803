"""What comparing captures came to: drifts of texts, what probes found, what mementos are worth."""

from __future__ import annotations

import json
from dataclasses import astuple
from typing import TYPE_CHECKING, NamedTuple

from archive.catalogue.sources import PROBES_IN, STANDING_SQL
from archive.health_records import Drift, JudgedMemento, ProbeFinding
from archive.words import FINISHED, Finding, Via

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator, Mapping

    from archive.words import Evidence

# A page that came again unchanged has the text of the capture that holds it.
_ANSWERS = """
    SELECT c.id, c.requested_at, COALESCE(c.asked_url, s.url), c.outcome, c.http_status, c.verdict, c.final_url,
      c.payload_digest, (SELECT MAX(id) FROM texts WHERE capture_id = COALESCE(c.revisit_of, c.id))
    FROM captures c JOIN sources s ON s.id = c.source_id"""


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


class TextOfCapture(NamedTuple):
    """The newest text of a capture."""

    capture_id: int
    text_id: int
    standing: int
    """How good it is as a copy of its source, the higher the better: see `archive.catalogue.sources`."""


_TABLES = ("drifts", "probe_findings", "mementos")


class Comparisons:
    """The tables `drifts`, `probe_findings` and `mementos`, and the texts and answers that they are made of.

    All of it is derived, and goes with the texts that it was made of. What writes is within a transaction.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection

    def forget(self) -> None:
        """Forget all that was compared: each source, once judged again, is compared anew."""
        for table in _TABLES:
            self._db.execute(f"DELETE FROM {table}")

    def judge_others(self, rules: Mapping[str, str]) -> None:
        """Let the sources be judged again of which something was compared by other *rules* than those, by table."""
        for table, rule in rules.items():
            self._db.execute(
                f"""UPDATE sources SET judged = 0 WHERE judged = 1 AND id IN (SELECT c.source_id
                    FROM {table} x JOIN captures c ON c.id = x.capture_id WHERE x.rules <> ?)""",
                (rule,),
            )

    def was_cut_off(self, source_id: int) -> bool:
        """Tell whether the last time that web archives were asked for a source did not come to its end."""
        row = self._db.execute(
            f"""SELECT r.ended FROM captures c JOIN crawls r ON r.id = c.crawl_id
                WHERE c.via = '{Via.MEMENTO}' AND c.source_id = ? ORDER BY c.id DESC LIMIT 1""",
            (source_id,),
        ).fetchone()
        return row is not None and row["ended"] != FINISHED

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
        self._db.execute("INSERT OR REPLACE INTO drifts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", astuple(drift))

    def drop_drifts(self, source_id: int, keep: Iterable[int]) -> bool:
        """Forget the drifts of a source's captures that are not among *keep*, and tell whether there were any.

        Within a transaction.
        """
        rows = self._db.execute(
            "SELECT d.capture_id FROM captures c JOIN drifts d ON d.capture_id = c.id WHERE c.source_id = ?",
            (source_id,),
        )
        kept = set(keep)
        gone = [row for row in list(rows) if row[0] not in kept]
        self._db.executemany("DELETE FROM drifts WHERE capture_id = ?", gone)
        return bool(gone)

    def answer(self, capture_id: int) -> Answer:
        """Return what came of one capture. Raises LookupError when there is none."""
        row = next(self._db.execute(f"{_ANSWERS} WHERE c.id = ?", (capture_id,)), None)
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
        rows = self._db.execute("SELECT rule, text FROM notices WHERE text_id = ? ORDER BY id", (text_id,))
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
        self._db.execute("INSERT OR REPLACE INTO probe_findings VALUES (?, ?, ?, ?, ?)", astuple(found))

    def drop_finding(self, capture_id: int) -> None:
        """Forget what a probe says of a capture. Within a transaction."""
        self._db.execute("DELETE FROM probe_findings WHERE capture_id = ?", (capture_id,))

    def memento_captures(self, source_id: int) -> list[int]:
        """Return the captures of a source that web archives were asked in, oldest first."""
        rows = self._db.execute(
            f"SELECT id FROM captures WHERE via = '{Via.MEMENTO}' AND source_id = ? ORDER BY id", (source_id,)
        )
        return [row[0] for row in rows]

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
