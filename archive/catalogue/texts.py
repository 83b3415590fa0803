"""Texts and notices: what is still to be extracted, what was, and the search over it."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from archive.catalogue.places import place_of
from archive.catalogue.sources import Sources
from archive.records import (
    Notice,
    NoticeKind,
    Outcome,
    Paste,
    PendingText,
    RecordPlace,
    StatementKind,
    Text,
    Verdict,
    Via,
    utc_now,
)
from archive.storable import storable

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Sequence

_WITH_BODY = ", ".join(
    f"'{outcome}'" for outcome in (Outcome.FETCHED, Outcome.HTTP_ERROR, Outcome.TRUNCATED, Outcome.TOO_LARGE)
)
# A memento is the source's page, whatever the archive's own address of it is.
_PAGE_URL = f"CASE c.via WHEN '{Via.MEMENTO}' THEN (SELECT url FROM sources WHERE id = c.source_id) ELSE e.url END"
# A page that came again unchanged has the text of the capture that holds it.
_PENDING = f"""
    FROM captures c JOIN exchanges e ON e.capture_id = c.id LEFT JOIN exchanges o ON o.record_id = e.refers_to
    WHERE c.outcome IN ({_WITH_BODY}) AND c.revisit_of IS NULL AND e.record_id IS NOT NULL
      AND e.seq = (SELECT MAX(seq) FROM exchanges WHERE capture_id = c.id)
      AND (:again OR NOT EXISTS (SELECT 1 FROM texts t WHERE t.capture_id = c.id AND t.extractor = :extractor))"""
# What an incident says stands in its newest statement; a row and its statement have the same time.
_PASTES = f"""
    FROM citations ci JOIN incidents i ON i.id = ci.incident_id
      JOIN ledger l ON l.kind = '{StatementKind.INCIDENT}' AND l.subject = i.id AND l.stated_at = i.changed_at
    WHERE ci.pasted_text IS NOT NULL"""
_PASTE_COLUMNS = """ci.id AS citation_id, ci.incident_id, ci.position, ci.source_id, ci.cited_as,
    l.record_id, l.warc_file, l.warc_offset, l.warc_length"""
_PENDING_PASTES = f"""{_PASTES}
      AND (:again OR NOT EXISTS (SELECT 1 FROM texts t WHERE t.citation_id = ci.id AND t.extractor = :extractor))"""
# Scripts without spaces between words: the index has whole runs of them as one word.
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")
_SNIPPET_WORDS = 24


@dataclass(frozen=True, slots=True)
class SearchHit:
    """A source whose text or title matches: that of its best capture, or where it has none, what was pasted for it."""

    source_id: int
    url: str
    title: str | None
    language: str | None
    captured_at: str | None
    """None for a pasted text."""
    incident_ids: tuple[str, ...]
    snippet: str
    """Part of the text with the matches in `[[` and `]]`."""


class Texts:
    """The tables `texts` and `notices`, and the full-text index."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection
        self._sources = Sources(connection)

    def pending(self, extractor: str, *, limit: int, after: int = 0, all_again: bool = False) -> list[PendingText]:
        """Return captures above the id *after* that have a response but no text by *extractor*.

        With *all_again*, also those that have one.
        """
        rows = self._db.execute(
            f"""SELECT c.id AS capture_id, c.source_id, {_PAGE_URL} AS url, e.http_status, c.outcome,
                  e.record_id, e.warc_file, e.warc_offset, e.warc_length, o.record_id AS original_record_id,
                  o.warc_file AS original_warc_file, o.warc_offset AS original_warc_offset,
                  o.warc_length AS original_warc_length
                {_PENDING} AND c.id > :after ORDER BY c.id LIMIT :limit""",
            {"after": after, "again": all_again, "extractor": extractor, "limit": limit},
        )
        return [
            PendingText(
                row["capture_id"],
                row["source_id"],
                row["url"],
                row["http_status"],
                Outcome(row["outcome"]),
                RecordPlace(row["record_id"], row["warc_file"], row["warc_offset"], row["warc_length"]),
                place_of(row, "original_"),
            )
            for row in rows
        ]

    def pending_pastes(self, extractor: str, *, limit: int, after: int = 0, all_again: bool = False) -> list[Paste]:
        """Return citations above the id *after* that have a pasted text but no text by *extractor* of it.

        With *all_again*, also those that have one.
        """
        rows = self._db.execute(
            f"SELECT {_PASTE_COLUMNS} {_PENDING_PASTES} AND ci.id > :after ORDER BY ci.id LIMIT :limit",
            {"after": after, "again": all_again, "extractor": extractor, "limit": limit},
        )
        return [_paste(row) for row in rows]

    def count_pending(self, extractor: str, *, all_again: bool = False) -> int:
        """Return how many captures and pastes `pending` and `pending_pastes` would give in all."""
        return self._count(_PENDING, extractor, again=all_again) + self.count_pending_pastes(
            extractor, all_again=all_again
        )

    def count_pending_pastes(self, extractor: str, *, all_again: bool = False) -> int:
        """Return how many pastes `pending_pastes` would give in all."""
        return self._count(_PENDING_PASTES, extractor, again=all_again)

    def _count(self, pending: str, extractor: str, *, again: bool) -> int:
        row = self._db.execute(f"SELECT COUNT(*) AS n {pending}", {"extractor": extractor, "again": again}).fetchone()
        return int(row["n"])

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
        body = storable(text.text)
        evidence = storable(json.dumps(text.evidence, ensure_ascii=False, default=str))
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
        put_notices(self._db, cursor.lastrowid or 0, text.notices)
        self._db.execute(
            """UPDATE captures SET verdict = :verdict, evidence = json_set(evidence, '$.verdict', json(:evidence))
               WHERE id = :id OR revisit_of = :id""",
            {"verdict": text.verdict, "evidence": evidence, "id": text.capture_id},
        )

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
            f"""SELECT {_PASTE_COLUMNS} {_PASTES} AND (ci.incident_id = :incident OR ci.source_id = :source)
                ORDER BY i.rowid, ci.position""",
            {"incident": incident_id, "source": source_id},
        ).fetchall()
        return [(_paste(row), self._of_citation(row["citation_id"])) for row in rows]

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

    def search(self, words: str, *, limit: int = 20) -> list[SearchHit]:
        """Return the sources whose title or text holds all of *words*, best first: see `SearchHit`.

        Words in double quotes are a phrase; a word may end in `*`. Raises ValueError when there is nothing to look for.
        """
        pieces = search_pieces(words)
        if not pieces:
            raise ValueError("there is no word to search for")
        if _UNSPACED.search(words):
            rows = self._search_by_substring([piece.rstrip("*") for piece in pieces], limit)
        else:
            rows = self._db.execute(_SEARCH_BY_INDEX, {"query": fts_query(words), "limit": limit})
        return [
            SearchHit(
                row["source_id"],
                row["url"],
                row["title"],
                row["language"],
                row["captured_at"],
                tuple(json.loads(row["incident_ids"])),
                row["snippet"] or "",
            )
            for row in rows
        ]

    def _search_by_substring(self, pieces: list[str], limit: int) -> sqlite3.Cursor:
        """Find texts that hold each of *pieces* somewhere: the index has no words of scripts without spaces."""
        match = " AND ".join(
            f"(t.text LIKE :like{n} ESCAPE '\\' OR t.title LIKE :like{n} ESCAPE '\\')" for n in range(len(pieces))
        )
        likes = {f"like{n}": "%" + re.sub(r"([%_\\])", r"\\\1", piece) + "%" for n, piece in enumerate(pieces)}
        sql = _SEARCH.format(snippet=_SUBSTRING_SNIPPET, texts="texts t", match=match, order="s.id")
        return self._db.execute(sql, {**likes, "plain": pieces[0], "limit": limit})


