"""The search over titles and texts."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from archive.catalogue.reading import READ_BY
from archive.word_count import UNSPACED

if TYPE_CHECKING:
    import sqlite3

_SNIPPET_WORDS = 24
_SEARCH = """
    SELECT s.id AS source_id, s.url, t.title, t.language, c.requested_at AS captured_at, {snippet} AS snippet,
      (SELECT json_group_array(DISTINCT incident_id) FROM citations WHERE source_id = s.id) AS incident_ids
    FROM {texts} LEFT JOIN captures c ON c.id = t.capture_id LEFT JOIN citations ci ON ci.id = t.citation_id
      JOIN sources s ON s.id = COALESCE(c.source_id, ci.source_id)
    WHERE {match} AND t.id = {read_by}
    ORDER BY {order} LIMIT :limit"""
_SEARCH_BY_INDEX = _SEARCH.format(
    read_by=READ_BY,
    snippet=f"snippet(texts_fts, 1, '[[', ']]', ' … ', {_SNIPPET_WORDS})",
    texts="texts_fts JOIN texts t ON t.id = texts_fts.rowid",
    match="texts_fts MATCH :query",
    order="bm25(texts_fts, 4.0, 1.0), s.id",
)
_SUBSTRING_SNIPPET = """replace(substr(t.text, MAX(1, instr(t.text, :plain) - 30), 60 + length(:plain)),
      :plain, '[[' || :plain || ']]')"""


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


class FullText:
    """The full-text index, and what it has no words of; triggers keep it."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection

    def search(self, words: str, *, limit: int = 20) -> list[SearchHit]:
        """Return the sources whose title or text holds all of *words*, best first: see `SearchHit`.

        Words in double quotes are a phrase; a word may end in `*`. Raises ValueError when there is nothing to look for.
        """
        pieces = search_pieces(words)
        if not pieces:
            raise ValueError("there is no word to search for")
        if UNSPACED.search(words):
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
        sql = _SEARCH.format(read_by=READ_BY, snippet=_SUBSTRING_SNIPPET, texts="texts t", match=match, order="s.id")
        return self._db.execute(sql, {**likes, "plain": pieces[0], "limit": limit})


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
