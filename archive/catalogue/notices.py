"""Notices: what was stripped from a text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archive.storable import storable
from archive.text_records import Notice
from archive.words import NoticeKind

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable


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
