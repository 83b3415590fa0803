"""Which idle connections are kept, and which are closed for them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

from twisted.internet.task import Clock

from crawler import pool as pool_module
from crawler.pool import BoundedPool

if TYPE_CHECKING:
    import pytest


def idle(closed: list[str], name: str) -> Any:
    """Return what the pool sees of a connection: it is quiescent, and can be closed."""
    transport = SimpleNamespace(loseConnection=lambda: closed.append(name))
    return type("Connection", (), {"state": "QUIESCENT", "transport": transport})()


def test_connection_that_has_been_idle_longest_is_closed_for_a_newer_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool_module, "_MOST_IDLE", 2)
    clock = Clock()
    closed: list[str] = []
    pool = BoundedPool(cast("Any", clock))
    pool.retryAutomatically = False
    kept = {name: idle(closed, name) for name in "abcde"}
    for name in "ab":
        pool._putConnection(name, kept[name])
    used: list[Any] = []
    pool.getConnection("a", cast("Any", None)).addCallback(used.append)
    assert used == [kept["a"]]
    pool._putConnection("a", kept["a"])  # used again, it is the newest
    for name in "cde":
        pool._putConnection(name, kept[name])
    clock.advance(0)
    assert closed == ["b", "a", "c"]
    clock.advance(pool.cachedConnectionTimeout)
    assert closed == ["b", "a", "c", "d", "e"]
