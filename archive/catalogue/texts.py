"""Texts: what was made of captures and of what was pasted."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from archive.catalogue.notices import notices_of, put_notices
from archive.catalogue.pastes import PASTE_COLUMNS, PASTES, paste_of
from archive.catalogue.sources import Sources
from archive.clock import utc_now
from archive.storable import storable
from archive.text_records import Text
from archive.word_count import count_words
from archive.words import Verdict

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from archive.text_records import Paste


class Texts:
    """The tables `texts` and `notices`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection
        self._sources = Sources(connection)

    def put(self, texts: Sequence[Text]) -> None:
        """Write *texts* with their notices in one transaction, in place of earlier ones by the same extractor.

        Sets the verdict of each capture and the best capture of each source. A pasted text whose citation is gone,
        since its incident was imported anew meanwhile, is left out.
        """
        if not texts:
            return
        self._db.execute("BEGIN IMMEDIATE")
        try:
            for text in texts:
                if text.citation_id is None or self._is_cited(text.citation_id):
                    self._put_one(text)
            self._sources.choose_best(self._source_ids(texts))
        except BaseException:
            self._db.rollback()
            raise
        self._db.commit()

    def _put_one(self, text: Text) -> None:
        self._db.execute(
            "DELETE FROM texts WHERE capture_id IS ? AND citation_id IS ? AND extractor = ?",
            (text.capture_id, text.citation_id, text.extractor),
        )
        evidence = storable(json.dumps(text.evidence, ensure_ascii=False, default=str))
        put_notices(self._db, self._insert(text, evidence), text.notices)
        self._db.execute(
            """UPDATE captures SET verdict = :verdict, evidence = json_set(evidence, '$.verdict', json(:evidence))
               WHERE id = :id OR revisit_of = :id""",
            {"verdict": text.verdict, "evidence": evidence, "id": text.capture_id},
        )

    def _insert(self, text: Text, evidence: str | None) -> int:
        """Insert the row of *text* itself, and return its id."""
        body = storable(text.text)
        cursor = self._db.execute(
            """INSERT INTO texts (capture_id, citation_id, extractor, made_at, title, byline, published_on, site_name,
                 language, language_confidence, text, comments, words, text_digest, charset, repair, verdict, evidence)
               VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
            (
                text.capture_id,
                text.citation_id,
                text.extractor,
                utc_now(),
                storable(text.title),
                storable(text.byline),
                storable(text.published_on),
                storable(text.site_name),
                storable(text.language),
                text.language_confidence,
                body,
                storable(text.comments),
                count_words(body),
                digest_of(body),
                storable(text.charset),
                storable(text.repair),
                text.verdict,
                evidence,
            ),
        )
        return cursor.lastrowid or 0

    def _is_cited(self, citation_id: int) -> bool:
        return self._db.execute("SELECT 1 FROM citations WHERE id = ?", (citation_id,)).fetchone() is not None

    def _source_ids(self, texts: Sequence[Text]) -> set[int]:
        ids: set[int] = set()
        for text in texts:
            if text.capture_id is not None:
                row = self._db.execute("SELECT source_id FROM captures WHERE id = ?", (text.capture_id,)).fetchone()
                ids.add(row["source_id"])
        return ids

    def get(self, text_id: int) -> Text | None:
        """Return one text with its notices, or None."""
        row = self._db.execute("SELECT * FROM texts WHERE id = ?", (text_id,)).fetchone()
        return self._text(row) if row else None

    def latest(self, capture_id: int) -> Text | None:
        """Return the newest text of a capture with its notices, or None.

        The text of a page that came again unchanged is that of the capture that holds it.
        """
        row = self._db.execute(
            """SELECT * FROM texts WHERE capture_id = (SELECT COALESCE(revisit_of, id) FROM captures WHERE id = ?)
               ORDER BY id DESC LIMIT 1""",
            (capture_id,),
        ).fetchone()
        return self._text(row) if row else None

    def earlier(self, text: Text) -> Text | None:
        """Return the newest text of the capture or the paste that *text* is of, or None."""
        if text.capture_id is not None:
            return self.latest(text.capture_id)
        return None if text.citation_id is None else self._of_citation(text.citation_id)

    def pastes(
        self, *, incident_id: str | None = None, source_id: int | None = None
    ) -> list[tuple[Paste, Text | None]]:
        """Return what was pasted in an incident, or for a source, each with its newest text, if it has one."""
        rows = self._db.execute(
            f"""SELECT {PASTE_COLUMNS} {PASTES} AND (ci.incident_id = :incident OR ci.source_id = :source)
                ORDER BY i.rowid, ci.position""",
            {"incident": incident_id, "source": source_id},
        ).fetchall()
        return [(paste_of(row), self._of_citation(row["citation_id"])) for row in rows]

    def _of_citation(self, citation_id: int) -> Text | None:
        row = self._db.execute(
            "SELECT * FROM texts WHERE citation_id = ? ORDER BY id DESC LIMIT 1", (citation_id,)
        ).fetchone()
        return self._text(row) if row else None

    def _text(self, row: sqlite3.Row) -> Text:
        columns = (
            "capture_id citation_id extractor title byline published_on site_name language language_confidence text"
            " comments charset repair"
        )
        return Text(
            **{name: row[name] for name in columns.split()},
            verdict=Verdict(row["verdict"]),
            evidence=json.loads(row["evidence"]),
            notices=notices_of(self._db, row["id"]),
        )


def digest_of(text: str | None) -> str | None:
    """Return what stands in `texts.text_digest`."""
    return None if text is None else "sha256:" + hashlib.sha256(text.encode("utf-8")).hexdigest()
