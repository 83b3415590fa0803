"""Which lines recur in the texts of one site: the texts, which sites are to be looked at, and a place to count."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from archive.catalogue.notices import notices_of, put_notices
from archive.catalogue.texts import digest_of
from archive.word_count import count_words
from archive.words import Verdict, Via

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from archive.text_records import Notice

_SITES = """
    FROM sources s WHERE s.site IS NOT NULL AND s.last_capture_id IS NOT NULL
      AND NOT EXISTS (SELECT 1 FROM recurrence_checks WHERE site = s.site AND rules = :rules)"""
_ARTICLE = f"t.extractor = :extractor AND t.verdict = '{Verdict.ARTICLE}' AND t.text IS NOT NULL"
_UNDER_WAY = ""
"""The rules of a site that is being looked at."""
_AT_ONCE = 100
"""Sources whose texts are read at once."""


@dataclass(frozen=True, slots=True)
class SiteText:
    """An article of a site."""

    text_id: int
    is_best: bool
    """Whether its source is read by it."""
    text: str
    notices: tuple[Notice, ...]


class Recurrence:
    """The table `recurrence_checks`, and the texts that are changed by what recurs.

    A check says that a site's texts are without what recurs in them. Triggers take it away when a text or a best
    capture of the site changes.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection

    def is_due(self, rules: str) -> bool:
        """Tell whether there are sites whose check by *rules* is missing."""
        return self._db.execute(f"SELECT 1 {_SITES} LIMIT 1", {"rules": rules}).fetchone() is not None

    def begin(self, rules: str) -> list[str]:
        """Return the sites whose check by *rules* is missing, in the order of their names, as being looked at."""
        rows = self._db.execute(f"SELECT DISTINCT s.site {_SITES} ORDER BY s.site", {"rules": rules}).fetchall()
        sites = [row["site"] for row in rows]
        self._db.execute("BEGIN IMMEDIATE")
        self._db.executemany(
            "INSERT OR REPLACE INTO recurrence_checks (site, rules) VALUES (?, ?)",
            [(site, _UNDER_WAY) for site in sites],
        )
        self._db.commit()
        return sites

    def finish(self, rules: str) -> None:
        """Let the check of each site that was being looked at hold, but for those that changed meanwhile."""
        self._db.execute("UPDATE recurrence_checks SET rules = ? WHERE rules = ?", (rules, _UNDER_WAY))
        self._db.commit()

    def count_best(self, site: str, extractor: str) -> int:
        """Return how many sources of a site are read by an article's text."""
        row = self._db.execute(
            f"""SELECT COUNT(*) AS n FROM sources s JOIN texts t ON t.capture_id = s.best_capture_id
                WHERE s.site = :site AND {_ARTICLE}""",
            {"site": site, "extractor": extractor},
        ).fetchone()
        return int(row["n"])

    def texts(self, site: str, extractor: str, *, only_best: bool = False) -> Iterator[SiteText]:
        """Iterate over the articles of a site, by source and capture. What was read may be written meanwhile."""
        after = 0
        while True:
            rows = self._db.execute(
                f"""SELECT s.id AS source_id, t.id, t.capture_id = s.best_capture_id AS is_best, t.text
                    FROM (SELECT id, best_capture_id FROM sources WHERE site = :site AND id > :after
                          ORDER BY id LIMIT {_AT_ONCE}) s
                      LEFT JOIN captures c ON c.source_id = s.id AND c.via = '{Via.HTTP}'
                        AND (NOT :only_best OR c.id = s.best_capture_id)
                      LEFT JOIN texts t ON t.capture_id = c.id AND {_ARTICLE}
                    ORDER BY s.id, t.capture_id""",
                {"site": site, "after": after, "only_best": only_best, "extractor": extractor},
            ).fetchall()
            if not rows:
                return
            after = rows[-1]["source_id"]
            for row in rows:
                if row["id"] is not None:
                    yield SiteText(row["id"], bool(row["is_best"]), row["text"], notices_of(self._db, row["id"]))

    def put(self, texts: Sequence[SiteText]) -> None:
        """Write the texts and notices of *texts* in the place of what they had, in one transaction."""
        if not texts:
            return
        self._db.execute("BEGIN IMMEDIATE")
        try:
            for text in texts:
                self._db.execute(
                    "UPDATE texts SET text = :text, words = :words, text_digest = :digest "
                    "WHERE id = :id AND text IS NOT :text",
                    {
                        "text": text.text,
                        "words": count_words(text.text),
                        "digest": digest_of(text.text),
                        "id": text.text_id,
                    },
                )
                self._db.execute("DELETE FROM notices WHERE text_id = ?", (text.text_id,))
                put_notices(self._db, text.text_id, text.notices)
        except BaseException:
            self._db.rollback()
            raise
        self._db.commit()


class LineTally:
    """Counts the lines of one site's texts, in a file that SQLite has for itself: their number is no matter of memory.

    Lines and runs of words are numbers of 64 bits, by which they are compared.
    """

    def __init__(self) -> None:
        self._db = sqlite3.connect("", isolation_level=None)
        self._db.executescript("""
            PRAGMA journal_mode = OFF;
            CREATE TABLE lines (line INTEGER PRIMARY KEY, texts INTEGER NOT NULL);
            CREATE TABLE grams (gram INTEGER PRIMARY KEY);
            CREATE TABLE places (line INTEGER PRIMARY KEY, articles INTEGER, at_end INTEGER, about INTEGER);
            BEGIN;
        """)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()

    def clear(self) -> None:
        """Forget all."""
        for table in ("lines", "grams", "places"):
            self._db.execute(f"DELETE FROM {table}")

    def count(self, lines: Iterable[int]) -> None:
        """Count the *lines* of a text, each once."""
        self._db.executemany(
            "INSERT INTO lines VALUES (?, 1) ON CONFLICT (line) DO UPDATE SET texts = texts + 1",
            [(line,) for line in set(lines)],
        )

    def has_frequent(self, least: int) -> bool:
        """Tell whether any line stands in *least* texts."""
        return self._db.execute("SELECT 1 FROM lines WHERE texts >= ? LIMIT 1", (least,)).fetchone() is not None

    def frequent(self, lines: Collection[int], least: int) -> set[int]:
        """Return those of *lines* that stand in *least* texts or more."""
        sql = "SELECT 1 FROM lines WHERE line = ? AND texts >= ?"
        return {line for line in set(lines) if self._db.execute(sql, (line, least)).fetchone()}

    def add_grams(self, grams: Iterable[int]) -> int:
        """Remember *grams*, and return how many of them were not there before."""
        before = self._db.total_changes
        self._db.executemany("INSERT OR IGNORE INTO grams VALUES (?)", [(gram,) for gram in grams])
        return self._db.total_changes - before

    def add_places(self, places: Iterable[tuple[int, bool, bool]]) -> None:
        """Count in one article (line, whether it stands at the end, whether it speaks of the article's matter)."""
        self._db.executemany(
            """INSERT INTO places VALUES (?, 1, ?, ?) ON CONFLICT (line) DO UPDATE SET articles = articles + 1,
                 at_end = at_end + excluded.at_end, about = about + excluded.about""",
            places,
        )

    def places(self, least: int) -> Iterator[tuple[int, int, int, int]]:
        """Iterate over (line, articles that have it, at their end, of their matter), for *least* articles or more."""
        yield from self._db.execute("SELECT * FROM places WHERE articles >= ? ORDER BY line", (least,))