_SEARCH = """
    SELECT s.id AS source_id, s.url, t.title, t.language, c.requested_at AS captured_at, {snippet} AS snippet,
      (SELECT json_group_array(DISTINCT incident_id) FROM citations WHERE source_id = s.id) AS incident_ids
    FROM {texts} LEFT JOIN captures c ON c.id = t.capture_id LEFT JOIN citations ci ON ci.id = t.citation_id
      JOIN sources s ON s.id = COALESCE(c.source_id, ci.source_id)
    WHERE {match} AND t.id = COALESCE((SELECT MAX(id) FROM texts WHERE capture_id = s.best_capture_id),
        (SELECT MAX(p.id) FROM texts p JOIN citations pi ON pi.id = p.citation_id WHERE pi.source_id = s.id))
    ORDER BY {order} LIMIT :limit"""
_SEARCH_BY_INDEX = _SEARCH.format(
    snippet=f"snippet(texts_fts, 1, '[[', ']]', ' … ', {_SNIPPET_WORDS})",
    texts="texts_fts JOIN texts t ON t.id = texts_fts.rowid",
    match="texts_fts MATCH :query",
    order="bm25(texts_fts, 4.0, 1.0), s.id",
)
_SUBSTRING_SNIPPET = """replace(substr(t.text, MAX(1, instr(t.text, :plain) - 30), 60 + length(:plain)),
      :plain, '[[' || :plain || ']]')"""


