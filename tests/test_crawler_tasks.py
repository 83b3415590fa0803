"""Work that goes on beside what began it, and what is told of its end."""

from __future__ import annotations

import gc
from typing import Any

from twisted.internet import reactor  # noqa: F401  # tasks ask which one is installed
from twisted.internet.defer import Deferred
from twisted.python import log
from twisted.python.failure import Failure

from crawler.tasks import Tasks


async def waits_for(end: Deferred[None]) -> None:
    await end


def test_bug_is_told_of_and_then_the_end_of_each() -> None:
    bugs: list[Failure] = []
    left: list[int] = []
    tasks = Tasks(bugs.append, lambda: left.append(len(tasks)))
    ends: list[Deferred[None]] = [Deferred(), Deferred()]
    for end in ends:
        tasks.keep(waits_for(end))
    ends[0].callback(None)
    assert (left, bugs) == ([1], [])
    ends[1].errback(Failure(LookupError("a bug")))
    assert left == [1, 0]
    assert [str(bug.value) for bug in bugs] == ["a bug"]


def test_bug_in_what_is_told_of_bugs_is_not_silent() -> None:
    def breaks(_: Failure) -> None:
        raise LookupError("another bug")

    seen: list[dict[str, Any]] = []
    ended: list[bool] = []
    tasks = Tasks(breaks, lambda: ended.append(True))
    end: Deferred[None] = Deferred()
    tasks.keep(waits_for(end))
    log.addObserver(seen.append)
    try:
        end.errback(Failure(LookupError("a bug")))
        del end
        gc.collect()
    finally:
        log.removeObserver(seen.append)
    assert ended == [True]
    assert any("another bug" in str(event.get("failure")) for event in seen)