def notices_of(connection: sqlite3.Connection, text_id: int) -> tuple[Notice, ...]:
    """Return the notices of a text in their order."""
    rows = connection.execute("SELECT * FROM notices WHERE text_id = ? ORDER BY id", (text_id,))
    return tuple(Notice(NoticeKind(row["kind"]), row["rule"], row["text"], row["position"]) for row in rows)


def put_notices(connection: sqlite3.Connection, text_id: int, notices: Iterable[Notice]) -> None:
    """Write the notices of a text that has none. Within a transaction."""
    connection.executemany(
        "INSERT INTO notices (text_id, kind, rule, text, position) VALUES (?, ?, ?, ?, ?)",
        [(text_id, one.kind, one.rule, storable(one.text), one.position) for one in notices],
    )


def _paste(row: sqlite3.Row) -> Paste:
    return Paste(
        row["citation_id"],
        row["incident_id"],
        row["position"],
        None if row["source_id"] is None else row["cited_as"],
        RecordPlace(row["record_id"], row["warc_file"], row["warc_offset"], row["warc_length"]),
    )


def search_pieces(words: str) -> list[str]:
    """Return what is searched for: each word, a phrase in double quotes as one; `*` stays at a word's end."""
    plain = words.replace("\0", " ")  # FTS5 takes it for the end
    pieces = [phrase or word.replace('"', "") for phrase, word in re.findall(r'"([^"]*)"|(\S+)', plain)]
    return [piece.strip() for piece in pieces if re.search(r"\w", piece)]


def fts_query(words: str) -> str:
    """Return *words* as an FTS5 query that can't fail: all of them must be there."""
    return " ".join(_fts_term(piece) for piece in search_pieces(words))


def _fts_term(piece: str) -> str:
    """Return an FTS5 term that can't fail: the piece as a string, a prefix where it ends in `*`."""
    return f'"{piece.rstrip("*")}"' + ("*" if piece.endswith("*") else "")


def count_words(text: str | None) -> int:
    """Return the number of words of *text*; in scripts without spaces, each character counts as one."""
    if not text:
        return 0
    unspaced = len(_UNSPACED.findall(text))
    return unspaced + len(re.findall(r"\w+", _UNSPACED.sub(" ", text)))


def digest_of(text: str | None) -> str | None:
    """Return what stands in `texts.text_digest`."""
    return None if text is None else "sha256:" + hashlib.sha256(text.encode("utf-8")).hexdigest()
